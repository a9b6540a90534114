import Foundation

/// What sets one encoder apart from the others: its sizes, and the few choices in which BERT's descendants differ.
struct EncoderConfiguration: Sendable {
  /// How a row knows its position.
  enum Positions: Sendable, Equatable {
    /// Vectors of a table, added to the words'.
    case learned(count: Int)
    /// Queries and keys are turned (Su et al. 2021): element i of a head's first half with element i of its second.
    case rotary(base: Double)
  }

  /// Which of the last layer's rows are a text's vector.
  enum Pooling: Sendable {
    /// The mean of all.
    case mean
    /// The first, [CLS].
    case classification
  }

  let layerCount: Int
  let width: Int
  let headCount: Int
  let feedForwardWidth: Int
  let vocabularySize: Int
  let layerNormEpsilon: Float
  let positions: Positions
  /// Whether the feed-forward part is silu(gate) · up (Shazeer 2020), not gelu(up).
  let isGated: Bool
  let pooling: Pooling
  /// Tokens of one text at most, special ones included.
  let tokenLimit: Int

  var headSize: Int { width / headCount }

  /// Longest text of any model: bounds the memory of a pass.
  static let tokenLimits = 3...32_768

  /// Throws what does not fit together, before memory is asked for by these numbers.
  func check(_ path: String) throws(EmbeddingError) {
    guard (1...512).contains(layerCount), (8...16_384).contains(width), (1...512).contains(headCount), (8...65_536).contains(feedForwardWidth),
      (1...10_000_000).contains(vocabularySize), Self.tokenLimits.contains(tokenLimit), width % headCount == 0, layerNormEpsilon.isFinite,
      layerNormEpsilon >= 0
    else { throw .configuration(path, "its sizes do not fit together") }
    switch positions {
    case .learned(let count):
      guard count >= tokenLimit, count <= 1_000_000 else { throw .configuration(path, "its sizes do not fit together") }
    case .rotary(let base):
      guard base.isFinite, base > 1, headSize % 2 == 0, headSize <= 512 else { throw .configuration(path, "its rotation does not fit its heads") }
    }
    if isGated, feedForwardWidth % 8 != 0 { throw .configuration(path, "its feed-forward width \(feedForwardWidth) is not a multiple of 8") }
  }
}
