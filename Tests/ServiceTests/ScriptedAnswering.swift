import Answering
import Inference
import Retrieval
import Scheduling
import Service
import Store
import Synchronization
import Tokenizer

/// Answers as a test tells it to, and remembers what it was asked.
final class ScriptedAnswering: QuestionAnswering {
  let generatorName: String? = "Scripted-1B"
  private let asked = Mutex<[(question: String, options: AskOptions)]>([])
  private let chats = Mutex<[(messages: [ChatMessage], options: ChatOptions)]>([])
  private let cancelled = AsyncStream<Void>.makeStream()
  private let started = AsyncStream<Void>.makeStream()
  private let release = AsyncStream<Void>.makeStream()

  /// What `ask` does.
  enum Script: Sendable {
    case answers
    /// Finds nothing.
    case abstains
    /// Gives its sources, and then nothing until it is cancelled or let go on.
    case waits
    case fails(any Error)
    case failsAfterSources(any Error)
  }

  let script: Script
  let isReady: Bool

  init(_ script: Script = .answers, isReady: Bool = true) {
    self.script = script
    self.isReady = isReady
  }

  var lastQuestion: (question: String, options: AskOptions)? { asked.withLock { $0.last } }
  var lastChat: (messages: [ChatMessage], options: ChatOptions)? { chats.withLock { $0.last } }

  /// Returns when a question that waits was given up.
  func waitUntilCancelled() async { for await _ in cancelled.stream { return } }
  /// Returns when a question has begun to wait.
  func waitUntilStarted() async { for await _ in started.stream { return } }
  /// Lets a question that waits go on.
  func goOn() { release.continuation.yield() }

  static let source = Answer.Source(
    number: 1, document: "lamp.md", path: "lamp.md", page: nil, lines: [3, 4], heading: "Lamp", quote: "The lamp burns 2 litres.", score: 0.5)

  /// Half a character and a control token among them, and a logarithm that JSON cannot write.
  static let tokens = [
    ChatToken(
      bytes: Array("Hel".utf8), logProbability: -0.25,
      likeliest: [ChatToken(bytes: Array("Hel".utf8), logProbability: -0.25), ChatToken(bytes: [], logProbability: -.infinity)]),
    ChatToken(bytes: [0xC3], logProbability: -2, likeliest: []),
  ]

  static func answer(abstained: Bool = false) -> Answer {
    var usage = Answer.Usage()
    usage.promptTokens = 20
    usage.cachedTokens = 12
    usage.completionTokens = 4
    return Answer(
      answer: abstained ? nil : "The lamp burns 2 litres. [1]", sources: [source], abstained: abstained, kind: abstained ? nil : .quote,
      verification: nil, usage: usage,
      receipt: .init(question: "hash", sequence: 7, embedder: "e", generator: nil, chunks: ["c"], mode: "quote"))
  }

  func ask(_ question: String, _ options: AskOptions) -> AsyncThrowingStream<AnswerEvent, any Error> {
    asked.withLock { $0.append((question, options)) }
    return AsyncThrowingStream { continuation in
      switch script {
      case .answers:
        continuation.yield(.sources([Self.source]))
        continuation.yield(.text("The lamp burns "))
        continuation.yield(.text("2 litres. [1]"))
        continuation.yield(.finished(Self.answer()))
        continuation.finish()
      case .abstains:
        continuation.yield(.sources([Self.source]))
        continuation.yield(.finished(Self.answer(abstained: true)))
        continuation.finish()
      case .waits:
        continuation.yield(.sources([Self.source]))
        let task = Task {
          started.continuation.yield()
          for await _ in release.stream { break }
          continuation.yield(.finished(Self.answer()))
          continuation.finish()
        }
        continuation.onTermination = { [cancelled] reason in
          if case .cancelled = reason { cancelled.continuation.yield() }
          task.cancel()
        }
      case .fails(let error):
        continuation.finish(throwing: error)
      case .failsAfterSources(let error):
        continuation.yield(.sources([Self.source]))
        continuation.finish(throwing: error)
      }
    }
  }

  func search(_ query: String, _ options: SearchOptions, rerankLimit: Int) async throws -> [Passage] {
    let chunk = StoredChunk(
      id: 1, documentID: 1, document: "lamp.md", root: "/docs", path: "lamp.md", ordinal: 0, title: nil, headingPath: [], context: nil,
      text: "The lamp burns 2 litres.", spans: [], contentHash: "c")
    let part = ScoreExplanation.Part(raw: 0.5, normalised: 1, weight: 0.5, rank: 1)
    let explanation = ScoreExplanation(dense: part, lexical: part, matchedStems: ["lamp"])
    return [Passage(rank: 1, score: 1, chunk: chunk, explanation: explanation)]
  }

  func chat(_ messages: [ChatMessage], _ options: ChatOptions) -> AsyncThrowingStream<ChatEvent, any Error> {
    chats.withLock { $0.append((messages, options)) }
    return AsyncThrowingStream { continuation in
      let hasTokens = options.logProbabilityCount != nil
      continuation.yield(.text("Hel", tokens: hasTokens ? Self.tokens : []))
      continuation.yield(.text("lo"))
      var usage = Answer.Usage()
      usage.promptTokens = 9
      usage.cachedTokens = 5
      usage.completionTokens = 2
      usage.draftedTokens = 3
      usage.acceptedTokens = 1
      continuation.yield(
        .finished(ChatSummary(usage: usage, isCutOff: options.completionTokenLimit == 2)))
      continuation.finish()
    }
  }

  var statistics: EngineStatistics? {
    var statistics = EngineStatistics()
    statistics.blockCount = 10
    statistics.usedBlockCount = 7
    statistics.idleBlockCount = 4
    statistics.scheduler.memoryTokenCount = 12
    return statistics
  }

  func checkReadiness(collection: String) async throws {
    struct NotThere: Error {}
    if !isReady { throw NotThere() }
  }
}
