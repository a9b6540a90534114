/// The sequences that were computed last, for prompts that begin like one of them. Tokens are compared one by one: no hash decides.
struct PrefixCache {
  private let layout: KVLayout
  private let byteLimit: Int
  /// Latest last.
  private var kept: [KVSequence] = []

  /// Sequences kept at most.
  private static let countLimit = 8

  init(layout: KVLayout, byteLimit: Int) {
    self.layout = layout
    self.byteLimit = byteLimit
  }

  /// The longest beginning of `prompt` that is there, cut to `limit` tokens; empty if there is none.
  func sequence(for prompt: [Int32], limit: Int) -> KVSequence {
    let best = kept.map { ($0, min($0.commonPrefixCount(with: prompt), limit)) }.max { $0.1 < $1.1 }
    guard let (sequence, count) = best, count > 0 else { return KVSequence(layout: layout) }
    return sequence.prefix(count)
  }

  /// Keeps a sequence in place of the oldest ones, and of those that it continues.
  mutating func keep(_ sequence: KVSequence) {
    kept.removeAll { $0.count <= sequence.count && $0.commonPrefixCount(with: sequence.tokens) == $0.count }
    kept.append(sequence)
    while kept.count > Self.countLimit || (kept.count > 1 && byteCount > byteLimit) { kept.removeFirst() }
  }

  /// Sequences kept.
  var count: Int { kept.count }

  /// Memory of all that is kept; a block that sequences share counts once.
  var byteCount: Int {
    var seen: Set<ObjectIdentifier> = []
    return kept.lazy.flatMap(\.blocks).reduce(0) { $0 + (seen.insert(ObjectIdentifier($1)).inserted ? $1.byteCount : 0) }
  }
}
