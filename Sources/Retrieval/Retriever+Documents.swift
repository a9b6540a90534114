import Store

extension Retriever {
  /// The best documents, best first: a document is as good as its best chunk.
  ///
  /// - Parameter limit: Documents at most; there are fewer where the candidates (`SearchOptions.candidateLimit`) are of fewer.
  /// - Returns: Names as results carry them (the record's, or the path), each once.
  package func rankDocuments(
    _ question: String, limit: Int = 100, _ options: SearchOptions = SearchOptions()
  ) throws -> [(document: String, score: Double)] {
    let candidates = try self.candidates(for: question, options)
    var seen = Set<String>()
    var documents: [(document: String, score: Double)] = []
    try candidates.forEachBestFirst(store) { chunk, explanation in
      if seen.insert(chunk.document).inserted { documents.append((chunk.document, explanation.score)) }
      return documents.count < limit
    }
    return documents
  }
}
