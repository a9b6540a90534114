import Store

extension Retriever {
  /// Chunks of each side that a trace looks at.
  package static let traceDepth = 2000

  /// Where a document is that was expected for a question: among the results, or on which step it was lost.
  ///
  /// - Parameter document: Its path, as results have it or whole, or its record's name.
  package func trace(_ document: String, for question: String, _ options: SearchOptions = SearchOptions()) throws -> DocumentTrace {
    guard let collection = try store.collection(named: options.collection) else { throw RetrievalError.missingCollection(options.collection) }
    func trace(_ outcome: DocumentTrace.Outcome, _ explanation: String, _ chunks: [DocumentTrace.ChunkTrace] = []) -> DocumentTrace {
      DocumentTrace(document: document, outcome: outcome, explanation: explanation, chunks: chunks)
    }
    let ids = try store.chunkIDs(ofDocument: document, in: collection.id)
    let entry = try store.ledger(of: collection.id).first { $0.path == document || "\($0.root)/\($0.path)" == document }
    guard !ids.isEmpty else {
      guard let entry else { return trace(.notIngested, "no document of this name was ingested: quarry status --documents lists those that were") }
      let reason = entry.reason ?? "the reason is not known"
      switch entry.state {
      case .failed: return trace(.failed, "it could not be read: \(reason)")
      case .skipped: return trace(.notIngested, "it was left out: \(reason)")
      case .new: return trace(.notIngested, "it was seen and not read yet: quarry ingest goes on where it was stopped")
      case .gone: return trace(.notIngested, "the file is gone")
      case .done, .unchanged: break
      }
      return trace(.empty, "there is no text in it")
    }
    let allowed = try store.chunks(passing: options.filter, in: collection.id)
    if let allowed, !ids.contains(where: allowed.contains) { return trace(.filtered, "it does not pass the filter") }
    if let entry, let chunk = try store.chunks(Array(ids.prefix(1))).values.first {
      // Files of the same content share a document, and are filtered each by itself.
      let named = try store.named(chunk, by: options.filter)
      let names = [named.path] + named.otherPaths
      if named.otherPaths.count < chunk.otherPaths.count, !names.contains(where: { $0.utf8.elementsEqual(entry.path.utf8) }) {
        return trace(.filtered, "it does not pass the filter; \(named.path), which holds the same, does")
      }
    }
    let results = try search(question, options)
    if let passage = results.first(where: { ids.contains($0.chunk.id) }) {
      return trace(.found, "it is found, at place \(passage.rank)", try chunks(ids, for: question, options, allowed).chunks)
    }
    let (chunks, mergedRanks) = try chunks(ids, for: question, options, allowed)
    guard let best = chunks.first?.rank else {
      return trace(.noCandidate, "neither side has it among its best \(options.candidateLimit)", chunks)
    }
    let worst = results.compactMap { mergedRanks[$0.chunk.id] }.max() ?? 0
    if best <= worst, options.diversity > 0 {
      return trace(
        .leftOut, "passages that say other things were preferred (--diversity \(options.diversity)), or a better one says the same", chunks)
    }
    if best <= worst { return trace(.leftOut, "a better passage says the same, or there are enough passages of its document", chunks) }
    return trace(.outranked, "others fit better: it is at place \(best), and \(options.limit) are shown", chunks)
  }

  /// The chunks with their places, and the places of all candidates in the merged order.
  private func chunks(
    _ ids: [Int64], for question: String, _ options: SearchOptions, _ allowed: ChunkSet?
  ) throws -> (chunks: [DocumentTrace.ChunkTrace], mergedRanks: [Int64: Int]) {
    guard let collection = try store.collection(named: options.collection) else { return ([], [:]) }
    let candidates = try self.candidates(for: question, options)
    let cosines = try store.denseScores(of: ids, against: candidates.questionVector, in: collection.id)
    let dense = try store.denseSearch(candidates.questionVector, limit: Self.traceDepth, in: collection.id, among: allowed)
    let lexical = try store.lexicalSearch(anyOf: candidates.analysis.terms, limit: Self.traceDepth, scoring: ids, in: collection.id, among: allowed)
    let merged = candidates.explanations.map { (id: $0.key, score: $0.value.score) }.sorted { ($0.score, $1.id) > ($1.score, $0.id) }
    func ranks(_ ids: [Int64]) -> [Int64: Int] { Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0 + 1) }) }
    let (denseRanks, lexicalRanks, mergedRanks) = (
      ranks(dense.map(\.chunkID)), ranks(lexical.best.map(\.chunkID)), ranks(merged.map(\.id))
    )
    let stored = try store.chunks(ids)
    let chunks = ids.compactMap { stored[$0] }.map { chunk -> DocumentTrace.ChunkTrace in
      // A candidate's is the one that it was ranked by, phrases included.
      let candidate = candidates.explanations[chunk.id]?.lexical
      return DocumentTrace.ChunkTrace(
        ordinal: chunk.ordinal, text: chunk.text, cosine: cosines[chunk.id], denseRank: denseRanks[chunk.id],
        bm25: candidate?.raw ?? lexical.scores[chunk.id], lexicalRank: candidate?.rank ?? lexicalRanks[chunk.id], rank: mergedRanks[chunk.id])
    }.sorted { ($0.rank ?? .max, -($0.cosine ?? -1), $0.ordinal) < ($1.rank ?? .max, -($1.cosine ?? -1), $1.ordinal) }
    return (chunks, mergedRanks)
  }
}
