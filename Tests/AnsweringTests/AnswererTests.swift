import Answering
import Chunking
import Documents
import Embedding
import Foundation
import Inference
import Retrieval
import Store
import Testing

/// A small collection in a real store, under the real embedder.
private final class Library {
  /// Removed when the process ends: an answerer outlives its library, and opens further connections when it needs them.
  private static let root: String = {
    atexit { try? FileManager.default.removeItem(atPath: Library.root) }
    return FileManager.default.temporaryDirectory.path + "/quarry-answering-\(UUID().uuidString)"
  }()
  let directory = root + "/\(UUID().uuidString)"
  let answerer: Answerer

  init(_ documents: [(path: String, text: String)], generates: Bool = false) throws {
    let environment = ProcessInfo.processInfo.environment
    let models = environment["QUARRY_MODELS"] ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.local/share/quarry/models"
    guard FileManager.default.fileExists(atPath: models + "/all-MiniLM-L6-v2/model.safetensors") else { throw ModelsMissing() }
    let embedder = try Embedder(directory: models + "/all-MiniLM-L6-v2")
    let store = try Store.open(directory: directory, access: .writing)
    let collection = try store.createCollection(
      named: "default", embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension))
    for document in documents {
      let byteCount = document.text.utf8.count
      let lineCount = document.text.count { $0 == "\n" } + 1
      let chunk = Chunk(
        ordinal: 0, textRange: 0..<byteCount, text: document.text, title: nil, headingPath: [], context: nil, record: nil,
        spans: [ChunkSpan(offset: 0, source: SourceSpan(byteRange: 0..<byteCount, lines: 1...lineCount))], tokenCount: 1)
      try store.replace(
        DocumentVersion(
          root: "/library", path: document.path, sha256: document.path, byteCount: Int64(byteCount), modificationTime: 1, format: "text", title: nil),
        with: [EmbeddedChunk(chunk: chunk, contentHash: "hash of \(document.path)", vector: try embedder.embed([chunk.indexedText])[0])],
        in: collection.id)
    }
    let generator = models + "/SmolLM2-135M-Instruct.Q4_1.gguf"
    answerer = Answerer(
      retriever: Retriever(store: store, embedder: embedder),
      engine: generates ? try GenerationEngine(model: LanguageModel.load(path: generator)) : nil)
  }

  struct ModelsMissing: Error, CustomStringConvertible {
    var description: String { "the embedder's files are not there: run `make models`" }
  }

  static let trains: [(path: String, text: String)] = [
    ("trains.txt", "The depot burned twice.\nThe railway to the coast opened\nin 1911. Sleeping cars were added later."),
    ("ships.txt", "The harbour of Norland takes forty ships."),
  ]
}

@Suite struct AnswererTests {
  @Test func anAnswerIsAQuoteWithItsPlace() throws {
    var options = AskOptions()
    options.sentenceLimit = 1
    let answer = try Library(Library.trains).answerer.quotedAnswer("When did the railway to the coast open?", options)
    #expect(answer.answer == "The railway to the coast opened in 1911. [1]")
    #expect(answer.plainText == "The railway to the coast opened in 1911.")
    #expect(answer.kind == .quote && !answer.abstained && answer.verification == nil)
    let source = try #require(answer.sources.first)
    #expect(answer.sources.count == 1)
    #expect(source.number == 1 && source.path == "trains.txt" && source.document == "trains.txt" && source.page == nil)
    #expect(source.lines == [2, 3])
    #expect(source.quote == "The railway to the coast opened\nin 1911.")
    #expect(answer.receipt.chunks == ["hash of trains.txt"])
    #expect(answer.receipt.mode == "quote" && answer.receipt.generator == nil && answer.receipt.sequence > 0)
    // sha256sum of the question.
    #expect(answer.receipt.question == "7cf3082ad6fcba36c0e4816874b547ae3e7ba3c7787081cb98d46f194b4af2a8")
  }

  /// Word for word the question is in one passage, and a model sees that; who has no model leaves the order.
  @Test func theGeneratorJudgesPassages() async throws {
    let question = "In which year did the railway to the coast open?"
    let library = try Library(Library.trains, generates: true)
    let plain = try await library.answerer.search(question, SearchOptions(), rerankLimit: 0)
    let judged = try await library.answerer.search(question, SearchOptions(), rerankLimit: 8)
    #expect(plain.count == 2 && plain.allSatisfy { $0.explanation.likelihood == nil })
    #expect(judged.map(\.chunk.path) == ["trains.txt", "ships.txt"] && judged.map(\.rank) == [1, 2])
    let likelihoods = judged.compactMap { $0.explanation.likelihood?.raw }
    #expect(likelihoods.count == 2 && likelihoods[0] > likelihoods[1] && likelihoods[0] < 0, "\(likelihoods)")
    // Again, with all of it known: the same to the bit.
    #expect(try await library.answerer.search(question, SearchOptions(), rerankLimit: 8) == judged)
    #expect(try await Library(Library.trains).answerer.search(question, SearchOptions(), rerankLimit: 8) == plain)
    var options = AskOptions()
    options.mode = .quote
    options.rerankLimit = 8
    var answer: Answer?
    for try await event in library.answerer.ask(question, options) { if case .finished(let final) = event { answer = final } }
    #expect(answer?.receipt.rerankedPassages == 2 && answer?.sources.first?.path == "trains.txt")
  }

  /// The first group of four is judged whatever the time; then there is none left.
  @Test func judgingKeepsToItsBudget() async throws {
    let years = (1901...1910).map { (path: "\($0).txt", text: "The railway to town \($0 % 10) opened in \($0).") }
    let library = try Library(years, generates: true)
    for (budget, count) in [(Duration.zero, 4), (.seconds(3600), 8), (nil, 8)] {
      let answerer = Answerer(retriever: library.answerer.retriever, engine: library.answerer.engine, rerankBudget: budget)
      let judged = try await answerer.search("When did the railway to the towns open?", SearchOptions(), rerankLimit: 8)
      #expect(judged.count { $0.explanation.likelihood?.raw != nil } == count && judged.count == 10)
      #expect(judged.map(\.rank) == Array(1...10))
    }
  }

  @Test func anotherSubjectIsRefusedWithTheClosestPassages() throws {
    let answer = try Library(Library.trains).answerer.quotedAnswer("How much sugar belongs into a chocolate cake?")
    #expect(answer.abstained && answer.answer == nil && answer.kind == nil && answer.plainText == nil)
    #expect(!answer.sources.isEmpty && answer.sources.map(\.number) == Array(1...answer.sources.count))
  }

  @Test(arguments: [AnswerMode.quote, .auto])
  func withoutAnEngineTheStreamHoldsQuotes(mode: AnswerMode) async throws {
    let library = try Library(Library.trains)
    var options = AskOptions()
    options.mode = mode
    var names: [String] = []
    var text = ""
    var final: Answer?
    for try await event in library.answerer.ask("When did the railway to the coast open?", options) {
      switch event {
      case .sources: names.append("sources")
      case .text(let more):
        names.append("text")
        text += more
      case .finished(let answer):
        names.append("finished")
        final = answer
      }
    }
    #expect(names == ["sources", "text", "finished"])
    #expect(final?.answer == text && text.hasSuffix("[1]"))
  }

  @Test func anAbstainingStreamHasNoText() async throws {
    let library = try Library(Library.trains)
    for try await event in library.answerer.ask("How much sugar belongs into a chocolate cake?") {
      if case .text = event { Issue.record("text for an answer that is none") }
    }
  }

  @Test func generatingNeedsAnEngine() async throws {
    let library = try Library(Library.trains)
    var options = AskOptions()
    options.mode = .generate
    await #expect(throws: AnsweringError.self) {
      for try await _ in library.answerer.ask("When did the railway open?", options) {}
    }
  }

  @Test func aQuestionOfAHundredThousandCharactersIsAnError() async throws {
    let library = try Library(Library.trains)
    await #expect {
      for try await _ in library.answerer.ask(String(repeating: "why ", count: 25_000)) {}
    } throws: { error in
      (error as? RetrievalError)?.code == "question_too_long"
    }
  }
}
