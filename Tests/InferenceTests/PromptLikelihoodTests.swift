import Foundation
import Inference
import Scheduling
import Testing
import Tokenizer

/// Log-probabilities of a prompt's last tokens: what the model's logits say, whatever is known of the prompt and whoever else is served.
@Suite struct PromptLikelihoodTests {
  private static func likelihoods(_ request: GenerationRequest, _ engine: GenerationEngine) async throws -> [Float] {
    var result: GenerationResult?
    for try await event in engine.generate(request) { if case .finished(let end) = event { result = end } }
    return try #require(result).promptLogProbabilities
  }

  private static func request(_ prompt: [TokenID], scored count: Int, writing limit: Int = 0) -> GenerationRequest {
    var request = GenerationRequest(prompt: prompt, maximumTokenCount: limit)
    request.scoredTokenCount = count
    return request
  }

  /// 40 blocks for prompts of up to 300 tokens: some have to give way, some find all of themselves.
  @Test(arguments: KeyValueType.allCases)
  func theyAreTheModels(keyValueType: KeyValueType) async throws {
    let model = try LanguageModel.load(path: GoldenModels.folder + "/tiny-q4_1.gguf", keyValueType: keyValueType)
    var options = EngineOptions()
    options.keyValueByteLimit = 40 * model.keyValueBlockByteCount
    let engine = try GenerationEngine(model: model, options: options)
    var random = SeededGenerator(seed: 31)
    let beginnings = (0..<3).map { _ in (0..<200).map { _ in TokenID.random(in: 3..<TokenID(model.vocabularySize), using: &random) } }
    let requests = (0..<60).map { index in
      let beginning = beginnings[index % 3].prefix(Int.random(in: 1...200, using: &random))
      let end = (0..<Int.random(in: 1...90, using: &random)).map { _ in TokenID.random(in: 3..<TokenID(model.vocabularySize), using: &random) }
      return Self.request(beginning + end, scored: Int.random(in: 1...end.count, using: &random), writing: index % 4 == 0 ? 5 : 0)
    }
    // Twice: the second time keys and values of all but the judged tokens are known.
    for _ in 0..<2 {
      let results = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
        for (index, request) in requests.enumerated() { group.addTask { (index, try await Self.likelihoods(request, engine)) } }
        return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
      }
      for (index, request) in requests.enumerated() {
        let rows = model.logits(of: request.prompt)
        let wanted = request.prompt.indices.suffix(request.scoredTokenCount).map {
          LogProbability.measure(rows[$0 - 1], chosen: request.prompt[$0], count: 0).chosen.value
        }
        #expect(results[index] == wanted, "request \(index)")
      }
    }
    #expect(engine.statistics.scheduler.memoryTokenCount > 0 && engine.statistics.evictionCount > 0)
  }

  /// The text that is written after a judged prompt is the same as after one that is not.
  @Test func judgingChangesNoText() async throws {
    let engine = try GenerationEngine(model: LanguageModel.load(path: GoldenModels.folder + "/tiny-f16.gguf"))
    let prompt: [TokenID] = [4, 8, 15, 16, 23, 42, 4, 8, 15, 16]
    let (plain, _) = try await ExactnessTests.generate(prompt, engine, limit: 20)
    var text = ""
    for try await event in engine.generate(Self.request(prompt, scored: 7, writing: 20)) { if case .text(let more) = event { text += more } }
    #expect(text == plain && !text.isEmpty)
  }

  @Test(arguments: [-1, 3, 4]) func moreThanThereIsCannotBeJudged(count: Int) async throws {
    let engine = try GenerationEngine(model: LanguageModel.load(path: GoldenModels.folder + "/tiny-f16.gguf"))
    let error = await #expect(throws: InferenceError.self) { _ = try await Self.likelihoods(Self.request([1, 2, 3], scored: count), engine) }
    #expect(error?.code == "parameter_out_of_range")
  }
}
