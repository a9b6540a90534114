import Foundation
import Store
import Testing

@Suite struct LexicalSearchTests {
  let folder: TemporaryFolder
  let store: Store
  let collection: CollectionID

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.open(directory: folder.path, access: .writing)
    collection = try store.createCollection(named: "default", embedder: embedder).id
  }

  private func found(_ terms: [String], limit: Int = 10) throws -> Set<String> {
    Set(try store.texts(store.lexicalSearch(anyOf: terms, limit: limit, in: collection)))
  }

  @Test func anyOfTheTermsIsEnough() throws {
    try store.put("a", ["alpha beta", "beta gamma", "delta"], in: collection)
    #expect(try found(["alpha", "gamma"]) == ["alpha beta", "beta gamma"])
    #expect(try found(["nothing"]).isEmpty && found([]).isEmpty)
    #expect(try store.lexicalSearch(anyOf: ["alpha"], limit: 0, in: collection).isEmpty)
  }

  @Test func wordsAreStemmedAndFolded() throws {
    try store.put("a", ["connections were Geöffnet", "Straße", "Ελλάδα"], in: collection)
    #expect(try found(["connecting"]) == ["connections were Geöffnet"])
    #expect(try found(["GEOFFNET"]) == ["connections were Geöffnet"])
    #expect(try found(["ΕΛΛΆΔΑ"]) == ["Ελλάδα"], "capitals of any script; accents of the Latin one only")
  }

  /// A word of a question counts as known under whatever its language made of it.
  @Test func wordsAreCountedAsTheyAreIndexed() throws {
    try store.put("a", ["technology possibly helps us"], in: collection)
    var german = version("b")
    german.language = "de"
    try store.replace(german, with: [embedded("viele Häuser stehen leer")], in: collection)
    #expect(try store.chunkCounts(of: ["technology", "possibly", "us", "hauser", "technologi", "absent"], in: collection) == [1, 1, 1, 1, 1, 0])
  }

  /// The parts of a word are indexed too, and are other words.
  @Test func aNameIsCountedAsAWhole() throws {
    try store.put("a", ["invoice INV1043", "invoice INV1044", "the inv 1043 of another kind"], in: collection)
    #expect(try store.chunkCounts(of: ["inv1043", "inv", "invoice", "inv1045"], in: collection) == [1, 3, 2, 0])
  }

  @Test func headerAndBodyAreSearched() throws {
    try store.replace(version("t"), with: [embedded("about birds", title: "Falcon")], in: collection)
    try store.replace(version("b"), with: [embedded("the falcon flies", title: "Birds")], in: collection)
    #expect(try found(["falcon"]) == ["about birds", "the falcon flies"])
  }

  /// Terms are data. Each of these means something in some query language.
  @Test(arguments: [
    "\"", "\"\"", "\"\"\"", "OR", "AND", "NOT", "NEAR(", "NEAR(a b, 2)", "*", "alpha*", "a:b", "body:alpha", "header : alpha", "{header body}:",
    "^alpha",
    "-alpha", "+", "(", ")", "((", "';--", "\\", "\0", "alpha\0beta", " ", "\t\n", "", "!!!", "💥", "\u{FFFD}", "rank", "lexical_1", "a\"b OR \"c",
    ",", "%_",
  ]) func syntaxInTermsMeansNothing(term: String) throws {
    try store.put("a", ["alpha beta", "something or other", "it is not near and here"], in: collection)
    #expect(try found([term, "something"]).contains("something or other"))
    _ = try found([term])
    _ = try store.lexicalScores(of: [1, 2, 3], anyOf: [term], in: collection)
  }

  @Test func aTermThatLooksLikeAPrefixFindsTheWordOnly() throws {
    try store.put("a", ["alphabet", "alpha"], in: collection)
    #expect(try found(["alpha*"]) == ["alpha"])
    #expect(try found(["body:alphabet"]) == ["alphabet"], "a piece in two parts, not a column")
  }

  @Test func whatIsWrittenInOnePieceIsFoundAsAWholeFirst() throws {
    try store.put("a", ["state-of-the-art parser", "the art of state", "max_wal_size is set", "the max size of a wal"], in: collection)
    func best(_ word: String) throws -> String? { try store.texts(store.lexicalSearch(anyOf: [word], limit: 1, in: collection)).first }
    #expect(try best("state-of-the-art") == "state-of-the-art parser")
    #expect(try best("max_wal_size") == "max_wal_size is set")
    #expect(try found(["wal"]) == ["max_wal_size is set", "the max size of a wal"])
  }

  @Test func everyLanguageOfTheTextsIsAskedInItsOwnWay() throws {
    var german = version("g")
    german.language = "de"
    try store.replace(german, with: [embedded("Die Häuser am Fluss", title: nil)], in: collection)
    try store.put("e", ["the houses by the river"], in: collection)
    #expect(try found(["Haus"]) == ["Die Häuser am Fluss"])
    #expect(try found(["house"]) == ["the houses by the river"])
  }

  @Test func veryManyTermsWork() throws {
    try store.put("a", ["needle"], in: collection)
    let terms = ["needle"] + (0..<5000).map { "word\($0)" }
    #expect(try found(terms) == ["needle"])
    #expect(try found([String(repeating: "x", count: 100_000), "needle"]) == ["needle"])
  }

  /// All words, wherever the rarest of them is; a word that nothing holds is left aside.
  @Test func chunksThatHoldAllWordsAreFound() throws {
    let words = ["falcon", "heron", "kite", "owl", "rook"]
    var generator = SeededGenerator(seed: 8)
    let texts = (0..<80).map { number in
      (0..<Int.random(in: 1...8, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ") + " n\(number)"
    }
    try store.put("a", texts, in: collection)
    for some in [["falcon"], ["owl", "rook"], ["heron", "kite", "falcon"], words, ["owl", "dodo"]] {
      let wanted = texts.filter { text in some.allSatisfy { $0 == "dodo" || text.split(separator: " ").contains($0[...]) } }
      let found = try store.texts(store.lexicalSearch(allOf: some, limit: 100, in: collection))
      #expect(Set(found) == Set(wanted) && found.count == wanted.count, "\(some)")
      let any = try store.texts(store.lexicalSearch(anyOf: some, limit: 100, in: collection))
      #expect(found == any.filter(wanted.contains))
    }
  }

  /// The ranking against the formula, computed here: k1 = 1.2, b = 0.75.
  @Test func scoresAreBM25() throws {
    let words = ["falcon", "heron", "kite", "owl", "rook"]
    var generator = SeededGenerator(seed: 7)
    let texts = (0..<60).map { number in
      (0..<Int.random(in: 1...30, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ") + " n\(number)"
    }
    try store.put("a", texts, in: collection)
    let documents = texts.map { $0.split(separator: " ").map(String.init) }
    let average = Double(documents.reduce(0) { $0 + $1.count }) / Double(documents.count)
    let terms = ["falcon", "n3", "n4", "n5"]
    var expected: [String: Double] = [:]
    for term in terms {
      let frequency = Double(documents.count { $0.contains(term) })
      let weight = log(1 + (Double(documents.count) - frequency + 0.5) / (frequency + 0.5))
      for (text, document) in zip(texts, documents) {
        let count = Double(document.count { $0 == term })
        guard count > 0 else { continue }
        let length = Double(document.count) / average
        expected[text, default: 0] += weight * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length))
      }
    }
    let found = try store.lexicalSearch(anyOf: terms, limit: 100, in: collection)
    let chunks = try store.chunks(found.map(\.chunkID))
    #expect(found.count == expected.count)
    for scored in found {
      let text = try #require(chunks[scored.chunkID]?.text)
      let truth = try #require(expected[text])
      #expect(scored.score > 0 && abs(scored.score - truth) <= 1e-6 * truth)
    }
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score })
    let few = try store.lexicalSearch(anyOf: terms, limit: 3, in: collection)
    #expect(few.map(\.score) == found.prefix(3).map(\.score))
    let scores = try store.lexicalScores(of: found.map(\.chunkID) + [99999], anyOf: terms, in: collection)
    #expect(scores == Dictionary(uniqueKeysWithValues: found.map { ($0.chunkID, $0.score) }))
  }
}

/// The same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
