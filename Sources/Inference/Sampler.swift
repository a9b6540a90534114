import Foundation

/// Chooses the next token from logits.
package struct Sampler {
  private let temperature: Double
  private var state: UInt64

  package init(temperature: Double, seed: UInt64) {
    self.temperature = temperature
    state = seed
  }

  /// The likeliest token at temperature 0, the first of equals; otherwise one drawn from softmax(logits / temperature).
  ///
  /// Logits that are no finite numbers are never chosen; `nil` when none is.
  package mutating func choose(from logits: [Float]) -> Int32? {
    var best: Int?
    for index in logits.indices where logits[index].isFinite && best.map({ logits[index] > logits[$0] }) ?? true { best = index }
    guard let best else { return nil }
    guard temperature > 0 else { return Int32(best) }
    let weights = logits.map { $0.isFinite ? exp((Double($0) - Double(logits[best])) / temperature) : 0 }
    var rest = uniform() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return Int32(index) }
    }
    return Int32(best)
  }

  /// A number in [0, 1) by SplitMix64 (Steele et al. 2014).
  private mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53)
  }
}
