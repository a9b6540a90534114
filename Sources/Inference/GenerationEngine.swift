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

  /// - Parameter cacheByteLimit: Memory for the keys and values of earlier sequences.
  package init(model: LanguageModel, cacheByteLimit: Int = 512 << 20) {
    self.model = model
    jobs = JobQueue(name: "quarry-generation")
    cache = Mutex(PrefixCache(configuration: model.transformer.configuration, byteLimit: cacheByteLimit))
  }

  /// Only the engine's thread takes it.
  private let cache: Mutex<PrefixCache>

  /// The continuation as it is written. Dropping the stream stops the work.
  ///
  /// Throws `InferenceError` when the prompt is empty or does not fit the model's context.
  package func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
    AsyncThrowingStream { continuation in
      let isCancelled = CancellationFlag()
      continuation.onTermination = { _ in isCancelled.set() }
      jobs.enqueue {
        do {
          try self.run(request, isCancelled: isCancelled) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
    }
  }

  private func run(_ request: GenerationRequest, isCancelled: CancellationFlag, emit: (GenerationEvent) -> Void) throws {
    if isCancelled.isSet { throw CancellationError() }
    let limit = model.contextLength
    guard !request.prompt.isEmpty else { throw InferenceError.emptyPrompt }
    guard request.prompt.count < limit else { throw InferenceError.promptTooLong(request.prompt.count, limit: limit) }
    let clock = ContinuousClock()
    let start = clock.now

    // The last token is always read, because its logits are wanted.
    var sequence = cache.withLock { $0.sequence(for: request.prompt, limit: request.prompt.count - 1) }
    let cachedTokenCount = sequence.count
    var logits: [Float] = []
    for part in stride(from: cachedTokenCount, to: request.prompt.count, by: Transformer.passRowLimit) {
      if isCancelled.isSet { throw CancellationError() }
      let tokens = Array(request.prompt[part..<min(part + Transformer.passRowLimit, request.prompt.count)])
      logits = model.transformer.read(tokens, into: &sequence).last ?? []
    }
    let prefilled = clock.now

    var sampler = Sampler(temperature: request.temperature, seed: request.seed)
    var text = TextStream(stopSequences: request.stopSequences)
    var loop = LoopDetector()
    var count = 0
    var reason = GenerationResult.FinishReason.limit
    let maximum = min(request.maximumTokenCount, limit - request.prompt.count)
    while count < maximum {
      if isCancelled.isSet { throw CancellationError() }
      guard let token = sampler.choose(from: logits) else { throw InferenceError.notANumber(model.path) }
      if model.tokenizer.endOfGeneration.contains(token) {
        reason = .endOfText
        break
      }
      count += 1
      if let more = text.append(model.tokenizer.bytes(of: token)) { emit(.text(more)) }
      if text.isStopped {
        reason = .stopSequence
        break
      }
      if loop.isLooping(after: token) {
        reason = .loop
        break
      }
      if count < maximum { logits = model.transformer.read([token], into: &sequence).last ?? [] }
    }
    if let rest = text.finish() { emit(.text(rest)) }
    cache.withLock { $0.keep(sequence) }
    emit(
      .finished(
        GenerationResult(
          promptTokenCount: request.prompt.count, cachedTokenCount: cachedTokenCount, completionTokenCount: count,
          prefillSeconds: start.duration(to: prefilled) / .seconds(1), decodeSeconds: prefilled.duration(to: clock.now) / .seconds(1),
          finishReason: reason)))
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
