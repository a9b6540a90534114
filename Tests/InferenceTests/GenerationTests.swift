import Foundation
import Inference
import Testing
import Tokenizer

/// What a user of the engine sees: limits, stops, loops, cancellation, errors.
@Suite struct GenerationTests {
  private let model: LanguageModel
  private let engine: GenerationEngine

  init() throws {
    model = try LanguageModel.load(path: GoldenModels.smolLM2())
    engine = try GenerationEngine(model: model)
  }

  private func prompt(_ question: String) throws -> [TokenID] {
    try model.tokenizer.encode(model.chatTemplate.render([ChatMessage(role: .user, content: question)]))
  }

  @Test func stopsAtTheLimit() async throws {
    let (_, result) = try await ExactnessTests.generate(prompt("Tell me a long story about a fox."), engine, limit: 5)
    #expect(result.completionTokenCount == 5)
    #expect(result.finishReason == .limit)
  }

  @Test func aStopSequenceAcrossTokensEndsTheText() async throws {
    let (whole, _) = try await ExactnessTests.generate(prompt("Tell me a story about a fox."), engine, limit: 24)
    let words = whole.split(separator: " ")
    try #require(words.count > 8)
    // From the middle of one word to the middle of the next.
    let stop = String(words[4].suffix(2)) + " " + String(words[5].prefix(2))
    var text = ""
    var reason: GenerationResult.FinishReason?
    for try await event in engine.generate(
      GenerationRequest(prompt: try prompt("Tell me a story about a fox."), maximumTokenCount: 24, stopSequences: [stop]))
    {
      switch event {
      case .text(let more): text += more
      case .finished(let result): reason = result.finishReason
      }
    }
    #expect(reason == .stopSequence)
    #expect(whole.hasPrefix(text))
    #expect(!text.contains(stop))
  }

  @Test func aLoopIsNoticed() async throws {
    let loop = String(repeating: "The cat sat on the mat and looked at the moon. ", count: 12)
    let (_, result) = try await ExactnessTests.generate(model.tokenizer.encode(loop), engine, limit: 200)
    #expect(result.finishReason == .loop)
    #expect(result.completionTokenCount < 100)
  }

  @Test func promptsThatDoNotFitAreErrors() async throws {
    await #expect(throws: InferenceError.self) { try await ExactnessTests.generate([], engine) }
    let long = [TokenID](repeating: 100, count: model.contextLength)
    let error = await #expect(throws: InferenceError.self) { try await ExactnessTests.generate(long, engine) }
    #expect(error?.code == "prompt_too_long")
  }

  @Test func aDroppedStreamFreesTheEngine() async throws {
    let long = GenerationRequest(prompt: try prompt("Tell me everything about the history of the world."), maximumTokenCount: 4000)
    let task = Task { for try await _ in engine.generate(long) {} }
    task.cancel()
    _ = await task.result
    try await EngineLifecycleTests.requireIdle(engine)
    let (_, result) = try await ExactnessTests.generate(prompt("Hello"), engine, limit: 2)
    #expect(result.completionTokenCount > 0)
  }

  @Test func aSeedGivesTheSameTextAgain() async throws {
    func sample(_ seed: UInt64) async throws -> String {
      var text = ""
      let request = GenerationRequest(prompt: try prompt("Name an animal."), maximumTokenCount: 12, temperature: 1.2, seed: seed)
      for try await event in engine.generate(request) { if case .text(let more) = event { text += more } }
      return text
    }
    let (first, again) = (try await sample(1), try await sample(1))
    #expect(first == again)
    var others: Set<String> = []
    for seed: UInt64 in 2...6 { others.insert(try await sample(seed)) }
    #expect(others.count > 1)
  }

  @Test func unknownModelsAreNamed() throws {
    let folder = URL(fileURLWithPath: GoldenModels.folder).deletingLastPathComponent().path
    let error = #expect(throws: InferenceError.self) { try LanguageModel.load(path: folder + "/tokenizer/qwen2.gguf") }
    #expect(error?.why?.contains("block_count") == true)
    #expect(throws: InferenceError.self) { try LanguageModel.load(path: "/nowhere.gguf") }
  }
}
