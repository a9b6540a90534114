import Lexical
import Store

/// Words that a question has in quotation marks, or that are an identifier, count as one more term, which chunks have where the words follow each other:
/// its inverse document frequency is added to their scores of words.
///
/// The index of words has no positions: of the chunks that hold all of the phrase's words those that fit them best are read and looked through, `depth`
/// at most.
struct PhraseWeights {
  private let store: Store
  private let collection: CollectionID
  private var weights: [Int64: Double] = [:]

  /// Chunks that are looked through for a phrase.
  private static let depth = 4000

  /// - Parameter phrases: Folded words that follow each other, each.
  init(_ phrases: [[String]], store: Store, collection: CollectionID, allowed: ChunkSet?) throws {
    (self.store, self.collection) = (store, collection)
    guard !phrases.isEmpty else { return }
    let chunkCount = try store.chunkCount(of: collection)
    for phrase in phrases {
      // A word that so many have tells nothing apart, and which of them were looked through would be chance.
      if phrase.count == 1, try store.chunkCounts(of: phrase, in: collection)[0] > Self.depth { continue }
      let best = try store.lexicalSearch(allOf: phrase, limit: Self.depth, in: collection, among: allowed)
      let holders = try store.texts(of: best.map(\.chunkID)).filter { _, texts in
        [texts.text, texts.header].contains { Self.holds(Words.folded($0), phrase) }
      }
      let weight = BM25.inverseDocumentFrequency(chunkCount: holders.count, total: max(chunkCount, holders.count))
      for chunk in holders.keys { weights[chunk, default: 0] += weight }
    }
  }

  /// Whether the words of a phrase follow each other among others.
  private static func holds(_ words: [String], _ phrase: [String]) -> Bool {
    words.indices.contains { words[$0...].starts(with: phrase) }
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
