import Foundation
import Inference
import Testing
import Tokenizer

/// What the engine makes of a request's sampling, and of requests that it cannot serve.
@Suite struct SamplingEngineTests {
  private let model: LanguageModel
  private let engine: GenerationEngine

  init() throws {
    model = try LanguageModel.load(path: GoldenModels.smolLM2())
    engine = try GenerationEngine(model: model)
  }

  private func tokens(_ request: GenerationRequest) async throws -> (tokens: [GeneratedToken], text: String) {
    var tokens: [GeneratedToken] = []
    var text = ""
    for try await event in engine.generateTokens(request) {
      switch event {
      case .token(let token): tokens.append(token)
      case .generation(.text(let more)): text += more
      case .generation(.finished): break
      }
    }
    return (tokens, text)
  }

  @Test func everyTokenComesWithItsLogProbability() async throws {
    let prompt = model.tokenizer.encode("The capital of France is")
    let request = GenerationRequest(prompt: prompt, maximumTokenCount: 8, sampling: SamplingParameters(), logProbabilityCount: 5)
    let (tokens, text) = try await tokens(request)
    #expect(tokens.count == 8)
    #expect(String(decoding: tokens.flatMap(\.bytes), as: UTF8.self) == text)
    let read = prompt + tokens.map(\.token)
    let logits = model.logits(of: read)
    for (index, token) in tokens.enumerated() {
      let expected = LogProbability.measure(logits[prompt.count - 1 + index], chosen: token.token, count: 5)
      #expect(token.logProbability == expected.chosen.value)
      #expect(token.likeliest == expected.likeliest)
      // Greedy: the likeliest one was written.
      #expect(token.likeliest.first == expected.chosen)
    }
    let plain = try await self.tokens(GenerationRequest(prompt: prompt, maximumTokenCount: 8))
    #expect(plain.tokens.map(\.token) == tokens.map(\.token))
    #expect(plain.tokens.allSatisfy { $0.logProbability == nil && $0.likeliest.isEmpty })
  }

  /// The probabilities are the model's own, whatever bends the choice.
  @Test func biasChangesTheChoiceAndNotTheLogProbability() async throws {
    let prompt = model.tokenizer.encode("The capital of France is")
    let forced: TokenID = 4321
    let request = GenerationRequest(
      prompt: prompt, maximumTokenCount: 1, sampling: SamplingParameters(logitBias: [forced: 100]), logProbabilityCount: 0)
    let (tokens, _) = try await tokens(request)
    #expect(tokens.map(\.token) == [forced])
    #expect(tokens.first?.logProbability == LogProbability.measure(model.logits(of: prompt).last ?? [], chosen: forced, count: 0).chosen.value)
  }

  @Test func aSampledTextDoesNotDependOnTheCache() async throws {
    let request = GenerationRequest(
      prompt: model.tokenizer.encode("Once upon a time there was a fox who"), maximumTokenCount: 20,
      sampling: SamplingParameters(temperature: 1.1, topK: 50, topP: 0.9, minP: 0.02, repetitionPenalty: 1.2, presencePenalty: 0.3, seed: 4))
    let first = try await tokens(request)
    let cached = try await tokens(request)
    #expect(first.tokens == cached.tokens)
  }

  @Test func requestsOutOfBoundsAreErrors() async throws {
    let size = TokenID(model.vocabularySize)
    for token in [-1, size, .max, .min] {
      let error = await #expect(throws: InferenceError.self) { try await tokens(GenerationRequest(prompt: [1, token, 2], maximumTokenCount: 1)) }
      #expect(error?.code == "token_unknown")
      #expect(error?.message.contains("\(token)") == true)
      #expect(error?.why?.contains("\(size - 1)") == true)
    }
    let error = await #expect(throws: InferenceError.self) {
      try await tokens(GenerationRequest(prompt: [1], sampling: SamplingParameters(topP: 3)))
    }
    #expect(error?.code == "parameter_out_of_range")
    let tooMany = await #expect(throws: InferenceError.self) {
      try await tokens(GenerationRequest(prompt: [1], sampling: SamplingParameters(), logProbabilityCount: 21))
    }
    #expect(tooMany?.why?.contains("0 to 20") == true)
  }

  /// Who leaves early leaves what was computed.
  @Test func aCancelledRequestIsKeptInTheCache() async throws {
    let prompt = (0..<90).map { TokenID(($0 * 7919 + 5) % 40_000 + 100) }
    for try await event in engine.generate(GenerationRequest(prompt: prompt, maximumTokenCount: 4000, temperature: 3, seed: 2)) {
      if case .text = event { break }
    }
    let (_, result) = try await ExactnessTests.generate(prompt + [200], engine, limit: 1)
    #expect(result.cachedTokenCount == prompt.count)
  }
}
