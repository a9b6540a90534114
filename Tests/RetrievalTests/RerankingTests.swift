import Retrieval
import Store
import Testing

@Suite struct RerankingTests {
  private static func passage(_ id: Int64, score: Double) -> Passage {
    let chunk = StoredChunk(
      id: id, documentID: id, document: "\(id)", root: "/", path: "\(id)", ordinal: 0, title: nil, headingPath: [], context: nil, text: "", spans: [],
      contentHash: "")
    let dense = ScoreExplanation.Part(raw: score, normalised: score, weight: 1, rank: Int(id))
    let lexical = ScoreExplanation.Part(raw: nil, normalised: 0, weight: 0, rank: nil)
    let explanation = ScoreExplanation(dense: dense, lexical: lexical, matchedStems: [])
    return Passage(rank: Int(id), score: score, chunk: chunk, explanation: explanation)
  }

  private static let passages = [(1, 1.0), (2, 0.95), (3, 0.8)].map { passage($0.0, score: $0.1) }

  private static func order(_ likelihoods: [Double?]) -> [Int64] { Reranking.order(passages, likelihoods: likelihoods).map(\.chunk.id) }

  @Test func aQuestionThatIsLikelierLaterMovesAPassageUp() {
    #expect(Self.order([-1, -1, -1]) == [1, 2, 3])
    #expect(Self.order([-2, -1, -1]) == [2, 1, 3])
    #expect(Self.order([-4, -4, -1]) == [3, 1, 2])
    #expect(Self.order([-1, -3, -9]) == [1, 2, 3])
  }

  @Test func whatIsNotKnownCountsLikeTheWorst() {
    #expect(Self.order([nil, nil, nil]) == [1, 2, 3])
    #expect(Self.order([nil, -1, -2]) == [2, 1, 3])
    #expect(Reranking.order([], likelihoods: []).isEmpty)
  }

  @Test func theExplanationAddsUp() throws {
    let ordered = Reranking.order(Self.passages, likelihoods: [-3, -1, nil])
    #expect(ordered.map(\.rank) == [1, 2, 3] && ordered.map(\.score) == ordered.map(\.explanation.score))
    let second = try #require(ordered.first { $0.chunk.id == 1 })
    #expect(abs(second.score - 0.8) < 1e-12)
    #expect(second.explanation.description.contains("\nlikely  -0.200  (log-probability -3.000 a token)\n"))
  }
}
