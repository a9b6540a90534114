import Chunking
import Documents
import Retrieval
import Store
import Testing

@Suite struct JoinedPassagesTests {
  private static func passage(
    _ document: Int64, _ ordinal: Int, _ text: String, heading: String = "H", line: Int = 1, stems: [String] = []
  ) -> Passage {
    let chunk = StoredChunk(
      id: document * 100 + Int64(ordinal), documentID: document, document: "\(document)", root: "/", path: "\(document)", ordinal: ordinal,
      title: nil,
      headingPath: [heading], context: nil, text: text, spans: [ChunkSpan(offset: 0, source: SourceSpan(lines: line...line))], contentHash: text)
    let part = ScoreExplanation.Part(raw: 1, normalised: 1, weight: 0.5, rank: 1)
    return Passage(rank: 0, score: 1, chunk: chunk, explanation: ScoreExplanation(dense: part, lexical: part, matchedStems: stems))
  }

  private static func joined(_ passages: [Passage], joins: Bool = true) -> [Passage] {
    var joined = JoinedPassages(joins: joins)
    for passage in passages { joined.append(passage) }
    return joined.passages
  }

  @Test func neighboursBecomeOneInTheOrderOfTheDocument() {
    let passages = Self.joined([
      Self.passage(1, 5, "Five.", line: 50, stems: ["a"]), Self.passage(2, 0, "Other."), Self.passage(1, 4, "Four.", line: 40, stems: ["b", "a"]),
    ])
    #expect(passages.map(\.rank) == [1, 2] && passages.map(\.chunk.text) == ["Four.\n\nFive.", "Other."])
    #expect(passages[0].chunk.ordinal == 4 && passages[0].explanation.matchedStems == ["a", "b"])
    // Each part keeps its place in the file.
    let chunk = passages[0].chunk
    #expect(chunk.source(of: 0..<chunk.text.utf8.count).lines == 40...50)
    #expect(chunk.source(of: 0..<5).lines == 40...40 && chunk.source(of: 7..<12).lines == 50...50)
  }

  /// Chunks repeat the last sentences of the one before.
  @Test func whatBothHaveStandsOnce() {
    let passages = Self.joined([
      Self.passage(1, 0, "One é. Two.", line: 1), Self.passage(1, 1, "Two. Three.", line: 2), Self.passage(1, 2, "Three.", line: 3),
    ])
    #expect(passages.map(\.chunk.text) == ["One é. Two. Three."])
    let chunk = passages[0].chunk
    #expect(chunk.source(of: 0..<4).lines == 1...1 && chunk.source(of: 13..<18).lines == 2...2)
  }

  /// Only whole sentences are repeated.
  @Test func endsThatLookLikeBeginningsStay() {
    let passages = Self.joined([Self.passage(1, 0, "See section 1"), Self.passage(1, 1, "1 is the first."), Self.passage(1, 2, "first. Second.")])
    #expect(passages.map(\.chunk.text) == ["See section 1\n\n1 is the first.\n\nfirst. Second."])
  }

  @Test func theOneBetweenJoinsBoth() {
    let passages = Self.joined([Self.passage(1, 3, "c"), Self.passage(1, 1, "a"), Self.passage(2, 2, "x"), Self.passage(1, 2, "b")])
    #expect(passages.map(\.chunk.text) == ["a\n\nb\n\nc", "x"])
  }

  @Test func whatDoesNotTouchStaysApart() {
    let apart = [
      Self.passage(1, 1, "a"), Self.passage(1, 3, "gap"), Self.passage(2, 2, "another document"), Self.passage(1, 2, "another heading", heading: "I"),
    ]
    #expect(Self.joined(apart).map(\.chunk.text) == apart.map(\.chunk.text))
    let neighbours = [Self.passage(1, 1, "a"), Self.passage(1, 2, "b")]
    #expect(Self.joined(neighbours, joins: false).map(\.chunk.text) == ["a", "b"])
  }
}
