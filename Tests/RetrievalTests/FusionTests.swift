import Retrieval
import Testing

@Suite struct FusionTests {
  @Test func bothSidesCountByTheirShareOfTheBest() throws {
    let scores = Fusion(denseWeight: 0.5).scores(dense: [1: 0.8, 2: 0.4, 3: -0.2], lexical: [2: 6, 3: 12])
    #expect(scores.mapValues(\.score) == [1: 0.5, 2: 0.5, 3: 0.5])
    let second = try #require(scores[2])
    #expect(second.dense.raw == 0.4 && second.dense.normalised == 0.5 && second.dense.rank == 2)
    #expect(second.lexical.raw == 6 && second.lexical.normalised == 0.5 && second.lexical.rank == 2)
    #expect(scores[1]?.lexical.raw == nil && scores[1]?.lexical.rank == nil)
  }

  @Test func nothingInCommonScoresNothing() {
    #expect(Fusion().scores(dense: [1: -0.1], lexical: [:])[1]?.score == 0)
    #expect(Fusion().scores(dense: [:], lexical: [:]).isEmpty)
  }

  @Test func placesCountInThePlaceOfScores() {
    let scores = Fusion(denseWeight: 0.5, usesRanks: true).scores(dense: [1: 0.9, 2: 0.1, 3: -0.5], lexical: [2: 6, 3: 1000])
    #expect(scores[1]?.score == 0.5)
    #expect(scores[2]?.score == 0.5 * 61 / 62 + 0.5 * 61 / 62)
    #expect(scores[3]?.score == 0.5 * 61 / 63 + 0.5)
  }

  @Test func theExplanationAddsUp() throws {
    let scores = Fusion(denseWeight: 0.25).scores(dense: [1: 0.8, 2: 0.4], lexical: [1: 3, 2: 6])
    let explanation = try #require(scores[2])
    #expect(explanation.score == explanation.dense.contribution + explanation.lexical.contribution)
    #expect(
      explanation.description == """
        dense   0.125 = 0.250 × 0.500  (cosine 0.400, place 2)
        lexical 0.750 = 0.750 × 1.000  (bm25 6.000, place 1)
        words   none in common
        """)
  }
}
