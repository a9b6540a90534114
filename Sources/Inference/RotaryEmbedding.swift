import Foundation
import ModelFile

/// How positions turn the pairs of a head (Su et al. 2021).
struct RotaryEmbedding: Sendable {
  /// Layers that see a window may turn otherwise than those that see everything.
  enum Kind: Sendable { case global, local }

  /// How a model reaches further than it was trained on at first.
  enum Scaling: Sendable {
    case none
    /// Positions are divided by the factor.
    case linear(factor: Double)
    case yarn(YaRN)
  }

  /// Peng et al. 2023, section 3.2 and 3.4: pairs that turn often within the original context stay, those that turn seldom are slowed by the
  /// factor, with a ramp between.
  struct YaRN: Sendable {
    let factor: Double
    let originalContextLength: Int
    /// Turns within the original context above which a pair stays, and below which it is slowed.
    let fastTurns: Double
    let slowTurns: Double
    /// On top of what the paper gives.
    let magnitude: Double
  }

  /// Radians a position for each pair.
  let frequencies: [Double]
  /// What cosines and sines are multiplied by.
  let magnitude: Double

  var pairCount: Int { frequencies.count }

  /// - Parameter divisors: What frequencies are divided by, one for each pair (Llama 3's `rope_freqs.weight`); empty for none.
  init(pairCount: Int, base: Double, scaling: Scaling = .none, divisors: [Float] = []) {
    let plain = (0..<pairCount).map { pow(base, -Double($0) / Double(pairCount)) }
    switch scaling {
    case .none:
      frequencies = plain.indices.map { plain[$0] / (divisors.isEmpty ? 1 : Double(divisors[$0])) }
      magnitude = 1
    case .linear(let factor):
      frequencies = plain.indices.map { plain[$0] / factor / (divisors.isEmpty ? 1 : Double(divisors[$0])) }
      magnitude = 1
    case .yarn(let yarn):
      // The pair that turns so often within the original context, by inverting its frequency.
      func pair(turning turns: Double) -> Double {
        Double(pairCount) * log(Double(yarn.originalContextLength) / (turns * 2 * .pi)) / log(base)
      }
      let first = max(0, pair(turning: yarn.fastTurns).rounded(.down))
      let last = min(Double(2 * pairCount - 1), pair(turning: yarn.slowTurns).rounded(.up))
      frequencies = plain.indices.map { index in
        let slowed = min(1, max(0, (Double(index) - first) / max(0.001, last - first)))
        return plain[index] * (1 - slowed + slowed / yarn.factor) / (divisors.isEmpty ? 1 : Double(divisors[index]))
      }
      magnitude = yarn.magnitude * (0.1 * log(yarn.factor) + 1)
    }
  }
}

extension RotaryEmbedding.Scaling {
  init(gguf: GGUFFile, architecture name: String) throws(InferenceError) {
    let prefix = "\(name).rope.scaling."
    let type = gguf.metadata[prefix + "type"]?.string ?? "none"
    guard ["none", "linear", "yarn"].contains(type) else {
      throw .configuration(gguf.path, "its positions are scaled by \(type); none, linear and yarn are known")
    }
    do throws(ModelFileError) {
      switch type {
      case "linear":
        self = .linear(factor: try gguf.number(prefix + "factor", default: 1))
      case "yarn":
        self = .yarn(
          RotaryEmbedding.YaRN(
            factor: try gguf.number(prefix + "factor"),
            originalContextLength: try gguf.integer(prefix + "original_context_length", in: 1...16_777_216),
            fastTurns: try gguf.number(prefix + "yarn_beta_fast", default: 32), slowTurns: try gguf.number(prefix + "yarn_beta_slow", default: 1),
            magnitude: try gguf.number(prefix + "attn_factor", default: 1)))
      default:
        self = .none
      }
    } catch {
      throw .load(gguf.path, error)
    }
    let isUsable =
      switch self {
      case .none: true
      case .linear(let factor): factor > 0
      case .yarn(let yarn): yarn.factor >= 1 && yarn.fastTurns > 0 && yarn.slowTurns > 0 && yarn.magnitude > 0
      }
    guard isUsable else { throw .configuration(gguf.path, "its positions are scaled by \(self)") }
  }
}
