import Foundation
import Scheduling
import Synchronization
import Tokenizer

/// Continues prompts, many at a time, on a thread of its own.
///
/// Keys and values of what was read and written are kept as long as there is room, so that a prompt that begins like an earlier one is computed
/// only from where it differs. By the exactness of `Transformer` the text is the same whatever was kept, and whoever else is served.
package final class GenerationEngine: Sendable {
  package let model: LanguageModel
  private let requests: RequestQueue
  private let status: EngineStatus
  private let limits: RequestLimits
  /// Why nothing is kept on disk although it was asked for; the engine works without.
  package let pageError: PageFileError?
  /// Tokens of which keys and values can be kept on disk, or in memory if nothing is kept on disk.
  package let keptTokenCount: Int
  /// Tokens that the draft model can read, its guesses included, by its context and its memory; `nil` without one.
  package let draftTokenLimit: Int?

  package init(model: LanguageModel, options: EngineOptions = EngineOptions()) throws(InferenceError) {
    self.model = model
    if let draft = options.draftModel { try DraftModel.check(draft, for: model) }
    let layout = model.transformer.layout
    let byteLimit = options.keyValueByteLimit ?? EngineOptions.freeByteCount / 4
    // A model that guesses has keys and values too: a quarter of the same limit.
    let isDrafting = options.draftModel != nil && options.isSpeculating
    let draftByteLimit = isDrafting ? byteLimit / 4 : 0
    draftTokenLimit = isDrafting ? options.draftModel.map { DraftModel.tokenLimit($0, byteLimit: draftByteLimit) } : nil
    let blockCount = (byteLimit - draftByteLimit) / layout.byteCount
    guard blockCount >= Self.smallestBlockCount else {
      let needed = Self.smallestBlockCount * layout.byteCount
      throw .keyValueMemory(byteLimit, neededByteCount: isDrafting ? needed / 3 * 4 : needed)
    }
    let pages = Self.openPages(model, options)
    pageError = pages.error
    keptTokenCount = KVBlock.positionCount * (pages.file?.slotCount ?? blockCount)
    var tree = PrefixTree(
      blockSize: KVBlock.positionCount, blockCount: blockCount, pageCount: pages.file?.slotCount ?? 0, policy: options.evictionPolicy)
    tree.restore(pages.file?.found ?? [])
    let scheduler = Scheduler(tree: tree, limits: options.limits)
    limits = RequestLimits(tokenCount: scheduler.tokenLimit, waitingCount: options.waitingLimit)
    let (requests, status) = (RequestQueue(), EngineStatus())
    (self.requests, self.status) = (requests, status)
    let thread = Thread {
      var loop = GenerationLoop(
        model: model, scheduler: scheduler, blocks: BlockStore(transformer: model.transformer, blockCount: blockCount, pages: pages.file),
        drafting: Drafting(options, for: model, modelByteLimit: draftByteLimit), status: status)
      loop.run(requests)
    }
    thread.name = "quarry-generation"
    thread.stackSize = 1 << 20
    thread.start()
  }

  /// Requests of one caller that are served side by side.
  private static let sideBySideCount = 8
  /// Blocks without which it does not begin.
  private static let smallestBlockCount = 4

  deinit { requests.close() }

  private static func openPages(_ model: LanguageModel, _ options: EngineOptions) -> (file: PageFile?, error: PageFileError?) {
    guard let directory = options.pageDirectory else { return (nil, nil) }
    let identity = PageIdentity(
      modelFingerprint: model.fingerprint, keyValueType: model.transformer.layout.type.rawValue, contract: Transformer.contract,
      blockByteCount: model.transformer.layout.byteCount)
    do {
      return (try PageFile(directory: directory, identity: identity, byteLimit: options.pageByteLimit), nil)
    } catch {
      return (nil, error)
    }
  }

  /// What the engine has done, and is doing.
  package var statistics: EngineStatistics { status.current }

  /// Ends all work; requests that are not finished throw `CancellationError`. Waits until what is worth keeping is on disk.
  package func close() async {
    requests.close()
    await status.waitForEnd()
  }

  /// Tokens that a request may have at most, prompt and answer: as many as the model reads, and as there is memory for.
  package var tokenLimit: Int { min(model.contextLength, limits.tokenCount) }

  /// Tokens whose keys and values are kept together.
  package var blockTokenCount: Int { KVBlock.positionCount }

  /// Reads a prompt when there is nothing else to do, so that its keys and values are there when they are needed. Given up silently when the engine
  /// has too much of that already.
  package func prepare(_ request: GenerationRequest) {
    var request = request
    request.maximumTokenCount = 0
    guard (try? check(request)) != nil else { return }
    requests.putIdle(RequestQueue.Entry(request: request, isCancelled: CancellationFlag(), arrival: .now, emit: { _ in }, end: { _ in }))
  }

  /// The continuation as it is written. Dropping the stream stops the work; what was computed until then is kept for the next prompt.
  ///
  /// Throws `InferenceError` when the request is out of bounds (see `GenerationRequest.check`), needs more memory than the engine has, or when too
  /// many wait.
  package func generate(_ request: GenerationRequest) -> AsyncThrowingStream<GenerationEvent, any Error> {
    stream(request) { if case .generation(let event) = $0 { event } else { nil } }
  }

  /// How requests went, in their order; what they wrote is left aside. A few are served side by side, so that others come in between.
  ///
  /// Throws what `generate` throws, and `CancellationError` when the task is cancelled; the others then stop too.
  package func results(of requests: [GenerationRequest]) async throws -> [GenerationResult] {
    try await withThrowingTaskGroup(of: (Int, GenerationResult).self) { group in
      var results: [Int: GenerationResult] = [:]
      for (index, request) in requests.enumerated() {
        if index >= Self.sideBySideCount, let (done, result) = try await group.next() { results[done] = result }
        group.addTask {
          for try await event in self.generate(request) { if case .finished(let result) = event { return (index, result) } }
          throw CancellationError()
        }
      }
      for try await (done, result) in group { results[done] = result }
      return requests.indices.compactMap { results[$0] }
    }
  }

  /// The continuation with every token, for log-probabilities.
  package func generateTokens(_ request: GenerationRequest) -> AsyncThrowingStream<TokenEvent, any Error> {
    stream(request) { $0 }
  }

  private func stream<Event: Sendable>(
    _ request: GenerationRequest, of select: @escaping @Sendable (TokenEvent) -> Event?
  ) -> AsyncThrowingStream<Event, any Error> {
    AsyncThrowingStream { continuation in
      do {
        try check(request)
      } catch {
        return continuation.finish(throwing: error)
      }
      let isCancelled = CancellationFlag()
      // The engine lives as long as somebody waits for it.
      continuation.onTermination = { [self] _ in withExtendedLifetime(self) { isCancelled.set() } }
      let isCounted = request.scoredTokenCount == 0
      if isCounted { status.noteArrival() }
      let entry = RequestQueue.Entry(
        request: request, isCancelled: isCancelled, arrival: .now,
        emit: { event in if let selected = select(event) { continuation.yield(selected) } },
        end: { [status] error in
          if isCounted { status.noteEnd() }
          continuation.finish(throwing: error)
        })
      if !requests.put(entry) { entry.end(CancellationError()) }
    }
  }

  private func check(_ request: GenerationRequest) throws(InferenceError) {
    try request.check(vocabularySize: model.vocabularySize, contextLength: model.contextLength)
    // Place for one more than the prompt at least: that is what the scheduler asks for.
    let tokenCount = request.prompt.count + max(1, min(request.maximumTokenCount, model.contextLength - request.prompt.count))
    guard tokenCount <= limits.tokenCount else { throw .keyValueMemory(tokenCount: tokenCount, limit: limits.tokenCount) }
    // Judging is a part of a question that was let in, and is over soon.
    guard request.scoredTokenCount > 0 || status.unfinishedCount < limits.waitingCount else { throw .busy(limits.waitingCount) }
  }
}

private struct RequestLimits: Sendable {
  let tokenCount: Int
  let waitingCount: Int
}
