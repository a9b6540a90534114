import Foundation
import Synchronization
import Tokenizer

/// Continues prompts, one after the other, on a thread of its own.
///
/// The keys and values of the last sequences are kept: a prompt that begins as one of them is computed only from where it differs. By the
/// exactness of `Transformer` the result is the same bits either way.
package final class GenerationEngine: Sendable {
  package let model: LanguageModel
  private let jobs: JobQueue
  private let constraints: ConstraintCompiler

  /// - Parameter cacheByteLimit: Memory for the keys and values of earlier sequences.
  package init(model: LanguageModel, cacheByteLimit: Int = 512 << 20) {
    self.model = model
    jobs = JobQueue(name: "quarry-generation")
    constraints = ConstraintCompiler(model.tokenizer)
    cache = Mutex(PrefixCache(layout: model.transformer.layout, byteLimit: cacheByteLimit))
  }

  /// Only the engine's thread takes it.
  private let cache: Mutex<PrefixCache>

  /// The continuation as it is written. Dropping the stream stops the work; what was computed until then is kept for the next prompt.
  ///
  /// Throws `InferenceError` when the request is out of bounds: see `GenerationRequest.check`.
  package func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
    stream(request) { if case .generation(let event) = $0 { event } else { nil } }
  }

  /// The same with every token, for log-probabilities.
  package func generateTokens(_ request: GenerationRequest) -> AsyncThrowingStream<TokenEvent, any Error> {
    stream(request) { $0 }
  }

  private func stream<Event: Sendable>(
    _ request: GenerationRequest, of select: @escaping @Sendable (TokenEvent) -> Event?
  ) -> AsyncThrowingStream<Event, any Error> {
    AsyncThrowingStream { continuation in
      let isCancelled = CancellationFlag()
      continuation.onTermination = { _ in isCancelled.set() }
      jobs.enqueue {
        do {
          try self.run(request, isCancelled: isCancelled) { event in
            if let selected = select(event) { continuation.yield(selected) }
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
    }
  }

  private func run(_ request: GenerationRequest, isCancelled: CancellationFlag, emit: (TokenEvent) -> Void) throws {
    if isCancelled.isSet { throw CancellationError() }
    try request.check(vocabularySize: model.vocabularySize, contextLength: model.contextLength)
    let constrained = try request.constraint.map(constraints.begin)
    // The last token is always read, because its logits are wanted.
    var sequence = cache.withLock { $0.sequence(for: request.prompt, limit: request.prompt.count - 1) }
    do {
      let result = try write(request, constrained, continuing: &sequence, isCancelled: isCancelled, emit: emit)
      cache.withLock { $0.keep(sequence) }
      emit(.generation(.finished(result)))
    } catch let cancellation as CancellationError {
      if sequence.count > 0 { cache.withLock { $0.keep(sequence) } }
      throw cancellation
    }
  }

  /// Reads what `sequence` lacks of the prompt, and writes.
  private func write(
    _ request: GenerationRequest, _ constrained: ConstrainedText?, continuing sequence: inout KVSequence, isCancelled: CancellationFlag,
    emit: (TokenEvent) -> Void
  ) throws -> GenerationResult {
    let clock = ContinuousClock()
    let start = clock.now
    let cachedTokenCount = sequence.count
    var logits: [Float] = []
    for part in stride(from: cachedTokenCount, to: request.prompt.count, by: Transformer.passRowLimit) {
      if isCancelled.isSet { throw CancellationError() }
      let tokens = Array(request.prompt[part..<min(part + Transformer.passRowLimit, request.prompt.count)])
      logits = model.transformer.read(tokens, into: &sequence).last ?? []
    }
    let prefilled = clock.now

    var continuation = Continuation(request, model: model, constrained: constrained)
    while continuation.finishReason == nil {
      if isCancelled.isSet { throw CancellationError() }
      guard let token = try continuation.write(after: logits, emit: emit), continuation.finishReason == nil else { break }
      logits = model.transformer.read([token], into: &sequence).last ?? []
    }
    return GenerationResult(
      promptTokenCount: request.prompt.count, cachedTokenCount: cachedTokenCount, completionTokenCount: continuation.tokenCount,
      prefillSeconds: start.duration(to: prefilled) / .seconds(1), decodeSeconds: prefilled.duration(to: clock.now) / .seconds(1),
      finishReason: continuation.finishReason ?? .limit)
  }
}

/// Set once, by whoever no longer wants the result.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}

/// Jobs in the order they came, on one thread that is not Swift's: a minute of computing must not stop other tasks.
final class JobQueue: Sendable {
  private let queue: DispatchQueue

  init(name: String) { queue = DispatchQueue(label: name, qos: .userInitiated) }

  func enqueue(_ job: @escaping @Sendable () -> Void) { queue.async(execute: job) }
}
