import Foundation
import Inference
import Testing
import Tokenizer

/// Passages that are taken over from where they were read before.
@Suite struct PassageReuseTests {
  private static let architectures = ["llama3", "qwen3-yarn", "gemma3", "lfm2"].map { GoldenModels.folder + "/../architectures/\($0).gguf" }

  /// Not for models with short convolutions: their first positions are never forgotten by the attention behind them.
  @Test(arguments: architectures.filter { !$0.hasSuffix("lfm2.gguf") }, KeyValueType.allCases)
  func movedKeysAreThoseOfTheirNewPlace(path: String, keyValueType: KeyValueType) throws {
    let model = try LanguageModel.load(path: path, keyValueType: keyValueType)
    let error = model.relocationError(token: 7, positions: 24..<44, distance: 29)
    // Rounded to int8 twice, or to half precision.
    let tolerance: Float = keyValueType == .q8 ? 0.02 : 0.002
    #expect(error.key < tolerance && error.value < tolerance, "\(error)")
    #expect(error.unturnedKey > 0.2, "\(error)")
  }

  private struct Library {
    let model: LanguageModel
    let preamble: [TokenID]
    let passages: [[TokenID]]

    init(_ path: String, passageCount: Int, length: ClosedRange<Int>, seed: UInt64) throws {
      model = try LanguageModel.load(path: path)
      var random = SeededGenerator(seed: seed)
      let size = Int32(model.vocabularySize)
      func tokens(_ count: Int) -> [TokenID] { (0..<count).map { _ in TokenID.random(in: 3..<size, using: &random) } }
      preamble = tokens(9)
      passages = (0..<passageCount).map { _ in tokens(Int.random(in: length, using: &random)) }
    }

    func request(_ order: [Int], reuse: ReuseMethod?) -> GenerationRequest {
      var prompt = preamble
      var ranges: [Range<Int>] = []
      for index in order {
        ranges.append(prompt.count..<prompt.count + passages[index].count)
        prompt += passages[index]
      }
      var request = GenerationRequest(prompt: prompt + [5, 6, 7], maximumTokenCount: 12)
      request.logProbabilityCount = 2
      request.namespace = "library"
      request.passages = ranges
      request.reuse = reuse
      return request
    }

    func preparation(_ index: Int) -> GenerationRequest {
      var request = GenerationRequest(prompt: preamble + passages[index], maximumTokenCount: 0)
      request.namespace = "library"
      return request
    }
  }

  private static func run(_ request: GenerationRequest, _ engine: GenerationEngine) async throws -> (
    tokens: [GeneratedToken], result: GenerationResult
  ) {
    var tokens: [GeneratedToken] = []
    for try await event in engine.generateTokens(request) {
      switch event {
      case .token(let token): tokens.append(token)
      case .generation(.text): break
      case .generation(.finished(let result)): return (tokens, result)
      }
    }
    throw CancellationError()
  }

  private static let orders = [[0, 1, 2], [2, 0, 1], [1, 2, 0], [2, 1], [0, 2, 1]]

  /// What is computed anew everywhere is what is computed at once, to the bit: rows that are left out and rows that are blended go to the right places.
  @Test(arguments: architectures + [GoldenModels.folder + "/tiny-q4_1.gguf"], [ReuseMethod.epic(recomputedCount: 1024), .cacheBlend(share: 1)])
  func everythingComputedAnewIsExact(path: String, method: ReuseMethod) async throws {
    let library = try Library(path, passageCount: 3, length: 20...30, seed: 3)
    let engine = try GenerationEngine(model: library.model)
    for index in library.passages.indices { _ = try await Self.run(library.preparation(index), engine) }
    for order in Self.orders {
      let alone = try await Self.run(library.request(order, reuse: nil), GenerationEngine(model: library.model))
      let reused = try await Self.run(library.request(order, reuse: method), engine)
      #expect(reused.tokens == alone.tokens, "\(order)")
      if method == .cacheBlend(share: 1) { #expect(reused.result.movedTokenCount > 0) }
    }
  }

  @Test(arguments: [ReuseMethod.epic(recomputedCount: 4), .cacheBlend(share: 0.2)])
  func nothingApproximateIsSeenByExactRequests(method: ReuseMethod) async throws {
    // A model with layers behind the two that CacheBlend computes in full.
    let library = try Library(GoldenModels.folder + "/../architectures/gemma3.gguf", passageCount: 3, length: 20...30, seed: 4)
    let engine = try GenerationEngine(model: library.model)
    for index in library.passages.indices { _ = try await Self.run(library.preparation(index), engine) }
    var differing = 0
    for order in Self.orders {
      let alone = try await Self.run(library.request(order, reuse: nil), GenerationEngine(model: library.model))
      let reused = try await Self.run(library.request(order, reuse: method), engine)
      let exact = try await Self.run(library.request(order, reuse: nil), engine)
      #expect(exact.tokens == alone.tokens && exact.result.movedTokenCount == 0)
      #expect(reused.result.movedTokenCount > 0 && reused.result.prefillSeconds >= 0)
      let moved = order.dropFirst().reduce(0) { $0 + library.passages[$1].count }
      #expect(reused.result.movedTokenCount <= moved)
      if reused.tokens != alone.tokens { differing += 1 }
      // Asked again, it is the same answer, from what is kept of the first one.
      let again = try await Self.run(library.request(order, reuse: method), engine)
      #expect(again.tokens == reused.tokens && again.result.movedTokenCount == 0 && again.result.cachedTokenCount > moved)
    }
    #expect(differing > 0, "an approximation that never differs does not reuse anything")
  }

  @Test func passagesArePreparedWhenThereIsNothingElseToDo() async throws {
    let library = try Library(GoldenModels.folder + "/tiny-q4_1.gguf", passageCount: 3, length: 20...30, seed: 5)
    let engine = try GenerationEngine(model: library.model)
    for index in library.passages.indices { engine.prepare(library.preparation(index)) }
    while engine.statistics.finishedRequestCount < 3 { try await Task.sleep(for: .milliseconds(2)) }
    let reused = try await Self.run(library.request([1, 0, 2], reuse: .epic(recomputedCount: 4)), engine)
    #expect(reused.result.movedTokenCount == library.passages[0].count + library.passages[2].count - 8)
    // The first passage and what is before it stand where they stood.
    #expect(reused.result.cachedTokenCount == library.preamble.count + library.passages[1].count)
  }

  @Test func methodsHaveNames() {
    #expect(ReuseMethod("epic") == .epic(recomputedCount: 16) && ReuseMethod("cacheblend") == .cacheBlend(share: 0.16))
    for text in ["epic:8", "cacheblend:0.3"] { #expect(ReuseMethod(text)?.description == text) }
    for text in ["", "epic:", "epic:-1", "epic:8:8", "cacheblend:2", "cacheblend:nan", "blend"] { #expect(ReuseMethod(text) == nil, "\(text)") }
  }
}
