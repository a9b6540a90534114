import Lexical
import Store

/// Words that a question has in quotation marks, or that are an identifier, count as one more term for each word, which chunks have where the words follow
/// each other: its inverse document frequency, so many times, is added to their scores of words.
///
/// The index of words has no positions: of the chunks that hold all of the phrase's words those that fit them best are read and looked through, `depth`
/// at most, or `depthOfQuoted` where somebody has put them in quotation marks.
struct PhraseWeights {
  private let store: Store
  private let collection: CollectionID
  /// Of the chunks that hold a phrase.
  private(set) var weights: [Int64: Double] = [:]

  /// Chunks that are looked through for a phrase: fewer where all its words are frequent, as which of them those are is BM25's guess.
  private static let (depthOfQuoted, depth, depthOfFrequent) = (20_000, 4000, 1000)

  init(_ phrases: [QueryAnalysis.Phrase], store: Store, collection: CollectionID, allowed: ChunkSet?) throws {
    (self.store, self.collection) = (store, collection)
    guard !phrases.isEmpty else { return }
    let chunkCount = try store.chunkCount(of: collection)
    for phrase in phrases {
      let rarest = try store.chunkCounts(of: phrase.words, in: collection).filter { $0 > 0 }.min() ?? 0
      let isFrequent = rarest > Self.depth
      // Words that so many have tell nothing apart.
      if isFrequent, phrase.words.count == 1 || phrase.words.allSatisfy(Words.isStopWord) { continue }
      let depth = phrase.literal == nil ? Self.depthOfQuoted : isFrequent ? Self.depthOfFrequent : Self.depth
      let best = try store.lexicalSearch(allOf: phrase.words, limit: depth, in: collection, among: allowed)
      let hashes = phrase.words.map(Words.hash)
      let holders = try store.texts(of: best.map(\.chunkID)).filter { _, texts in
        [texts.text, texts.header].contains { Self.holds($0, phrase, hashes) }
      }
      let weight = BM25.inverseDocumentFrequency(chunkCount: holders.count, total: max(chunkCount, holders.count))
      for chunk in holders.keys { weights[chunk, default: 0] += weight * Double(phrase.words.count) }
    }
  }

  /// Whether the words of a phrase follow each other in a text, or an identifier stands in it.
  private static func holds(_ text: String, _ phrase: QueryAnalysis.Phrase, _ hashes: [UInt64]) -> Bool {
    let words = Words.hashes(of: text)
    // Most texts do not have all of it.
    guard words.indices.contains(where: { words[$0] == hashes[0] && words[$0...].starts(with: hashes) }) else { return false }
    return phrase.literal.map { stands($0, in: QueryAnalysis.plain(text).lowercased()) } ?? true
  }

  /// Whether a text has an identifier as it is written. A number that is part of a longer one is another: `1.2.3` is not in `1.1.2.3`.
  private static func stands(_ literal: String, in text: String) -> Bool {
    func isNumber(_ index: String.Index?, beyond border: String.Index?) -> Bool {
      guard let index, let border, ".,:".contains(text[border]) else { return false }
      return text[index].isNumber
    }
    return text.ranges(of: literal).contains { range in
      let before = text[..<range.lowerBound].indices.suffix(2)
      let after = text[range.upperBound...].indices.prefix(2)
      return !(literal.first?.isNumber == true && before.count == 2 && isNumber(before.first, beyond: before.last))
        && !(literal.last?.isNumber == true && after.count == 2 && isNumber(after.last, beyond: after.first))
    }
  }

  subscript(chunk: Int64) -> Double { weights[chunk] ?? 0 }

  /// The matches with those that hold a phrase raised, and those added that were not among the best.
  ///
  /// - Parameter terms: What the matches were found by.
  func adding(to matches: [ScoredChunk], terms: [String]) throws -> [ScoredChunk] {
    guard !weights.isEmpty else { return matches }
    let known = Dictionary(matches.map { ($0.chunkID, $0.score) }) { first, _ in first }
    let missing = weights.keys.filter { known[$0] == nil }
    let scores = try known.merging(store.lexicalScores(of: Array(missing), anyOf: terms, in: collection)) { first, _ in first }
    return scores.map { ScoredChunk(chunkID: $0, score: $1 + self[$0]) }.sorted { ($0.score, $1.chunkID) > ($1.score, $0.chunkID) }
  }
}
