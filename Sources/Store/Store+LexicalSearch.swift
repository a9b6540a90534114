import GRDB

extension Store {
  /// The chunks that fit the terms best by BM25 (k1 = 1.2, b = 0.75, FTS5's own), best first; of equal scores the older chunk first.
  ///
  /// - Parameters:
  ///   - terms: Words, stemmed and folded as the text was; a chunk with any of them is found. They are data: nothing in them is syntax.
  ///   - limit: Chunks at most.
  ///   - allowed: Only these are found; `nil` for all.
  ///   - weights: How much a term counts by where it stands.
  package func lexicalSearch(
    anyOf terms: [String], limit: Int, in collection: CollectionID, among allowed: ChunkSet? = nil, weights: LexicalWeights = LexicalWeights()
  ) throws(StoreError) -> [ScoredChunk] {
    try lexicalSearch(anyOf: terms, limit: limit, scoring: [], in: collection, among: allowed, weights: weights).best
  }

  /// BM25 of chunks that are known by other means; chunks without any of the terms are left out. Costs as much as a search.
  package func lexicalScores(
    of chunkIDs: [Int64], anyOf terms: [String], in collection: CollectionID, weights: LexicalWeights = LexicalWeights()
  ) throws(StoreError) -> [Int64: Double] {
    try lexicalSearch(anyOf: terms, limit: 0, scoring: chunkIDs, in: collection, weights: weights).scores
  }

  /// A search, and the scores of chunks that are known by other means, for the cost of one.
  ///
  /// FTS5 scores every match anyway. Taking them all as they come and keeping the best is faster than its `ORDER BY rank LIMIT`
  /// (15 ms against 21, eight common words in 10,000 chunks), and a condition on the row in SQL would start the query again for each.
  package func lexicalSearch(
    anyOf terms: [String], limit: Int, scoring chunkIDs: [Int64], in collection: CollectionID, among allowed: ChunkSet? = nil,
    weights: LexicalWeights = LexicalWeights()
  ) throws(StoreError) -> (best: [ScoredChunk], scores: [Int64: Double]) {
    guard limit > 0 || !chunkIDs.isEmpty, let query = LexicalTable.query(anyOf: terms) else { return ([], [:]) }
    return try read("search for words") { db in
      _ = try Self.embedder(of: collection, db)
      let table = LexicalTable(collection: collection).name
      let wanted = Set(chunkIDs)
      var scores: [Int64: Double] = [:]
      var best = BestChunks(limit: limit)
      let statement = try db.cachedStatement(sql: "SELECT rowid, rank FROM \(table) WHERE \(table) MATCH ? AND rank MATCH ?")
      let rows = try Row.fetchCursor(statement, arguments: [query, rankFunction(weights)])
      while let row = try rows.next() {
        let id: Int64 = row[0]
        let rank: Double = row[1]
        // FTS5 counts down: its best rank is the most negative.
        if allowed?.contains(id) ?? true { best.insert(ScoredChunk(chunkID: id, score: -rank)) }
        if !wanted.isEmpty, wanted.contains(id) { scores[id] = -rank }
      }
      return (best.sorted(), scores)
    }
  }
}

extension Store {
  /// How many of a collection's chunks hold each of some stems.
  package func chunkCounts(of stems: [String], in collection: CollectionID) throws(StoreError) -> [Int] {
    try read("count words") { db in
      _ = try Self.embedder(of: collection, db)
      let table = LexicalTable(collection: collection)
      return try stems.map { try table.chunkCount(of: $0, db) }
    }
  }
}

extension Store {
  /// A collection's stems that begin with some letters, and how many chunks hold each; at most `limit` of them.
  package func stems(
    beginningWith prefix: String, limit: Int, in collection: CollectionID
  ) throws(StoreError) -> [(stem: String, chunkCount: Int)] {
    try read("list words") { db in
      _ = try Self.embedder(of: collection, db)
      return try LexicalTable(collection: collection).stems(beginningWith: prefix, limit: limit, db)
    }
  }
}

/// FTS5's ranking function with its parameters, in the columns' order.
private func rankFunction(_ weights: LexicalWeights) -> String {
  "bm25(\(weights.header), \(weights.context), \(weights.body))"
}

/// The best few of many scored chunks: larger scores first, then older chunks.
private struct BestChunks {
  private let limit: Int
  private var kept: [ScoredChunk] = []
  /// What a newcomer must not be worse than, once there are enough.
  private var worst: ScoredChunk?

  init(limit: Int) { self.limit = limit }

  mutating func insert(_ chunk: ScoredChunk) {
    guard limit > 0 else { return }
    if let worst, !Self.isBetter(chunk, worst) { return }
    kept.append(chunk)
    // Sorting now and then is cheaper than keeping a heap, and simpler.
    if kept.count >= 2 * limit + 64 {
      kept = sorted()
      worst = kept.last
    }
  }

  func sorted() -> [ScoredChunk] { Array(kept.sorted(by: Self.isBetter).prefix(limit)) }

  private static func isBetter(_ a: ScoredChunk, _ b: ScoredChunk) -> Bool {
    a.score != b.score ? a.score > b.score : a.chunkID < b.chunkID
  }
}
