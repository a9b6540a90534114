import Foundation
import Inference
import Testing
import Tokenizer

/// Whatever a model says, the text is JSON that fits its schema, by a check that shares nothing with the grammar.
@Suite struct GrammarGenerationTests {
  private static let schemas = GrammarTests.cases.map(\.schema)

  /// Numbers drawn by chance in place of a model, with a liking for what closes a value, so that most texts end in time.
  private static func logits(_ vocabulary: any TextTokenizer, _ numbers: inout SeededNumbers, eager: Float) -> [Float] {
    (0..<TokenID(vocabulary.vocabularySize)).map { token in
      let closes = vocabulary.endOfGeneration.contains(token) || [[0x22], [0x5D], [0x7D], [0x3A]].contains(vocabulary.bytes(of: token))
      return Float.random(in: 0...10, using: &numbers) + (closes ? eager : 0)
    }
  }

  /// The text that chance writes; `nil` where it did not come to an end.
  private static func text(
    _ beginning: ConstrainedText, _ vocabulary: any TextTokenizer, seed: UInt64, eager: Float, limit: Int
  ) throws -> [UInt8]? {
    var numbers = SeededNumbers(seed: seed)
    var sampler = Sampler(SamplingParameters(temperature: 1, seed: seed))
    var constrained = beginning
    var text: [UInt8] = []
    let moods = (0..<7).map { _ in logits(vocabulary, &numbers, eager: eager) }
    for step in 0..<limit {
      let choice = sampler.choose(from: moods[step % 7], allowing: constrained.allowed())
      let token = try #require(choice, "stuck after \(text)")
      if vocabulary.endOfGeneration.contains(token) { return text }
      text += vocabulary.bytes(of: token)
      constrained = try #require(constrained.appending(vocabulary.bytes(of: token)))
      if constrained.isFinished { return text }
    }
    return nil
  }

  @Test(arguments: schemas.indices)
  func whateverChanceWritesFits(index: Int) throws {
    let schema = Self.schemas[index]
    let check = try SchemaCheck(schema)
    let vocabulary = MixedVocabulary()
    let compiler = ConstraintCompiler(vocabulary)
    var endedCount = 0
    for seed: UInt64 in 1...40 {
      guard let text = try Self.text(compiler.begin(.jsonSchema(schema)), vocabulary, seed: seed, eager: Float(seed % 8), limit: 400) else {
        continue
      }
      endedCount += 1
      #expect(try check.isValid(text), "\(String(decoding: text, as: UTF8.self)) fits \(schema)")
    }
    // Chance seldom writes a name that must be there where any other may be.
    let needsLuck = schema.contains("required") && !schema.contains(#""additionalProperties": false"#)
    #expect(endedCount >= (needsLuck ? 0 : 10))
  }

  @Test(arguments: Array(stride(from: 0, to: schemas.count, by: 5)))
  func whateverChanceWritesWithARealVocabularyFits(index: Int) throws {
    let tokenizer = try LanguageModel.load(path: GoldenModels.smolLM2()).tokenizer
    let schema = Self.schemas[index]
    let check = try SchemaCheck(schema)
    let compiler = ConstraintCompiler(tokenizer)
    var endedCount = 0
    for seed: UInt64 in 1...4 {
      guard let text = try Self.text(compiler.begin(.jsonSchema(schema)), tokenizer, seed: seed, eager: 14, limit: 200) else { continue }
      endedCount += 1
      #expect(try check.isValid(text), "\(String(decoding: text, as: UTF8.self)) fits \(schema)")
    }
    #expect(endedCount >= 1)
  }

  // MARK: The real model

  private static func generate(_ engine: GenerationEngine, _ question: String, _ sampling: SamplingParameters, _ schema: String, limit: Int)
    async throws
    -> (text: String, result: GenerationResult)
  {
    let prompt = try engine.model.tokenizer.encode(engine.model.chatTemplate.render([ChatMessage(role: .user, content: question)]))
    var text = ""
    let request = GenerationRequest(prompt: prompt, maximumTokenCount: limit, sampling: sampling, constraint: .jsonSchema(schema))
    for try await event in engine.generate(request) {
      switch event {
      case .text(let more): text += more
      case .finished(let result): return (text, result)
      }
    }
    throw CancellationError()
  }

  @Test func theDefaultModelWritesWhatItsSchemaSays() async throws {
    let engine = try GenerationEngine(model: LanguageModel.load(path: GoldenModels.smolLM2()))
    let person =
      #"{"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer","minimum":0,"maximum":150},"#
      + #""role":{"enum":["cook","smith","baker"]}},"required":["name","age","role"],"additionalProperties":false}"#
    let list = #"{"type":"array","items":{"type":"string","minLength":1,"maxLength":12},"minItems":3,"maxItems":3}"#
    let verdict = #"{"anyOf":[{"const":"yes"},{"const":"no"},{"type":"null"}]}"#
    let nested =
      #"{"type":"object","properties":{"day":{"type":"string","format":"date"},"sizes":{"type":"array","items":{"type":"number","minimum":0,"#
      + #""maximum":10},"maxItems":4}},"required":["sizes","day"],"additionalProperties":false}"#
    for schema in [person, list, verdict, nested] {
      let check = try SchemaCheck(schema)
      for sampling in [SamplingParameters(), SamplingParameters(temperature: 1, seed: 3), SamplingParameters(temperature: 30, topP: 0.99, seed: 4)] {
        let (text, result) = try await Self.generate(engine, "Describe a person of a small town as JSON.", sampling, schema, limit: 160)
        #expect(result.finishReason == .endOfText, "\(text)")
        #expect(try check.isValid(Array(text.utf8)), "\(text) fits \(schema)")
      }
    }
  }

  @Test func theLimitIsTheReasonOfATextThatIsNotWhole() async throws {
    let engine = try GenerationEngine(model: LanguageModel.load(path: GoldenModels.smolLM2()))
    let long = #"{"type":"string","minLength":1000}"#
    let (text, result) = try await Self.generate(engine, "Tell me a story.", SamplingParameters(), long, limit: 12)
    #expect(result.finishReason == .limit)
    #expect(text.hasPrefix("\""))
    // A text that repeats itself because it must is no loop.
    let dull = #"{"type":"array","items":{"const":0},"minItems":60,"maxItems":60}"#
    let repeated = try await Self.generate(engine, "Count.", SamplingParameters(), dull, limit: 300)
    #expect(repeated.result.finishReason == .endOfText)
    #expect(repeated.text.filter { $0 == "0" }.count == 60)
  }

  @Test func constraintsThatCannotBeKeptAreErrors() async throws {
    let engine = try GenerationEngine(model: LanguageModel.load(path: GoldenModels.smolLM2()))
    func error(_ request: GenerationRequest) async -> InferenceError? {
      await #expect(throws: InferenceError.self) { for try await _ in engine.generate(request) {} }
    }
    let stops = GenerationRequest(prompt: [1], sampling: SamplingParameters(), stopSequences: ["x"], constraint: .json)
    #expect(await error(stops)?.code == "constraint_with_stops")
    let keyword = GenerationRequest(prompt: [1], sampling: SamplingParameters(), constraint: .jsonSchema(#"{"type":"string","pattern":"a+"}"#))
    #expect(await error(keyword)?.code == "schema_unsupported")
    // Bias can forbid what must come.
    let bias = Dictionary(uniqueKeysWithValues: (0..<TokenID(engine.model.vocabularySize)).map { ($0, -Float.infinity) })
    let stuck = GenerationRequest(prompt: [1], sampling: SamplingParameters(logitBias: bias), constraint: .json)
    #expect(await error(stuck)?.code == "constraint_stuck")
  }
}
