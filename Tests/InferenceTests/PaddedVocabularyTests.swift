import Foundation
import Inference
import ModelFile
import Testing
import Tokenizer

/// Files round the number of their embeddings up: rows beyond the tokenizer's tokens are no tokens, however likely they look.
@Suite final class PaddedVocabularyTests {
  private let path = FileManager.default.temporaryDirectory.path + "/padded-\(UUID().uuidString).gguf"
  private let source = GoldenModels.folder + "/tiny-f32.gguf"

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The golden model with more rows of its embedding (and output matrix), ten times as large as its own: the likeliest, if they could be chosen.
  private func padded() throws -> LanguageModel {
    var data = try Data(contentsOf: URL(fileURLWithPath: source))
    for (name, tensor) in try GGUFFile(path: source).tensors where name == "token_embd.weight" || name == "output.weight" {
      let (width, rowCount) = (tensor.shape[0], tensor.shape[1])
      let rows = data[tensor.byteRange]
      let floats = rows.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      let more = floats.prefix(64 * width).map { 10 * $0 } + floats.prefix(64 * width).map { -10 * $0 }
      // A name is written after its length. After it: the number of dimensions, two sizes, the type, the place after the head.
      let written = withUnsafeBytes(of: UInt64(name.utf8.count).littleEndian) { Data($0) } + Data(name.utf8)
      let sizes = try #require(data.range(of: written)).upperBound + 4
      let headSize = tensor.byteRange.lowerBound - data[sizes + 20..<sizes + 28].withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
      func put(_ value: Int, at offset: Int) {
        withUnsafeBytes(of: UInt64(value).littleEndian) { data.replaceSubrange(offset..<offset + 8, with: $0) }
      }
      put(rowCount + 128, at: sizes + 8)
      data.append(Data(count: (32 - (data.count - headSize) % 32) % 32))
      put(data.count - headSize, at: sizes + 20)
      data.append(rows + more.withUnsafeBytes { Data($0) })
    }
    try data.write(to: URL(fileURLWithPath: path))
    return try LanguageModel.load(path: path)
  }

  @Test func rowsBeyondTheTokensAreNeitherReadNorWritten() async throws {
    let (padded, model) = (try padded(), try LanguageModel.load(path: source))
    #expect(padded.vocabularySize == model.vocabularySize)
    let tokens: [TokenID] = [1, 5, 9, 2]
    #expect(padded.logits(of: tokens) == model.logits(of: tokens))
    let engine = try GenerationEngine(model: padded)
    let beyond = TokenID(model.vocabularySize)
    let prompt = await #expect(throws: InferenceError.self) {
      for try await _ in engine.generate(GenerationRequest(prompt: [1, beyond])) {}
    }
    #expect(prompt?.code == "token_unknown")
    var request = GenerationRequest(prompt: [1])
    request.sampling.logitBias = [beyond: 1]
    let bias = await #expect(throws: InferenceError.self) { for try await _ in engine.generate(request) {} }
    #expect(bias?.code == "parameter_out_of_range")
  }

  /// Models of one family are padded differently.
  @Test func aModelCanGuessForOneWithMoreRows() async throws {
    let (padded, model) = (try padded(), try LanguageModel.load(path: source))
    let (wanted, _) = try await ExactnessTests.generate([0, 1, 2, 3, 4], GenerationEngine(model: model), limit: 40)
    for (generator, draft) in [(padded, model), (model, padded)] {
      var options = EngineOptions()
      options.draftModel = draft
      let engine = try GenerationEngine(model: generator, options: options)
      #expect(engine.draftTokenLimit == model.contextLength)
      let (text, result) = try await ExactnessTests.generate([0, 1, 2, 3, 4], engine, limit: 40)
      #expect(text == wanted && result.draftedTokenCount > 0)
    }
  }
}
