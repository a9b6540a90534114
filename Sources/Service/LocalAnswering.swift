import Answering
import Dispatch
import Inference
import Retrieval
import Store
import Tokenizer

/// The real thing behind the service: an index and models in this process.
struct LocalAnswering: QuestionAnswering {
  /// Embedding and reading block; Swift's own threads must not.
  private static let queue = DispatchQueue(label: "quarry.service", attributes: .concurrent)

  let answerer: Answerer
  let retriever: Retriever
  let engine: GenerationEngine?
  let store: Store

  var generatorName: String? { engine?.model.name }
  var statistics: EngineStatistics? { engine?.statistics }

  func ask(_ question: String, _ options: AskOptions) -> AsyncThrowingStream<AnswerEvent, any Error> { answerer.ask(question, options) }

  func search(_ query: String, _ options: SearchOptions, rerankLimit: Int) async throws -> [Passage] {
    try await answerer.search(query, options, rerankLimit: rerankLimit)
  }

  func chat(_ messages: [ChatMessage], _ options: ChatOptions) -> AsyncThrowingStream<ChatEvent, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          guard let engine else { preconditionFailure("only a model that is there is asked to chat") }
          // A model file's template and vocabulary may make this long.
          let prompt = try await Self.blocking {
            try engine.model.tokenizer.encode(engine.model.chatTemplate.render(messages, addGenerationPrompt: true))
          }
          try Task.checkCancellation()
          var request = GenerationRequest(
            prompt: prompt, maximumTokenCount: options.completionTokenLimit, sampling: options.sampling, stopSequences: options.stopSequences,
            constraint: options.constraint, logProbabilityCount: options.logProbabilityCount)
          // Not a collection's: who chats cannot tell from the time what was asked there.
          request.namespace = "chat"
          // Those whose text is not certain yet. Tokens that never make any, a stop sequence for one, are not told.
          var tokens: [ChatToken] = []
          for try await event in engine.generateTokens(request) {
            switch event {
            case .token(let token):
              if let token = ChatToken(token, engine.model.tokenizer) { tokens.append(token) }
            case .generation(.text(let text)):
              continuation.yield(.text(text, tokens: tokens))
              tokens = []
            case .generation(.finished(let result)): continuation.yield(.finished(ChatSummary(result)))
            }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  func checkReadiness(collection: String) async throws {
    let isThere = try await Self.blocking { try retriever.collection(named: collection) != nil }
    if !isThere { throw ServiceError.notReady }
  }

  private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}

extension ChatSummary {
  init(_ result: GenerationResult) {
    var usage = Answer.Usage()
    usage.add(result)
    self.init(usage: usage, isCutOff: [.limit, .loop].contains(result.finishReason))
  }
}
