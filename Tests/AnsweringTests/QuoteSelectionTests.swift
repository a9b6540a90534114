import Answering
import Retrieval
import Store
import Testing

@Suite struct QuoteSelectionTests {
  private func passage(_ rank: Int, _ text: String, cosine: Double = 0.6, score: Double = 1) -> Passage {
    let chunk = StoredChunk(
      id: Int64(rank), documentID: Int64(rank), document: "d\(rank)", root: "/", path: "d\(rank)", ordinal: 0, title: "Trains", headingPath: [],
      context: nil, text: text, spans: [], contentHash: "\(rank)")
    let part = ScoreExplanation.Part(raw: cosine, normalised: 1, weight: 0.5, rank: rank)
    return Passage(rank: rank, score: score, chunk: chunk, explanation: ScoreExplanation(dense: part, lexical: part, matchedStems: []))
  }

  /// Vectors that say nothing: words and passages decide.
  private func selection(_ passages: [Passage], _ question: String, parameters: QuoteSelection.Parameters = .init()) throws -> QuoteSelection {
    try QuoteSelection(
      passages: passages, stems: QueryAnalysis(question).stems, questionVector: [1, 0], parameters: parameters,
      vectors: { $0.map { _ in [0, 1] } })
  }

  @Test func theSentenceWithTheWordsIsQuoted() throws {
    let passages = [
      passage(1, "The depot burned twice. The line to the coast opened in 1911. Cars came later."),
      passage(2, "Ships sail to the coast.", score: 0.5),
    ]
    let quotes = try selection(passages, "When did the coast line open?").quotes(limit: 1)
    #expect(quotes.map(\.passage) == [0])
    #expect(quotes.map { String(decoding: Array(passages[0].chunk.text.utf8)[$0.range], as: UTF8.self) } == ["The line to the coast opened in 1911."])
  }

  @Test func neighboursAreOneQuote() throws {
    let passages = [passage(1, "Alpha lies here. Alpha beta stands. Alpha gamma waits. Nothing more comes.")]
    let selection = try selection(passages, "alpha beta gamma")
    var parameters = QuoteSelection.Parameters()
    parameters.scoreMargin = 10
    let three = selection.quotes(limit: 3, parameters: parameters)
    #expect(three.map(\.positions) == [0...2])
    #expect(three[0].range == 0..<"Alpha lies here. Alpha beta stands. Alpha gamma waits.".utf8.count)
  }

  @Test func aFarSecondIsLeftOut() throws {
    let passages = [passage(1, "Alpha beta gamma delta. Birds sing. Fish swim.")]
    #expect(try selection(passages, "alpha beta gamma delta").quotes(limit: 3).map(\.positions) == [0...0])
  }

  @Test func gapsCloseWhenTheMiddleIsChosenLast() {
    func candidate(_ position: Int) -> QuoteSelection.Scored {
      QuoteSelection.Scored(
        candidate: QuoteCandidate(
          passage: 0, position: position, range: (10 * position)..<(10 * position + 9), text: "", textInContext: "", stems: []),
        score: 1)
    }
    let selection = QuoteSelection(ranked: [candidate(0), candidate(2), candidate(1)], fit: 2)
    #expect(selection.quotes(limit: 3) == [Quote(passage: 0, positions: 0...2, range: 0..<29, score: 1)])
    #expect(selection.quotes(limit: 2).map(\.positions) == [0...0, 2...2])
  }

  @Test func whatFitsNothingIsRefused() throws {
    let passages = [passage(1, "The line to the coast opened in 1911.", cosine: 0.1)]
    #expect(try selection(passages, "How much sugar is in the cake?").abstains())
    #expect(try !selection(passages, "When did the coast line open?").abstains())
    #expect(try selection([], "anything").abstains())
  }

  @Test func aSentenceInTwoPassagesCountsOnce() throws {
    var second = passage(2, "Cars came later. Sleepers came last.")
    second.chunk.documentID = 1
    second.chunk.document = "d1"
    let candidates = QuoteCandidate.all(in: [passage(1, "The line opened. Cars came later."), second])
    #expect(candidates.map(\.text) == ["The line opened.", "Cars came later.", "Sleepers came last."])
  }
}
