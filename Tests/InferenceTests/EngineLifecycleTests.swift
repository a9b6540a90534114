import Foundation
import Inference
import Testing
import Tokenizer

/// Who stops what, who frees what, and what is kept.
@Suite struct EngineLifecycleTests {
  private let model: LanguageModel

  init() throws { model = try LanguageModel.load(path: GoldenModels.smolLM2()) }

  private static func tokens(_ count: Int, _ seed: Int) -> [TokenID] { (0..<count).map { TokenID(($0 * 7919 + seed) % 40_000 + 100) } }

  @Test func cancellingInTheMiddleStopsTheWriting() async throws {
    let engine = try GenerationEngine(model: model)
    let request = GenerationRequest(prompt: Self.tokens(8, 1), maximumTokenCount: 6000, temperature: 3, seed: 1)
    try await withTaskExecutorPreference(OwnThread()) {
      for try await event in engine.generate(request) {
        // Leaving the loop ends the stream, and with it the work.
        if case .text = event { break }
      }
    }
    try await Self.requireIdle(engine, cancelled: 1)
    let (_, result) = try await ExactnessTests.generate(Self.tokens(4, 2), engine, limit: 1)
    #expect(result.completionTokenCount == 1)
  }

  @Test func waitingRequestsAreServedInOrderAndCancelledOnesNotAtAll() async throws {
    let engine = try GenerationEngine(model: model)
    let first = engine.generate(GenerationRequest(prompt: Self.tokens(40, 3), maximumTokenCount: 8))
    let dropped = Task {
      for try await _ in engine.generate(GenerationRequest(prompt: Self.tokens(40, 4), maximumTokenCount: 6000, temperature: 3)) {}
    }
    dropped.cancel()
    _ = await dropped.result
    let last = try await ExactnessTests.generate(Self.tokens(40, 5), engine, limit: 2)
    #expect(last.result.cachedTokenCount == 0)
    var finished = false
    for try await event in first { if case .finished = event { finished = true } }
    #expect(finished)
    // 6,000 tokens would not be over by now.
    try await Self.requireIdle(engine)
  }

  /// Everything was let go of: what was cancelled is counted, if it certainly had begun, nothing runs or waits, and no block is held.
  static func requireIdle(_ engine: GenerationEngine, cancelled: Int? = nil) async throws {
    for _ in 0..<400 {
      let statistics = engine.statistics
      if cancelled.map({ $0 == statistics.cancelledRequestCount }) ?? true, statistics.runningCount == 0, statistics.waitingCount == 0 { break }
      try await Task.sleep(for: .milliseconds(5))
    }
    let statistics = engine.statistics
    if let cancelled { #expect(statistics.cancelledRequestCount == cancelled) }
    #expect(statistics.runningCount == 0 && statistics.waitingCount == 0)
    #expect(statistics.usedBlockCount == statistics.idleBlockCount + statistics.pinnedBlockCount)
  }

  @Test func anEngineLivesAsLongAsItsWorkAndNoLonger() async throws {
    weak var released: GenerationEngine?
    let stream: AsyncThrowingStream<GenerationEvent, any Error>
    do {
      let engine = try GenerationEngine(model: model)
      released = engine
      stream = engine.generate(GenerationRequest(prompt: Self.tokens(20, 6), maximumTokenCount: 4))
    }
    var finished = false
    for try await event in stream { if case .finished = event { finished = true } }
    #expect(finished)
    // The queue lets go of the job just after the last event.
    for _ in 0..<1000 where released != nil { try await Task.sleep(for: .milliseconds(5)) }
    #expect(released == nil)
  }

  /// The longest prompt that is taken is one that the scheduler takes too.
  @Test func aPromptAsLongAsTheMemoryIsRefused() async throws {
    var options = EngineOptions()
    options.keyValueByteLimit = 6 * model.keyValueBlockByteCount
    let engine = try GenerationEngine(model: model, options: options)
    func read(_ count: Int) async throws {
      for try await _ in engine.generate(GenerationRequest(prompt: Self.tokens(count, 8), maximumTokenCount: 0)) {}
    }
    try await read(engine.tokenLimit - 1)
    await #expect(throws: InferenceError.self) { try await read(engine.tokenLimit) }
  }

  /// Keys and values on disk are those of the model's every byte.
  @Test func oneByteMakesAnotherModel() throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-model-\(UUID().uuidString).gguf")
    defer { try? FileManager.default.removeItem(at: copy) }
    try FileManager.default.copyItem(at: URL(fileURLWithPath: GoldenModels.smolLM2()), to: copy)
    #expect(try LanguageModel.load(path: copy.path).fingerprint == model.fingerprint)
    let file = try FileHandle(forUpdating: copy)
    // A byte of a weight's codes.
    let place = try file.seekToEnd() / 2 + 70_001
    try file.seek(toOffset: place)
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: place)
    try file.write(contentsOf: [byte ^ 1])
    try file.close()
    #expect(try LanguageModel.load(path: copy.path).fingerprint != model.fingerprint)
  }

  /// A prefix that several sequences share is in memory once, and counts once.
  @Test func sharedBlocksCountOnce() async throws {
    let prefix = Self.tokens(128, 7)
    let prompts = (1...3).map { prefix + Self.tokens(10, 1000 * $0) }
    // A block of SmolLM2-135M: 30 layers, 3 heads, keys and values, 64 positions of 64 bytes and a scale of 4.
    let blockByteCount = 30 * 3 * 2 * 64 * (64 + 4)
    // Two shared blocks and one for the end of each: five, and one to begin with again.
    var options = EngineOptions()
    options.keyValueByteLimit = 6 * blockByteCount
    let roomy = try GenerationEngine(model: model, options: options)
    options.keyValueByteLimit = 4 * blockByteCount
    let tight = try GenerationEngine(model: model, options: options)
    for prompt in prompts {
      _ = try await ExactnessTests.generate(prompt, roomy, limit: 1)
      _ = try await ExactnessTests.generate(prompt, tight, limit: 1)
    }
    #expect(try await ExactnessTests.generate(prompts[0], roomy, limit: 1).result.cachedTokenCount == 137)
    #expect(try await ExactnessTests.generate(prompts[0], tight, limit: 1).result.cachedTokenCount == 128)
  }

  @Test func aPromptThatLeavesPlaceForOneTokenGetsOne() async throws {
    let tiny = try LanguageModel.load(path: GoldenModels.folder + "/tiny-q4_1.gguf")
    let engine = try GenerationEngine(model: tiny)
    let prompt = (0..<tiny.contextLength - 1).map { TokenID($0 * 31 % tiny.vocabularySize) }
    let (_, result) = try await ExactnessTests.generate(prompt, engine, limit: 50)
    #expect(result.completionTokenCount <= 1)
    let error = await #expect(throws: InferenceError.self) { try await ExactnessTests.generate(prompt + [1], engine) }
    #expect(error?.code == "prompt_too_long")
    for limit in [0, -1, Int.min] { #expect(try await ExactnessTests.generate([1], engine, limit: limit).result.completionTokenCount == 0) }
  }
}
