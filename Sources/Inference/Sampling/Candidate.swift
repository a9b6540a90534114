import Tokenizer

/// A token that may be chosen, with its logit.
struct Candidate: Equatable {
  let token: TokenID
  let logit: Float

  /// The order of likelihood; of equals the lower token comes first.
  @inline(__always)
  func precedes(_ other: Candidate) -> Bool { logit > other.logit || (logit == other.logit && token < other.token) }

  /// The tokens of a mask whose logits are numbers, in their order.
  static func all(of logits: [Float], allowing mask: TokenMask?) -> [Candidate] {
    var candidates: [Candidate] = []
    func take(_ index: Int) {
      let logit = logits[index]
      if logit.isFinite { candidates.append(Candidate(token: TokenID(index), logit: logit)) }
    }
    if let mask {
      mask.forEach(below: logits.count, take)
    } else {
      candidates.reserveCapacity(logits.count)
      for index in logits.indices { take(index) }
    }
    return candidates
  }

  /// The likeliest one, without making a list of all.
  static func best(of logits: [Float], allowing mask: TokenMask?) -> Candidate? {
    var best: Candidate?
    // Comparing with a number first passes most of them over; not-a-number passes no comparison.
    var highest = -Float.infinity
    func take(_ index: Int) {
      let logit = logits[index]
      guard logit > highest, logit.isFinite else { return }
      highest = logit
      best = Candidate(token: TokenID(index), logit: logit)
    }
    if let mask {
      mask.forEach(below: logits.count, take)
    } else {
      for index in logits.indices { take(index) }
    }
    return best
  }

  /// The `count` likeliest of many, likeliest first.
  ///
  /// A heap holds the best so far with the worst of them on top: what is worse than that, which is almost everything, costs one comparison.
  static func likeliest(_ count: Int, of candidates: [Candidate]) -> [Candidate] {
    guard count > 0 else { return [] }
    guard count < candidates.count / 4 else { return Array(candidates.sorted { $0.precedes($1) }.prefix(count)) }
    var heap = Array(candidates[..<count])
    for index in (0..<count / 2).reversed() { siftDown(&heap, from: index) }
    for candidate in candidates[count...] where candidate.precedes(heap[0]) {
      heap[0] = candidate
      siftDown(&heap, from: 0)
    }
    return heap.sorted { $0.precedes($1) }
  }

  private static func siftDown(_ heap: inout [Candidate], from start: Int) {
    var parent = start
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[worst].precedes(heap[child]) { worst = child }
      if worst == parent { return }
      heap.swapAt(parent, worst)
      parent = worst
    }
  }
}
