package import Embedding
import Lexical
package import Store

/// Finds the passages for a question: dense and lexical candidates, one score, the best few.
///
/// Methods block while they embed and read: call them from threads that may wait.
package struct Retriever: Sendable {
  package let store: Store
  package let embedder: Embedder

  package init(store: Store, embedder: Embedder) {
    self.store = store
    self.embedder = embedder
  }

  /// The best passages, best first.
  ///
  /// - Throws: `RetrievalError` for a question or collection that can not be searched, `StoreError`, `EmbeddingError`.
  package func search(_ question: String, _ options: SearchOptions = SearchOptions()) throws -> [Passage] {
    try find(question, options).passages
  }

  /// As `search`, with what was made of the question on the way.
  package func find(_ question: String, _ options: SearchOptions = SearchOptions()) throws -> Findings {
    let candidates = try self.candidates(for: question, options)
    var duplicates = NearDuplicates()
    var takenOfDocument: [Int64: [String: Int]] = [:]
    var passages = JoinedPassages(joins: options.joinsNeighbours)
    let sought = candidates.analysis.sought
    var matcher = TermMatcher(stems: sought.stems, words: sought.words, languages: candidates.languages)
    let order = options.diversity > 0 ? try diverseOrder(of: candidates, options) : nil
    try candidates.forEachBestFirst(store, order: order) { chunk, explanation in
      guard passages.count < options.limit else { return false }
      if let limit = options.perDocumentLimit, takenOfDocument[chunk.documentID]?[chunk.document] ?? 0 >= limit { return true }
      if !options.keepsNearDuplicates, duplicates.isDuplicate(chunk) { return true }
      takenOfDocument[chunk.documentID, default: [:]][chunk.document, default: 0] += 1
      var explained = explanation
      let matched = Set(matcher.matches(in: "\(chunk.header)\n\(chunk.context ?? "")\n\(chunk.text)", language: chunk.language).terms)
      explained.matchedStems = sought.stems.indices.filter { matched.contains(Int32($0)) }.map { sought.stems[$0] }
      let named = try store.named(chunk, by: options.filter)
      passages.append(Passage(rank: 0, score: explained.score, chunk: named, explanation: explained))
      return true
    }
    return Findings(
      passages: passages.passages, analysis: candidates.analysis, questionVector: candidates.questionVector, sequence: candidates.sequence)
  }

  /// A collection that can be searched with this embedder; `nil` if there is none of the name.
  ///
  /// - Throws: `RetrievalError` if its vectors are another embedder's.
  package func collection(named name: String) throws -> CollectionHandle? {
    guard let collection = try store.collection(named: name) else { return nil }
    guard collection.embedder.fingerprint == embedder.fingerprint else {
      throw RetrievalError.otherEmbedder(collection: name, expected: collection.embedder.fingerprint, found: embedder.fingerprint)
    }
    return collection
  }

  /// What a question asks for, with spelling mistakes taken for what they were probably meant to be.
  private func corrected(_ analysis: QueryAnalysis, in collection: CollectionID) throws -> QueryAnalysis {
    var corrections: [String: String] = [:]
    for (stem, count) in zip(analysis.stems, try store.chunkCounts(of: analysis.words, in: collection)) where count == 0 {
      let letters = Array(stem.unicodeScalars)
      // Words with digits are names, and a name is not corrected.
      let tolerance = Spelling.tolerance(length: letters.count)
      guard tolerance > 0, letters.allSatisfy(\.properties.isAlphabetic) else { continue }
      func correct(beginningWith prefix: String, mistakes: Int) throws {
        guard corrections[stem] == nil else { return }
        let vocabulary = try store.stems(
          near: stem, mistakes: mistakes, beginningWith: prefix, limit: Spelling.candidateLimit, in: collection)
        corrections[stem] = Spelling.nearest(stem, in: vocabulary, mistakes: mistakes)
      }
      // The first letter is seldom wrong; where it is, most often the second one comes first.
      for first in letters.prefix(2) { try correct(beginningWith: String(first), mistakes: tolerance) }
      if letters.count >= Spelling.firstLetterLength { try correct(beginningWith: "", mistakes: 1) }
    }
    return analysis.corrected(corrections)
  }

  private func diverseOrder(of candidates: Candidates, _ options: SearchOptions) throws -> [Int64] {
    guard let collection = try store.collection(named: options.collection) else { throw RetrievalError.missingCollection(options.collection) }
    let best = candidates.bestFirst.prefix(Diversity.depth)
    let vectors = try store.vectors(of: Array(best), in: collection.id)
    let known = best.filter { vectors[$0] != nil }
    let passages = known.map { (score: candidates.explanations[$0]?.score ?? 0, vector: vectors[$0] ?? []) }
    let order = Diversity.order(passages, diversity: options.diversity).map { known[$0] }
    return order + candidates.bestFirst.filter { !order.contains($0) }
  }

  /// Every candidate with the parts of its score.
  func candidates(for question: String, _ options: SearchOptions) throws -> Candidates {
    guard let collection = try collection(named: options.collection) else { throw RetrievalError.missingCollection(options.collection) }
    let languages = try store.wordLanguages(of: collection.id)
    let asked = try QueryAnalysis(question, isEnglish: languages.isEmpty || languages.contains(TextAnalyzer.defaultLanguage))
    let sequence = try store.sequence()
    let limit = max(options.candidateLimit, options.limit)
    let allowed = try store.chunks(passing: options.filter, in: collection.id)
    if let allowed, allowed.isEmpty { throw RetrievalError.nothingPasses(options.collection) }
    let ((vector, nearest), (analysis, matching, phraseWeights)) = try Parallel.both {
      let vector = try embedder.embed([question])[0]
      return (vector, try store.denseSearch(vector, limit: limit, in: collection.id, among: allowed))
    } _: {
      let analysis = try corrected(asked, in: collection.id)
      let matching = try store.lexicalSearch(anyOf: analysis.terms, limit: limit, in: collection.id, among: allowed)
      let weights = try PhraseWeights(analysis.phrases, store: store, collection: collection.id, allowed: allowed)
      return (analysis, try weights.adding(to: matching, terms: analysis.terms), weights)
    }
    guard !nearest.isEmpty else { throw RetrievalError.emptyCollection(options.collection) }
    var dense = Dictionary(nearest.map { ($0.chunkID, $0.score) }) { first, _ in first }
    var lexical = Dictionary(matching.map { ($0.chunkID, $0.score) }) { first, _ in first }
    // What one side found is scored by the other, too.
    let (onlyLexical, onlyDense) = (lexical.keys.filter { dense[$0] == nil }, dense.keys.filter { lexical[$0] == nil })
    let (others, words) = try Parallel.both {
      try store.denseScores(of: onlyLexical, against: vector, in: collection.id)
    } _: {
      try store.lexicalScores(of: onlyDense, anyOf: analysis.terms, in: collection.id)
    }
    dense.merge(others) { first, _ in first }
    lexical.merge(words) { first, _ in first }
    let fusion = options.fusion(for: analysis, learnt: collection.denseWeight)
    var explanations = fusion.scores(dense: dense, lexical: lexical)
    for (chunk, weight) in phraseWeights.weights { explanations[chunk]?.lexical.phrases = weight }
    if options.refines {
      explanations = try refine(explanations, fusion, analysis, phraseWeights, questionVector: vector, languages: languages, in: collection.id)
    }
    return Candidates(analysis: analysis, explanations: explanations, questionVector: vector, languages: languages, sequence: sequence)
  }
}

/// What a search found, and what was made of the question.
package struct Findings: Sendable {
  package var passages: [Passage]
  package var analysis: QueryAnalysis
  /// L2-normalised.
  package var questionVector: [Float]
  /// The store's sequence number when the search began.
  package var sequence: Int64
}
