/// Which blocks go first when there is no room.
package enum EvictionPolicy: String, Sendable, CaseIterable {
  /// Those not used for the longest time.
  case lru
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
  func score(time: Double, floor: Double, useCount: Int, depth: Int) -> Double {
    // Attention over 1,024 tokens costs about a third of the matrices' work on a token (SmolLM2-135M at 2,048 tokens: 35 of 106 M products).
    let cost = 1 + Double(depth) / 48
    switch self {
    case .lru: return time
    case .cost: return floor + cost
    case .frequency: return floor + Double(useCount) * cost
    }
  }
}
