/// How keys and values of passages that were read elsewhere are used again: an approximation, because what stands before a passage is not what stood
/// before it then.
package enum ReuseMethod: Sendable, Equatable, CustomStringConvertible {
  /// The first tokens of each passage but the first are computed anew (LegoLink; Hu et al. 2024, "EPIC", section 4).
  case epic(recomputedCount: Int)
  /// Two layers are computed for all tokens, the others for that share of them whose values changed most (Yao et al. 2025, "CacheBlend").
  case cacheBlend(share: Double)

  package static let allNames = ["epic", "cacheblend"]

  /// `epic`, `cacheblend`, or these with their parameter, as in `epic:8` and `cacheblend:0.3`; `nil` for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count) {
    case ("epic", 1): self = .epic(recomputedCount: 16)
    case ("cacheblend", 1): self = .cacheBlend(share: 0.16)
    case ("epic", 2):
      guard let count = Int(parts[1]), (0...1024).contains(count) else { return nil }
      self = .epic(recomputedCount: count)
    case ("cacheblend", 2):
      guard let share = Double(parts[1]), (0...1).contains(share) else { return nil }
      self = .cacheBlend(share: share)
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .epic(let count): "epic:\(count)"
    case .cacheBlend(let share): "cacheblend:\(share)"
    }
  }
}
