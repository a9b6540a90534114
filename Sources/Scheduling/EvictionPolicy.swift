import Foundation

/// Which blocks go first when there is no room. In each case leaves go before what they stand on, and blocks that are not full, which are quick
/// to compute again and soon superseded by what follows, before full ones.
package enum EvictionPolicy: String, Sendable, CaseIterable {
  /// Those not used for the longest time.
  case lru
  /// The same, but each doubling of the number of uses counts as if the block had been used later by a quarter of what the pool holds: passages that are
  /// asked for again and again outlive a stream of those that come once.
  case adaptive
  /// Those whose tokens are cheap to compute again and were not used for long: GreedyDual (Young 1994). A later block costs more, because its
  /// tokens attend to all before them.
  case cost
  /// Those used seldom, cheap and not for long: frequency × cost, as RAGCache does (Jin et al. 2024, "PGDSF").
  case frequency

  /// The order of a block that is used now: the smallest goes first.
  ///
  /// - Parameters:
  ///   - time: Rises with every use.
  ///   - floor: The score of the block that went last: what was not used since then falls behind.
  ///   - depth: Blocks before it.
  ///   - capacity: Blocks of the pool.
  func score(time: Double, floor: Double, useCount: Int, depth: Int, isFull: Bool, capacity: Int) -> Double {
    // Attention over 1,024 tokens costs about a third of the matrices' work on a token (SmolLM2-135M at 2,048 tokens: 35 of 106 M products).
    let cost = 1 + Double(depth) / 48
    let score =
      switch self {
      case .lru: time
      case .adaptive: time + Double(capacity) / 4 * min(4, log2(Double(useCount)))
      case .cost: floor + cost
      case .frequency: floor + Double(useCount) * cost
      }
    return isFull ? score : score * 1e-9
  }
}
