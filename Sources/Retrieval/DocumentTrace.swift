/// Where a document is that was expected among the results of a search.
package struct DocumentTrace: Sendable, Equatable, Encodable, CustomStringConvertible {
  package enum Outcome: String, Sendable, Encodable {
    case found
    /// There is no document of this name.
    case notIngested = "not_ingested"
    /// Its file could not be read.
    case failed
    /// There is no text in it.
    case empty
    /// It does not pass the filter.
    case filtered
    /// Neither side has it among its candidates.
    case noCandidate = "no_candidate"
    /// Others fit better.
    case outranked
    /// It says the same as a better passage, or there are enough passages of its document already.
    case leftOut = "left_out"
  }

  /// How one of its chunks fares.
  package struct ChunkTrace: Sendable, Equatable, Encodable {
    package let ordinal: Int
    package let text: String
    package let cosine: Double?
    /// Places among all chunks of the collection that pass the filter, from 1; `nil` beyond the first `Retriever.traceDepth`.
    package let denseRank: Int?
    package let bm25: Double?
    package let lexicalRank: Int?
    /// The place in the merged order.
    package let rank: Int?

    enum CodingKeys: String, CodingKey {
      case ordinal, text, cosine, bm25, rank
      case denseRank = "dense_rank"
      case lexicalRank = "lexical_rank"
    }
  }

  package let document: String
  package let outcome: Outcome
  package let explanation: String
  /// Best first.
  package let chunks: [ChunkTrace]

  package var description: String {
    func place(_ rank: Int?) -> String { rank.map { "place \($0)" } ?? "beyond place \(Retriever.traceDepth)" }
    func merged(_ rank: Int?) -> String { rank.map { "merged place \($0)" } ?? "not merged, as it is a candidate of neither side" }
    return
      ([explanation]
      + chunks.prefix(3).map { chunk in
        let dense = chunk.cosine.map { "cosine \(($0 * 1000).rounded() / 1000), \(place(chunk.denseRank))" } ?? "no vector"
        let lexical = chunk.bm25.map { "bm25 \(($0 * 1000).rounded() / 1000), \(place(chunk.lexicalRank))" } ?? "none of the words"
        return "chunk \(chunk.ordinal): \(merged(chunk.rank)); dense \(dense); lexical \(lexical)"
      }).joined(separator: "\n")
  }
}
