import Store

/// The chunks that either side found, with the parts of their scores.
struct Candidates {
  /// Chunks read from the store at a time: most searches need one time.
  private static let blockSize = 16

  /// What the question asks for, with spelling mistakes taken for what they were probably meant to be.
  var analysis: QueryAnalysis
  var explanations: [Int64: ScoreExplanation]
  var questionVector: [Float]
  /// Those that the collection's texts were stemmed by.
  var languages: [String]
  var sequence: Int64

  /// The chunks' keys by their scores.
  var bestFirst: [Int64] {
    explanations.map { (id: $0.key, score: $0.value.score) }.sorted { ($0.score, $1.id) > ($1.score, $0.id) }.map(\.id)
  }

  /// Visits the chunks in an order, or best first, until `body` returns false.
  ///
  /// Equal scores are ordered by place, so that the order never depends on when a chunk was stored.
  func forEachBestFirst(_ store: Store, order chosen: [Int64]? = nil, _ body: (StoredChunk, ScoreExplanation) throws -> Bool) throws {
    if let chosen {
      for start in stride(from: 0, to: chosen.count, by: Self.blockSize) {
        let ids = chosen[start..<min(start + Self.blockSize, chosen.count)]
        let chunks = try read(Array(ids), store)
        for id in ids {
          guard let chunk = chunks[id], let explanation = explanations[id] else { continue }
          guard try body(chunk, explanation) else { return }
        }
      }
      return
    }
    let order = explanations.map { (id: $0.key, score: $0.value.score) }.sorted { ($0.score, $1.id) > ($1.score, $0.id) }
    var start = 0
    while start < order.count {
      var end = min(start + Self.blockSize, order.count)
      // Never between equal scores.
      while end < order.count, order[end].score == order[end - 1].score { end += 1 }
      let block = order[start..<end]
      let chunks = try read(block.map(\.id), store)
      let scores = Dictionary(uniqueKeysWithValues: block.map { ($0.id, $0.score) })
      let ranked = chunks.values.sorted { a, b in
        let (scoreA, scoreB) = (scores[a.id] ?? 0, scores[b.id] ?? 0)
        return scoreA != scoreB ? scoreA > scoreB : (a.path, a.root, a.ordinal, a.id) < (b.path, b.root, b.ordinal, b.id)
      }
      for chunk in ranked {
        guard let explanation = explanations[chunk.id] else { continue }
        guard try body(chunk, explanation) else { return }
      }
      start = end
    }
  }

  /// On two processors: results wait for nothing else.
  private func read(_ ids: [Int64], _ store: Store) throws -> [Int64: StoredChunk] {
    let chunks = try Parallel.map(ids.sorted(), partCount: ids.count > Self.blockSize / 2 ? 2 : 1) { part in
      try Array(store.chunks(Array(part)).values)
    }
    return Dictionary(uniqueKeysWithValues: chunks.map { ($0.id, $0) })
  }
}
