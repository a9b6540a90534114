import Chunking
import Documents
import Embedding
import Foundation
import Retrieval
import Store
import Testing

/// A small collection in a real store, under the real embedder.
final class Library {
  /// Removed when the process ends: a retriever outlives its library, and opens further connections when it needs them.
  private static let root: String = {
    atexit { try? FileManager.default.removeItem(atPath: Library.root) }
    return FileManager.default.temporaryDirectory.path + "/quarry-retrieval-\(UUID().uuidString)"
  }()
  let directory = root + "/\(UUID().uuidString)"
  let store: Store
  let embedder: Embedder

  init() throws {
    let environment = ProcessInfo.processInfo.environment
    let models = environment["QUARRY_MODELS"] ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.local/share/quarry/models"
    guard FileManager.default.fileExists(atPath: models + "/all-MiniLM-L6-v2/model.safetensors") else { throw ModelsMissing() }
    embedder = try Embedder(directory: models + "/all-MiniLM-L6-v2")
    store = try Store.open(directory: directory, access: .writing)
  }

  struct ModelsMissing: Error, CustomStringConvertible {
    var description: String { "the embedder's files are not there: run `make models`" }
  }

  /// Stores documents of one chunk per text.
  func add(
    _ documents: [(path: String, texts: [String])], to name: String = "default", embedder fingerprint: String? = nil,
    languages: (String) -> String? = { _ in nil }
  ) throws {
    let identity = EmbedderIdentity(fingerprint: fingerprint ?? embedder.fingerprint, dimension: embedder.dimension)
    let collection = try store.createCollection(named: name, embedder: identity)
    for document in documents {
      let chunks = document.texts.enumerated().map { ordinal, text in
        Chunk(
          ordinal: ordinal, textRange: ordinal..<(ordinal + 1), text: text, title: nil, headingPath: [], context: nil, record: nil,
          spans: [ChunkSpan(offset: 0, source: SourceSpan(lines: 1...1))], tokenCount: 1)
      }
      let vectors = try embedder.embed(chunks.map(\.indexedText))
      try store.replace(
        DocumentVersion(
          root: "/library", path: document.path, sha256: document.path, byteCount: 1, modificationTime: 1, format: "text", title: nil,
          language: document.texts.first.flatMap(languages)),
        with: zip(chunks, vectors).map { EmbeddedChunk(chunk: $0, contentHash: $0.indexedText, vector: $1) }, in: collection.id)
    }
  }

  var retriever: Retriever { Retriever(store: store, embedder: embedder) }
}

@Suite struct RetrieverTests {
  private static let documents: [(path: String, texts: [String])] = [
    ("ships.txt", ["The harbour of Norland takes forty ships.", "Steam ships replaced sailing ships in 1870."]),
    ("trains.txt", ["The railway to the coast opened in 1911.", "Sleeping cars were added to the night trains."]),
    ("cooking.txt", ["Whisk three eggs with sugar until the mixture is pale.", "Set max_oven_heat to 180 degrees."]),
  ]

  /// However many hold the words apart.
  @Test(arguments: ["\"copper kettle\"", "Where is the “Copper Kettle”?"]) func quotedWordsAreFoundTogether(question: String) throws {
    let library = try Library()
    try library.add(
      (0..<200).map { ("apart\($0).txt", ["The kettle number \($0) is not of copper, which makers of a kettle seldom use."]) }
        + [("together.txt", ["In a drawer of the long hall, under maps and beside the lamp oil, somebody had left one copper kettle in 1904."])])
    let found = try library.retriever.search(question, SearchOptions())
    #expect(found.first?.chunk.path == "together.txt")
  }

  /// Numbers with signs, each part of which is in every document: the closer look counts them as they stand.
  @Test(arguments: ["what does release 2.3.1 fix?", "2.3.1", "release \"2.3.1\""]) func aNumberWithSignsIsFoundAsItStands(question: String) throws {
    let library = try Library()
    let numbers = (1...3).flatMap { a in (1...4).flatMap { b in (1...4).map { "\(a).\(b).\($0)" } } } + ["1.2.3.1", "2.3.1.1", "12.3.1", "2.3.11"]
    try library.add(
      numbers.map { number in
        (
          path: "\(number).md",
          texts: ["Notes on release \(number): 2 faults, 3 slips and 1 leak are mended, which came with \(number.count) others."]
        )
      })
    #expect(try library.retriever.search(question).first?.chunk.path == "2.3.1.md")
  }

  /// A phrase counts more than many of its words.
  @Test func aPhraseIsFoundAmongHundredsThatHoldItsWordsApart() throws {
    let library = try Library()
    try library.add(
      [("apart.txt", (0..<400).map { "House \($0) has a red door." })]
        + [("right.txt", ["A long way down the valley, behind the old orchard and the mill, there stood one red house with a door."])])
    #expect(try library.retriever.search("\"red house\"").first?.chunk.path == "right.txt")
  }

  @Test(arguments: ["CO2 emissions", "CVE-2021-45046", "1000 m3 of water"]) func whatIsSetInAnotherWayIsFound(question: String) throws {
    let library = try Library()
    try library.add([
      ("a.txt", ["CO₂ emissions rose."]), ("b.txt", ["Emissions of another gas fell."]),
      ("c.txt", ["The fault CVE\u{2011}2021\u{2011}45046 is mended."]),
      ("d.txt", ["The fault CVE-2021-44228 is mended, and 2021 was the year of its number 45045."]), ("e.txt", ["The pool takes 1000 m³ of water."]),
      ("f.txt", ["The pool takes 1000 gallons of water."]),
    ])
    let wanted = question.hasPrefix("CO2") ? "a.txt" : question.hasPrefix("CVE") ? "c.txt" : "e.txt"
    let passages = try library.retriever.search(question)
    #expect(passages.first?.chunk.path == wanted)
    // Every passage with a word of the question has a score of its words.
    #expect(passages.filter { !$0.explanation.matchedStems.isEmpty }.allSatisfy { $0.explanation.lexical.raw ?? 0 > 0 })
  }

  @Test func exponentsAreNoDigits() throws {
    let library = try Library()
    try library.add([("pow.txt", ["The distance is 10² metres."]), ("n.txt", ["The distance is 102 metres."])])
    let found = try library.retriever.search("102 metres")
    #expect(found.first?.chunk.path == "n.txt" && found.last?.explanation.matchedStems == ["metr"])
    #expect(try library.retriever.search("10² metres").first?.chunk.path == "pow.txt")
  }

  /// A name of which every document has a part, beside others that have all other words of the question.
  @Test(arguments: ["garden INV1043", "what does inv1043 ask for?", "garden tools INV1043", "garden tools \"INV1043\""])
  func aNameWhosePartIsEverywhereIsFound(question: String) throws {
    let library = try Library()
    try library.add(
      (0..<120).map { place in
        let goods = place % 6 == 0 ? "garden tools" : ["books", "office chairs", "paper", "lamps", "desks"][place % 5]
        return (path: "\(place).txt", texts: ["Invoice INV\(1000 + place) of the year, for \(goods), to be paid."])
      })
    #expect(try library.retriever.search(question).first?.chunk.path == "43.txt")
  }

  /// A word that one document has in another form, by its language's rules, as a part of a name, in the quotation marks of a title or in other letters.
  @Test(arguments: [
    ("Welches Haus ist zu verkaufen?", "Häuser am Hafen stehen leer, und niemand hat sie bisher gekauft oder gemietet."),
    ("invoice INV 1043", "The invoice INV1043 of the year asks for two office chairs, to be paid until May."),
    ("INV-1043", "The invoice INV1043 of the year asks for two office chairs, to be paid until May."),
    ("get http response code", "Call getHTTPResponseCode when the connection is closed, and not before that."),
    ("report \"to be or not to be\"", "The prince asks to be or not to be, and walks away from the court in the report of the play."),
    ("지하철", "오늘은 지하철은 늦게 온다고 방송에서 말했다."), ("ABC123", "The badge says ＡＢＣ１２３ in wide letters, as printed abroad in that year."),
    ("データベース", "古いﾃﾞｰﾀﾍﾞｰｽは来年まで使われる予定です。"), ("192.168.4.17", "The printer of the second floor is at 192.168.4.17 and has no name yet."),
  ]) func aWordIsFoundInTheFormOfTheDocument(question: String, text: String) throws {
    let library = try Library()
    let others = [
      "Der Garten im Norden ist verkauft, die Mauer am Fluss wird in diesem Jahr gestrichen und die Straße auch.",
      "The report of the year was not to be found, or it is to be written, be it by one or by the other.",
      "Parse the header before the body, close the response, and get the code of the error from the log.",
      "The invoice PO2207 of the year asks for garden tools, and is to be paid at once by the office.",
      "내일은 버스가 일찍 온다고 신문에서 읽었다.", "新しいサーバーは今年から使われています。", "The printer of the first floor is at 192.168.17.4 and has no name.",
      "The badge of wide letters was printed in that year, and nobody knows what it says.",
    ]
    try library.add(
      (0..<80).map { ("other\($0).txt", ["\(others[$0 % others.count]) (\($0))"]) } + [("wanted.txt", [text])],
      languages: { $0.hasPrefix("Der") || $0.hasPrefix("Häuser") ? "de" : nil })
    #expect(try library.retriever.search(question).first?.chunk.path == "wanted.txt")
  }

  /// What a mistake was taken for may be a part of another word of the question.
  @Test(arguments: ["serverError in the serveer", "ERROR1043 and the errror"]) func aCorrectionThatIsAPartIsOneWord(question: String) throws {
    let library = try Library()
    try library.add([("a.txt", ["The server keeps a log of each request. When the error count rises, the server is restarted."])])
    #expect(try library.retriever.search(question).count == 1)
  }

  @Test func wordsAndMeaningBothFind() throws {
    let library = try Library()
    try library.add(Self.documents)
    #expect(try library.retriever.search("When did the railway open?").first?.chunk.text == "The railway to the coast opened in 1911.")
    // No word in common.
    #expect(try library.retriever.search("beds aboard locomotives").first?.chunk.path == "trains.txt")
    #expect(try library.retriever.search("max_oven_heat").first?.chunk.text == "Set max_oven_heat to 180 degrees.")
  }

  @Test func everyPartOfAScoreIsThere() throws {
    let library = try Library()
    try library.add(Self.documents)
    let passages = try library.retriever.search("When did the railway open?")
    let first = try #require(passages.first)
    #expect(first.explanation.matchedStems == ["railwai", "open"])
    #expect(first.explanation.lexical.rank == 1 && first.explanation.lexical.normalised == 1)
    #expect(passages.map(\.rank) == Array(1...passages.count))
    for passage in passages { #expect(passage.score == passage.explanation.score) }
    #expect(passages.map(\.score) == passages.map(\.score).sorted(by: >))
  }

  @Test func aDocumentTakesItsShareOnly() throws {
    let library = try Library()
    try library.add([("a.txt", (1...6).map { "The ship number \($0) sails." }), ("b.txt", ["A ship rests."])])
    var options = SearchOptions()
    options.perDocumentLimit = 2
    #expect(try library.retriever.search("ships", options).map(\.chunk.path).sorted() == ["a.txt", "a.txt", "b.txt"])
    options.perDocumentLimit = nil
    #expect(try library.retriever.search("ships", options).count == 7)
    options.limit = 3
    #expect(try library.retriever.search("ships", options).count == 3)
  }

  @Test func copiesAreDroppedAndEqualScoresOrderedByPlace() throws {
    let library = try Library()
    try library.add([("z.txt", ["Ships sail far."]), ("b.txt", ["Ships sail far."]), ("a.txt", ["Trains go."])])
    #expect(try library.retriever.search("ships").map(\.chunk.path) == ["b.txt", "a.txt"])
    var options = SearchOptions()
    options.keepsNearDuplicates = true
    #expect(try library.retriever.search("ships", options).map(\.chunk.path) == ["b.txt", "z.txt", "a.txt"])
  }

  @Test func documentsAreRankedByTheirBestChunk() throws {
    let library = try Library()
    try library.add(Self.documents)
    let ranking = try library.retriever.rankDocuments("steam ships", limit: 2)
    #expect(ranking.map(\.document).first == "ships.txt")
    #expect(ranking.count == 2 && ranking[0].score >= ranking[1].score)
  }

  @Test func whatCanNotBeSearchedIsAnError() throws {
    let library = try Library()
    try library.add([], to: "empty")
    try library.add([], to: "foreign", embedder: "another model")
    try library.add(Self.documents, to: "full")
    func code(_ question: String, _ collection: String, paths: [String] = []) throws -> String? {
      var options = SearchOptions()
      options.collection = collection
      options.filter.paths = paths
      do {
        _ = try library.retriever.search(question, options)
        return nil
      } catch let error as RetrievalError {
        #expect(error.why != nil && error.remedy != nil)
        return error.code
      }
    }
    #expect(try code("ships", "default") == "collection_missing")
    #expect(try code("ships", "empty") == "collection_empty")
    #expect(try code("ships", "foreign") == "embedder_mismatch")
    #expect(try code("ships", "full", paths: ["*.pdf"]) == "filter_matches_nothing")
    #expect(try code("ships", "full", paths: ["*.txt"]) == nil)
    #expect(try code("  ", "empty") == "question_empty")
    #expect(try code(String(repeating: "x", count: 100_000), "empty") == "question_too_long")
  }

  @Test func anExpectedDocumentIsTraced() throws {
    let library = try Library()
    try library.add(Self.documents + [("copy.txt", ["The railway to the coast opened in 1911."]), ("blank.txt", [])])
    let collection = try #require(try library.store.collection(named: "default")).id
    let broken = DocumentVersion(root: "/library", path: "broken.pdf", sha256: "x", byteCount: 1, modificationTime: 1, format: "pdf", title: nil)
    try library.store.apply([FileChange(broken, .failed(code: nil), reason: "it is encrypted")], in: collection)
    let question = "When did the railway open?"
    func trace(_ document: String, _ change: (inout SearchOptions) -> Void = { _ in }) throws -> DocumentTrace {
      var options = SearchOptions()
      change(&options)
      return try library.retriever.trace(document, for: question, options)
    }
    let found = try trace("copy.txt")
    #expect(found.outcome == .found && (1...2).contains(found.chunks.first?.denseRank ?? 0) && (1...2).contains(found.chunks.first?.lexicalRank ?? 0))
    #expect(try trace("trains.txt").outcome == .leftOut || trace("trains.txt").outcome == .found)
    #expect(try trace("/library/trains.txt") { $0.keepsNearDuplicates = true }.outcome == .found)
    let outranked = try trace("cooking.txt") { $0.limit = 1 }
    #expect(outranked.outcome == .outranked && outranked.chunks.count == 2 && outranked.chunks[0].bm25 == nil)
    #expect(try trace("nothing.txt").outcome == .notIngested)
    #expect(try trace("blank.txt").outcome == .empty)
    let failed = try trace("broken.pdf")
    #expect(failed.outcome == .failed && failed.explanation.contains("encrypted"))
    #expect(try trace("cooking.txt") { $0.filter.paths = ["ships.txt"] }.outcome == .filtered)
    #expect(try trace("ships.txt") { ($0.candidateLimit, $0.limit) = (1, 1) }.outcome == .noCandidate)
  }
}
