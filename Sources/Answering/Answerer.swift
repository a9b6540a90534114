package import Inference
package import Retrieval

/// Answers questions from a collection: quotes first, and text of the language model only as far as they carry it.
package struct Answerer: Sendable {
  package let retriever: Retriever
  package let engine: GenerationEngine?
  let reuse: ReuseMethod?
  private let rerankBudget: Duration?
  let sentenceVectors: SentenceVectors

  /// - Parameters:
  ///   - engine: `nil` answers in quotes, whatever the mode, but for `generate`, which throws.
  ///   - reuse: Whether, and how, what is known of passages from other questions is taken over, approximately; `nil` for exact answers.
  ///   - rerankBudget: How long the generator may judge passages for one question; `nil` for as long as it takes.
  package init(retriever: Retriever, engine: GenerationEngine?, reuse: ReuseMethod? = nil, rerankBudget: Duration? = nil) {
    self.retriever = retriever
    self.engine = engine
    self.reuse = reuse
    self.rerankBudget = rerankBudget
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
    let start = ContinuousClock.now
    return try quote(question, from: find(question, options), options, since: start).quotedAnswer
  }

  /// Passages for a query, best first.
  ///
  /// - Parameter rerankLimit: The best passages that the generator judges; 0 for none, as there are without a generator.
  package func search(_ query: String, _ options: SearchOptions, rerankLimit: Int) async throws -> [Passage] {
    guard engine != nil, rerankLimit > 1 else { return try await BlockingWork.run { try retriever.search(query, options) } }
    var wider = options
    // Passages are judged as they are prepared, one by one, and those that touch become one after that.
    wider.limit = max(options.joinsNeighbours ? 2 * options.limit : options.limit, rerankLimit)
    wider.joinsNeighbours = false
    var passages = try await BlockingWork.run { [wider] in try retriever.search(query, wider) }
    try Task.checkCancellation()
    _ = try await rerank(&passages, for: query, limit: rerankLimit, in: options.collection)
    var joined = JoinedPassages(joins: options.joinsNeighbours)
    for passage in passages { joined.append(passage) }
    return Array(joined.passages.prefix(options.limit))
  }

  /// Lets the generator judge the first passages; those behind stay behind.
  ///
  /// - Returns: How many.
  private func rerank(_ passages: inout [Passage], for question: String, limit: Int, in collection: String) async throws -> Int {
    guard let engine, limit > 1, passages.count > 1 else { return 0 }
    let judge = QueryLikelihood(engine: engine, collection: collection, budget: rerankBudget)
    let judged = try await judge.order(Array(passages.prefix(limit)), for: question)
    passages.replaceSubrange(..<judged.count, with: judged)
    return judged.count { $0.explanation.likelihood?.raw != nil }
  }

  private func answer(_ question: String, _ options: AskOptions, emit: @escaping @Sendable (AnswerEvent) -> Void) async throws -> Answer {
    if options.mode == .generate, engine == nil { throw AnsweringError.generatorMissing }
    let start = ContinuousClock.now
    var findings = try await BlockingWork.run { try self.find(question, options) }
    try Task.checkCancellation()
    let judgedCount = try await rerank(&findings.passages, for: question, limit: options.rerankLimit, in: options.collection)
    var base = try await BlockingWork.run { [findings] in try self.quote(question, from: findings, options, since: start) }
    base.receipt.rerankedPassages = judgedCount
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
