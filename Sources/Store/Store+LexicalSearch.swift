import GRDB

extension Store {
  /// The chunks that fit the terms best by BM25 (k1 = 1.2, b = 0.75, FTS5's own), best first; of equal scores the older chunk first.
  ///
  /// - Parameters:
  ///   - terms: Words, stemmed and folded as the text was; a chunk with any of them is found. They are data: nothing in them is syntax.
  ///   - limit: Chunks at most.
  ///   - weights: How much a term counts by where it stands.
  package func lexicalSearch(
    anyOf terms: [String], limit: Int, in collection: CollectionID, weights: LexicalWeights = LexicalWeights()
  ) throws(StoreError) -> [ScoredChunk] {
    guard limit > 0, let query = LexicalTable.query(anyOf: terms) else { return [] }
    return try read("search for words") { db in
      _ = try Self.embedder(of: collection, db)
      let table = LexicalTable(collection: collection).name
      // Ordered by the rank alone: a second key would make SQLite sort all matches itself, many times slower.
      return try Row.fetchAll(
        db, sql: "SELECT rowid, rank FROM \(table) WHERE \(table) MATCH ? AND rank MATCH ? ORDER BY rank LIMIT ?",
        arguments: [query, rankFunction(weights), limit]
      ).map { row in
        let rank: Double = row["rank"]
        return ScoredChunk(chunkID: row["rowid"], score: -rank)
      }.sorted { ($0.score, $1.chunkID) > ($1.score, $0.chunkID) }
    }
  }

  /// BM25 of chunks that are known by other means; chunks without any of the terms are left out.
  ///
  /// It scores every match, as a search does, and costs as much.
  package func lexicalScores(
    of chunkIDs: [Int64], anyOf terms: [String], in collection: CollectionID, weights: LexicalWeights = LexicalWeights()
  ) throws(StoreError) -> [Int64: Double] {
    guard !chunkIDs.isEmpty, let query = LexicalTable.query(anyOf: terms) else { return [:] }
    return try read("score words") { db in
      _ = try Self.embedder(of: collection, db)
      let table = LexicalTable(collection: collection).name
      let wanted = Set(chunkIDs)
      var scores: [Int64: Double] = [:]
      // No condition on the row in SQL: FTS5 would start the query again for each of them.
      let rows = try Row.fetchCursor(
        db, sql: "SELECT rowid, rank FROM \(table) WHERE \(table) MATCH ? AND rank MATCH ?", arguments: [query, rankFunction(weights)])
      while let row = try rows.next() {
        let id: Int64 = row[0]
        guard wanted.contains(id) else { continue }
        let rank: Double = row[1]
        scores[id] = -rank
      }
      return scores
    }
  }
}

/// FTS5's ranking function with its parameters, in the columns' order.
private func rankFunction(_ weights: LexicalWeights) -> String {
  "bm25(\(weights.header), \(weights.context), \(weights.body))"
}
