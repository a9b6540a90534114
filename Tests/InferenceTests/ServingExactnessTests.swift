import Foundation
import Inference
import Scheduling
import Testing
import Tokenizer

/// Many requests at a time, with shared beginnings, little memory, cancellations: each text is what its request gives alone.
@Suite struct ServingExactnessTests {
  private struct Case: Sendable {
    var request: GenerationRequest
    /// Events after which the reader leaves.
    var patience: Int?
  }

  private static func cases(_ count: Int, model: LanguageModel, seed: UInt64) -> [Case] {
    var random = SeededGenerator(seed: seed)
    func tokens(_ count: Int) -> [TokenID] { (0..<count).map { _ in TokenID.random(in: 3..<Int32(model.vocabularySize), using: &random) } }
    // Half of the context, so that there is room for the rest.
    let longest = model.contextLength / 2
    let beginnings = (0..<6).map { _ in tokens(Int.random(in: 1...longest, using: &random)) }
    return (0..<count).map { index in
      var prompt = Array(beginnings.randomElement(using: &random)!.prefix(Int.random(in: 1...longest, using: &random)))
      prompt += tokens(Int.random(in: 0...longest / 2, using: &random))
      // A phrase over and over, so that guessing ahead finds something.
      if index % 3 == 0 { prompt += Array(repeating: Array(prompt.suffix(5)), count: 6).flatMap { $0 } }
      var request = GenerationRequest(prompt: prompt, maximumTokenCount: Int.random(in: 1...40, using: &random))
      if index % 4 == 0 { request.sampling = SamplingParameters(temperature: 1.5, seed: UInt64(index)) }
      if index % 5 == 0 { request.logProbabilityCount = 2 }
      request.namespace = ["", "another"].randomElement(using: &random)!
      request.instructionTokenCount = [0, 64].randomElement(using: &random)!
      return Case(request: request, patience: Int.random(in: 0..<12, using: &random) == 0 ? Int.random(in: 0...6, using: &random) : nil)
    }
  }

  /// The tokens with their log-probabilities, and how it ended; `nil` if the reader left.
  private static func run(_ one: Case, _ engine: GenerationEngine) async throws -> ([GeneratedToken], GenerationResult)? {
    var tokens: [GeneratedToken] = []
    var patience = one.patience ?? .max
    for try await event in engine.generateTokens(one.request) {
      if patience == 0 { return nil }
      patience -= 1
      switch event {
      case .token(let token): tokens.append(token)
      case .generation(.text): break
      case .generation(.finished(let result)): return (tokens, result)
      }
    }
    return nil
  }

  private func check(
    _ path: String, keyValueType: KeyValueType, draftPath: String? = nil, count: Int, blockCount: Int, seed: UInt64
  ) async throws {
    let pool = ComputePool(threadCount: 3)
    let single = ComputePool(threadCount: 1)
    defer {
      pool.close()
      single.close()
    }
    let model = try LanguageModel.load(path: path, keyValueType: keyValueType, pool: pool)
    let lone = try LanguageModel.load(path: path, keyValueType: keyValueType, pool: single)
    var options = EngineOptions()
    options.waitingLimit = count
    options.keyValueByteLimit = blockCount * model.keyValueBlockByteCount
    options.draftModel = try draftPath.map { try LanguageModel.load(path: $0, pool: pool) }
    let engine = try GenerationEngine(model: model, options: options)
    let cases = Self.cases(count, model: model, seed: seed)
    let results = try await withThrowingTaskGroup(of: (Int, ([GeneratedToken], GenerationResult)?).self) { group in
      for (index, one) in cases.enumerated() {
        group.addTask {
          // Some come while others are at work.
          if index % 7 == 0 { try await Task.sleep(for: .milliseconds(index % 50)) }
          return (index, try await Self.run(one, engine))
        }
      }
      var results: [Int: ([GeneratedToken], GenerationResult)] = [:]
      for try await (index, result) in group { results[index] = result }
      return results
    }
    #expect(results.count > count * 9 / 10)
    var coldOptions = EngineOptions()
    coldOptions.isSpeculating = false
    for (index, (tokens, result)) in results {
      let alone = try await Self.run(Case(request: cases[index].request), GenerationEngine(model: lone, options: coldOptions))
      let (wanted, wantedResult) = try #require(alone)
      #expect(tokens == wanted, "request \(index)")
      #expect(result.finishReason == wantedResult.finishReason && result.completionTokenCount == wantedResult.completionTokenCount)
      #expect(wantedResult.cachedTokenCount == 0)
    }
    let statistics = engine.statistics
    #expect(statistics.scheduler.memoryTokenCount > 0 && statistics.evictionCount > 0)
    // Small random models seldom repeat themselves; of a thousand texts some do.
    #expect(count < 1000 && draftPath == nil || statistics.scheduler.acceptedTokenCount > 0)
    // Several sequences' rows in a step, or there was nothing to test.
    #expect(statistics.scheduler.rowCount > 2 * statistics.scheduler.stepCount)
  }

  @Test func aThousandMixedRequests() async throws {
    try await check(GoldenModels.folder + "/tiny-q4_1.gguf", keyValueType: .q8, count: 1000, blockCount: 40, seed: 1)
  }

  @Test func aDraftModelChangesNothing() async throws {
    try await check(
      GoldenModels.folder + "/tiny-f16.gguf", keyValueType: .f16, draftPath: GoldenModels.folder + "/tiny-q4_0.gguf", count: 100, blockCount: 40,
      seed: 3)
  }

  @Test func aDraftModelOfAnotherVocabularyIsAnError() throws {
    let model = try LanguageModel.load(path: GoldenModels.folder + "/tiny-q4_1.gguf")
    var options = EngineOptions()
    options.draftModel = try LanguageModel.load(path: GoldenModels.folder + "/../architectures/llama3.gguf")
    let error = #expect(throws: InferenceError.self) { try GenerationEngine(model: model, options: options) }
    #expect(error?.code == "draft_vocabulary")
  }

  @Test(arguments: ["gemma3", "lfm2", "qwen3-yarn"], KeyValueType.allCases)
  func otherFamilies(name: String, keyValueType: KeyValueType) async throws {
    try await check(
      GoldenModels.folder + "/../architectures/\(name).gguf", keyValueType: keyValueType, count: 80, blockCount: 24, seed: 2)
  }
}
