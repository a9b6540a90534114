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

  func ask(_ question: String, _ options: AskOptions) -> AsyncThrowingStream<AnswerEvent, any Error> { answerer.ask(question, options) }

  func search(_ query: String, _ options: SearchOptions) async throws -> [Passage] {
    try await Self.blocking { try retriever.search(query, options) }
  }

  func chat(_ messages: [ChatMessage], _ options: ChatOptions) -> AsyncThrowingStream<ChatEvent, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          guard let engine else { preconditionFailure("only a model that is there is asked to chat") }
          let prompt = try engine.model.tokenizer.encode(engine.model.chatTemplate.render(messages, addGenerationPrompt: true))
          let request = GenerationRequest(
            prompt: prompt, maximumTokenCount: options.completionTokenLimit, temperature: options.temperature, seed: options.seed,
            stopSequences: options.stopSequences)
          for try await event in engine.generate(request) {
            switch event {
            case .text(let text): continuation.yield(.text(text))
            case .finished(let result): continuation.yield(.finished(ChatSummary(result)))
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
    let isThere = try await Self.blocking { try store.collection(named: collection) != nil }
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
    self.init(
      promptTokenCount: result.promptTokenCount, cachedTokenCount: result.cachedTokenCount, completionTokenCount: result.completionTokenCount,
      isCutOff: result.finishReason == .limit)
  }
}
