import DurableFiles
import Foundation
import GRDB
import Lexical
import Synchronization

extension Store {
  /// The chunks that fit the words best by BM25 (`Lexical.BM25`), best first; of equal scores the older chunk first.
  ///
  /// - Parameters:
  ///   - words: Analysed as the texts were; a chunk with any of them is found. Nothing in them is syntax.
  ///   - limit: Chunks at most.
  ///   - allowed: Only these are found; `nil` for all.
  package func lexicalSearch(
    anyOf words: [String], limit: Int, in collection: CollectionID, among allowed: ChunkSet? = nil
  ) throws(StoreError) -> [ScoredChunk] {
    try lexicalSearch(anyOf: words, limit: limit, scoring: [], in: collection, among: allowed).best
  }

  /// BM25 of chunks that are known by other means; chunks without any of the words are left out.
  package func lexicalScores(
    of chunkIDs: [Int64], anyOf words: [String], in collection: CollectionID
  ) throws(StoreError) -> [Int64: Double] {
    try lexicalSearch(anyOf: words, limit: 0, scoring: chunkIDs, in: collection).scores
  }

  /// The chunks that hold all of some words and fit them best, best first. A word that no chunk holds is left aside.
  ///
  /// Where each of the words is in more than `surveyLimit` chunks, those that fit them best are looked for whether they hold all or not.
  package func lexicalSearch(
    allOf words: [String], limit: Int, in collection: CollectionID, among allowed: ChunkSet? = nil
  ) throws(StoreError) -> [ScoredChunk] {
    let counted = zip(words, try chunkCounts(of: words, in: collection)).filter { $0.1 > 0 }.sorted { $0.1 < $1.1 }
    var left = allowed
    // From the rarest on, so that the others are looked up in few chunks.
    if let rarest = counted.first, rarest.1 <= Self.surveyLimit {
      for (word, _) in counted {
        let holders = try lexicalSearch(anyOf: [word], limit: left?.count ?? .max, in: collection, among: left)
        left = ChunkSet(holders.map(\.chunkID).sorted())
      }
    }
    return try lexicalSearch(anyOf: words, limit: limit, in: collection, among: left)
  }

  private static let surveyLimit = 50_000

  /// A search, and the scores of chunks that are known by other means.
  package func lexicalSearch(
    anyOf words: [String], limit: Int, scoring chunkIDs: [Int64], in collection: CollectionID, among allowed: ChunkSet? = nil
  ) throws(StoreError) -> (best: [ScoredChunk], scores: [Int64: Double]) {
    let snapshot = try wordSnapshot(of: collection)
    let query = LexicalQuery(terms: terms(of: words, in: snapshot.index))
    let found = snapshot.index.search(query, limit: limit, among: allowed.map { $0.filter(snapshot) }, scoring: chunkIDs)
    return (found.best.map { ScoredChunk(chunkID: $0.id, score: $0.score) }, found.scores)
  }

  /// How many of a collection's chunks hold each of some words, or terms as `stems` gives them.
  ///
  /// A word has one term in each of the texts' languages; the one that most chunks hold counts. Its parts do not: `INV1043` may be in one chunk, and
  /// `inv` in all.
  package func chunkCounts(of words: [String], in collection: CollectionID) throws(StoreError) -> [Int] {
    let index = try wordSnapshot(of: collection).index
    let analyzer = TextAnalyzer()
    let languages = Set(index.languages + [TextAnalyzer.defaultLanguage])
    return words.map { word in
      // The first term of a word is the word as a whole.
      let wholes = languages.compactMap { analyzer.terms(of: word, language: $0).first?.text }
      return (wholes + [word]).reduce(0) { max($0, index.chunkCount(of: $1)) }
    }
  }

  /// The languages that a collection's texts were stemmed by.
  package func wordLanguages(of collection: CollectionID) throws(StoreError) -> [String] { try wordSnapshot(of: collection).index.languages }

  /// A collection's stems that begin with some letters and may be made of another by so many mistakes (`LexicalIndex.terms(near:)`), and how many
  /// chunks hold each; `limit` stems are looked at, at most.
  package func stems(
    near stem: String, mistakes: Int, beginningWith prefix: String, limit: Int, in collection: CollectionID
  ) throws(StoreError) -> [(stem: String, chunkCount: Int)] {
    try wordSnapshot(of: collection).index.terms(near: stem, mistakes: mistakes, beginningWith: prefix, limit: limit)
      .map { ($0.term, $0.chunkCount) }
  }

  /// Distinct terms of a question's words, in every language of the texts.
  private func terms(of words: [String], in index: LexicalIndex) -> [String] {
    let analyzer = TextAnalyzer()
    var seen = Set<String>()
    var terms: [String] = []
    // What is left out could not be looked at anyway.
    for word in words.prefix(LexicalQuery.termLimit) {
      for term in analyzer.lookups(of: word, languages: index.languages) where seen.insert(term).inserted { terms.append(term) }
    }
    return terms
  }

  /// The collection's words as of now, loaded at first use.
  private func wordSnapshot(of collection: CollectionID) throws(StoreError) -> WordSnapshot {
    let cache = wordCaches.withLock { caches in
      if let known = caches[collection] { return known }
      let made = WordCache(collection: collection)
      caches[collection] = made
      return made
    }
    // A writer that publishes removes files that a transaction of before may still see; the next transaction sees the new ones.
    var vanished = Set<Int64>()
    while true {
      do {
        return try pool.read { db in
          try cache.refreshed(db) { row in
            do throws(DurableFileError) { return try loadWords(row) } catch {
              if !FileManager.default.fileExists(atPath: wordPath(row.file)), vanished.insert(row.number).inserted { throw VanishedWords() }
              if error.isOutdated { noticeOutdated("word index", wordPath(row.file)) } else { quarantineWords(row, error) }
              return nil
            }
          }
        }
      } catch is VanishedWords {
        continue
      } catch {
        throw .wrapping(error, "load the words", path: databasePath)
      }
    }
  }
}

private struct VanishedWords: Error {}
