/// Merges neighbours, best first, until no two can be merged: the heart of byte-pair encoding (Sennrich et al. 2016).
///
/// A linked list of symbols and a heap of candidate pairs: n log n, so that a word of a megabyte is no attack.
struct MergeQueue {
  /// A pair that can be merged. The smaller `priority` goes first; among equals the one further left.
  private struct Candidate {
    let priority: Int32
    let left: Int32
    let right: Int32
    let leftToken: TokenID
    let rightToken: TokenID
    let merged: TokenID

    static func precedes(_ a: Candidate, _ b: Candidate) -> Bool {
      a.priority != b.priority ? a.priority < b.priority : a.left < b.left
    }
  }

  /// Merges the tokens of one word.
  ///
  /// - Parameter merge: The token that two neighbours make and its priority; `nil` if they make none.
  static func merge(_ word: [TokenID], _ merge: (TokenID, TokenID) -> (priority: Int32, token: TokenID)?) -> [TokenID] {
    guard word.count > 1 else { return word }
    var tokens = word
    var next = (0..<word.count).map { Int32($0 + 1) }
    var previous = (0..<word.count).map { Int32($0 - 1) }
    var heap: [Candidate] = []
    let end = Int32(word.count)

    func push(_ left: Int32, _ right: Int32) {
      guard left >= 0, right < end, let found = merge(tokens[Int(left)], tokens[Int(right)]) else { return }
      heap.append(
        Candidate(
          priority: found.priority, left: left, right: right, leftToken: tokens[Int(left)], rightToken: tokens[Int(right)], merged: found.token))
      var child = heap.count - 1
      while child > 0, Candidate.precedes(heap[child], heap[(child - 1) / 2]) {
        heap.swapAt(child, (child - 1) / 2)
        child = (child - 1) / 2
      }
    }
    func pop() -> Candidate? {
      guard let best = heap.first, let last = heap.popLast() else { return nil }
      if !heap.isEmpty {
        heap[0] = last
        var parent = 0
        while true {
          var child = 2 * parent + 1
          guard child < heap.count else { break }
          if child + 1 < heap.count, Candidate.precedes(heap[child + 1], heap[child]) { child += 1 }
          guard Candidate.precedes(heap[child], heap[parent]) else { break }
          heap.swapAt(child, parent)
          parent = child
        }
      }
      return best
    }

    for left in 0..<end - 1 { push(left, left + 1) }
    while let best = pop() {
      // A candidate is stale when one of its symbols has been merged since. A symbol that is gone has the token -1.
      guard tokens[Int(best.left)] == best.leftToken, tokens[Int(best.right)] == best.rightToken, next[Int(best.left)] == best.right else { continue }
      tokens[Int(best.left)] = best.merged
      tokens[Int(best.right)] = -1
      let after = next[Int(best.right)]
      next[Int(best.left)] = after
      if after < end { previous[Int(after)] = best.left }
      push(previous[Int(best.left)], best.left)
      push(best.left, after)
    }
    return tokens.filter { $0 >= 0 }
  }
}
