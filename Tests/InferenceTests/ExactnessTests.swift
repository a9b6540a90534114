import Foundation
import Inference
import Testing
import Tokenizer

/// The contract: the same bits however a prompt is split, cached, or shared out to threads.
@Suite struct ExactnessTests {
  private static let tokens: [TokenID] = (0..<300).map { TokenID(($0 * 7919 + 13) % 49_152) }

  @Test func splittingAPromptChangesNothing() throws {
    let model = try LanguageModel.load(path: GoldenModels.smolLM2())
    let tokens = Array(Self.tokens.prefix(150))
    let whole = model.logits(of: tokens)
    for split in [1, 2, 7, 64, 65, 149] { #expect(model.logits(of: tokens, split: split) == whole, "split \(split)") }
  }

  @Test func theNumberOfThreadsChangesNothing() throws {
    let path = try GoldenModels.smolLM2()
    let whole = try LanguageModel.load(path: path, pool: ComputePool(threadCount: 1)).logits(of: Self.tokens)
    for count in [2, 3, 5] {
      let model = try LanguageModel.load(path: path, pool: ComputePool(threadCount: count))
      #expect(model.logits(of: Self.tokens) == whole, "\(count) threads")
    }
  }

  /// Every storage type and KV type, on small models: random prompts, random splits, random company, bit for bit.
  @Test(arguments: ["f32", "f16", "bf16", "q4_0", "q4_1", "q8_0"], KeyValueType.allCases)
  func everyTypeIsExact(type: String, keyValueType: KeyValueType) throws {
    try requireExact(GoldenModels.folder + "/tiny-\(type).gguf", keyValueType, tokenCount: 300)
  }

  /// The same of the types that converters do not write for so small a model.
  @Test(arguments: RandomModel.kinds, KeyValueType.allCases)
  func everyOtherTypeIsExact(kind: RandomModel.Kind, keyValueType: KeyValueType) throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try RandomModel.file(kind, seed: 3).write(to: URL(fileURLWithPath: path))
    try requireExact(path, keyValueType, tokenCount: RandomModel.tokenCount)
  }

  private func requireExact(_ path: String, _ keyValueType: KeyValueType, tokenCount: Int) throws {
    let pool = ComputePool(threadCount: 3)
    defer { pool.close() }
    let model = try LanguageModel.load(path: path, keyValueType: keyValueType)
    let threaded = try LanguageModel.load(path: path, keyValueType: keyValueType, pool: pool)
    var random = SeededGenerator(seed: 20_261_123)
    func prompt(_ length: Int) -> [TokenID] { (0..<length).map { _ in TokenID.random(in: 0..<TokenID(tokenCount), using: &random) } }
    for length in [1, 5, 63, 64, 65, 200] {
      let tokens = prompt(length)
      let whole = model.logits(of: tokens)
      #expect(whole.allSatisfy { $0.allSatisfy(\.isFinite) } && Set(whole.last ?? []).count > tokenCount / 2, "numbers that tell")
      for _ in 0..<3 { #expect(model.logits(of: tokens, split: Int.random(in: 1...length, using: &random)) == whole) }
      #expect(threaded.logits(of: tokens) == whole)
      // Others in the same passes: longer, shorter, as long.
      let mates = [prompt(Int.random(in: 1...230, using: &random)), tokens, prompt(length), prompt(1), tokens]
      let together = threaded.logits(ofEach: mates, split: Int.random(in: 1...90, using: &random))
      #expect(together[1] == whole && together[4] == whole)
      #expect(together[0] == model.logits(of: mates[0]) && together[2] == model.logits(of: mates[2]))
    }
  }

  @Test func aCachedPrefixChangesNothing() async throws {
    let model = try LanguageModel.load(path: GoldenModels.smolLM2())
    let prefix = Array(Self.tokens.prefix(100))
    let prompts = [prefix + [5, 6, 7], prefix + [5, 9], Array(prefix.prefix(40)), prefix + [5, 6, 7]]
    let engine = try GenerationEngine(model: model)
    for (index, prompt) in prompts.enumerated() {
      let cached = try await Self.generate(prompt, engine)
      let fresh = try await Self.generate(prompt, GenerationEngine(model: model))
      #expect(cached.text == fresh.text)
      #expect(fresh.result.cachedTokenCount == 0)
      #expect(cached.result.cachedTokenCount == [0, 101, 39, 102][index])
      #expect(cached.result.completionTokenCount == fresh.result.completionTokenCount)
    }
  }

  /// The bits of every logit, not only the text: within a block, at its border, and beyond it.
  @Test func logitsAfterACachedPrefixAreTheSameBits() throws {
    let model = try LanguageModel.load(path: GoldenModels.smolLM2())
    let tokens = Array(Self.tokens.prefix(140))
    let whole = model.logits(of: tokens)
    for count in [1, 40, 63, 64, 65, 128, 139] {
      let earlier = tokens.prefix(count) + Self.tokens.suffix(90)
      #expect(model.logits(of: tokens, reusing: count, of: Array(earlier)) == Array(whole[count...]), "\(count) cached")
    }
  }

  static func generate(_ prompt: [TokenID], _ engine: GenerationEngine, limit: Int = 16) async throws -> (text: String, result: GenerationResult) {
    var text = ""
    for try await event in engine.generate(GenerationRequest(prompt: prompt, maximumTokenCount: limit)) {
      switch event {
      case .text(let more): text += more
      case .finished(let result): return (text, result)
      }
    }
    throw CancellationError()
  }
}
