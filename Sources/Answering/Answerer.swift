package import Inference
package import Retrieval

/// Answers questions from a collection: quotes first, and text of the language model only as far as they carry it.
package struct Answerer: Sendable {
  package let retriever: Retriever
  package let engine: GenerationEngine?
  let reuse: ReuseMethod?
  let sentenceVectors: SentenceVectors

  /// - Parameters:
  ///   - engine: `nil` answers in quotes, whatever the mode, but for `generate`, which throws.
  ///   - reuse: Whether, and how, what is known of passages from other questions is taken over, approximately; `nil` for exact answers.
  package init(retriever: Retriever, engine: GenerationEngine?, reuse: ReuseMethod? = nil) {
    self.retriever = retriever
    self.engine = engine
    self.reuse = reuse
    sentenceVectors = SentenceVectors(embedder: retriever.embedder)
  }

  /// Answers a question, event by event; ending the iteration stops the work.
  ///
  /// - Throws: `RetrievalError`, `AnsweringError`, or what store, embedder and engine throw.
  package func ask(_ question: String, _ options: AskOptions = AskOptions()) -> AsyncThrowingStream<AnswerEvent, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          let answer = try await self.answer(question, options) { continuation.yield($0) }
          continuation.yield(.finished(answer))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// Answers in quotes, whatever the mode in the options, without an engine and without a task. Blocks.
  package func quotedAnswer(_ question: String, _ options: AskOptions = AskOptions()) throws -> Answer {
    var options = options
    options.mode = .quote
    return try quote(question, options).quotedAnswer
  }

  private func answer(_ question: String, _ options: AskOptions, emit: @escaping @Sendable (AnswerEvent) -> Void) async throws -> Answer {
    if options.mode == .generate, engine == nil { throw AnsweringError.generatorMissing }
    let base = try await BlockingWork.run { try self.quote(question, options) }
    try Task.checkCancellation()
    emit(.sources(base.sources))
    var answer = base.quotedAnswer
    if !base.abstains, options.mode != .quote, let engine {
      do {
        return try await compose(question, base, options, engine: engine, emit: emit)
      } catch let error as AnsweringError where error.code == AnsweringError.contextTooSmallCode && options.mode == .auto {
        // The quotes are there: they are the answer when nothing can be made of them.
        answer.receipt.leftOutPassages = base.passages.count
      }
    }
    if let text = answer.answer { emit(.text(text)) }
    return answer
  }
}
