import Foundation
import Inference
import ModelFile
import Testing
import Tokenizer

/// Weights that are no numbers: an error, and never a trap or a token made of chance.
@Suite final class DamagedModelTests {
  private let path = FileManager.default.temporaryDirectory.path + "/damaged-\(UUID().uuidString).gguf"

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// A golden model with a part of one tensor overwritten by a value.
  private func engine(_ tensorName: String, bytes range: Range<Int>? = nil, _ value: Float) throws -> GenerationEngine {
    let source = GoldenModels.folder + "/tiny-f32.gguf"
    let tensor = try #require(try GGUFFile(path: source).tensors[tensorName])
    var data = try Data(contentsOf: URL(fileURLWithPath: source))
    let whole = range.map { tensor.byteRange.lowerBound + $0.lowerBound..<tensor.byteRange.lowerBound + $0.upperBound } ?? tensor.byteRange
    for offset in stride(from: whole.lowerBound, to: whole.upperBound, by: 4) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.replaceSubrange(offset..<offset + 4, with: $0) }
    }
    try data.write(to: URL(fileURLWithPath: path))
    return try GenerationEngine(model: LanguageModel.load(path: path))
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [0.0, 1.0])
  func aModelOfNoNumbersIsAnError(value: Float, temperature: Double) async throws {
    let engine = try engine("output_norm.weight", value)
    let error = await #expect(throws: InferenceError.self) {
      for try await _ in engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumTokenCount: 4, temperature: temperature)) {}
    }
    #expect(error?.code == "model_numbers")
  }

  @Test(arguments: ["blk.0.attn_q.weight", "blk.0.attn_v.weight", "blk.0.ffn_down.weight", "token_embd.weight"], [Float.nan, .infinity, 1e38])
  func damageAnywhereEndsInTextOrInAnError(tensor: String, value: Float) async throws {
    let engine = try engine(tensor, bytes: 0..<256, value)
    do {
      let (_, result) = try await ExactnessTests.generate([0, 1, 2, 3, 4], engine, limit: 40)
      #expect(result.completionTokenCount <= 40)
    } catch let error as InferenceError {
      #expect(error.code == "model_numbers")
    }
  }

  /// The error names what was found, and the remedy what is known.
  @Test func anUnknownArchitectureIsNamed() throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: GoldenModels.folder + "/tiny-f32.gguf"))
    let key = try #require(data.range(of: Data("general.architecture".utf8)))
    // After the key: its type, 4 bytes, and the length of the value, 8.
    data.replaceSubrange(key.upperBound + 12..<key.upperBound + 17, with: Data("mamba".utf8))
    try data.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: InferenceError.self) { try LanguageModel.load(path: path) }
    #expect(error?.code == "architecture_unknown")
    #expect(error?.message.contains("mamba") == true)
    #expect(error?.remedy?.contains("llama") == true)
  }

  @Test func anUnknownTensorTypeIsNamed() throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: GoldenModels.folder + "/tiny-f32.gguf"))
    let name = try #require(data.range(of: Data("blk.0.ffn_down.weight".utf8)))
    // After the name: the number of dimensions, 4 bytes, two sizes of 8, and the type.
    let type = name.upperBound + 20
    withUnsafeBytes(of: TensorType.i32.rawValue.littleEndian) { data.replaceSubrange(type..<type + 4, with: $0) }
    try data.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: InferenceError.self) { try LanguageModel.load(path: path) }
    #expect(error?.code == "tensor_type_unknown")
    #expect(error?.message.contains("blk.0.ffn_down.weight") == true)
    #expect(error?.message.contains(TensorType.i32.name) == true)
    #expect(error?.remedy?.contains("Q8_0") == true)
  }

  // MARK: The whole file

  @Test(arguments: 0..<50)
  func aTruncatedFileIsAnError(fiftieths: Int) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: GoldenModels.folder + "/tiny-q4_0.gguf"))
    try data.prefix(data.count * fiftieths / 50).write(to: URL(fileURLWithPath: path))
    #expect(throws: InferenceError.self) { try LanguageModel.load(path: path) }
  }

  /// Each byte of the header wrong: an error, or a model that computes as many logits as it says.
  @Test func everyByteOfTheHeaderMayBeWrong() throws {
    let source = GoldenModels.folder + "/smallest.gguf"
    let original = try Data(contentsOf: URL(fileURLWithPath: source))
    let headerCount = try #require(try GGUFFile(path: source).tensors.values.map(\.byteRange.lowerBound).min())
    let pool = ComputePool(threadCount: 1)
    var random = SeededGenerator(seed: 11)
    var loadedCount = 0
    var data = original
    for offset in 0..<headerCount {
      data[offset] = original[offset] ^ UInt8.random(in: 1...255, using: &random)
      try data.write(to: URL(fileURLWithPath: path))
      data[offset] = original[offset]
      do {
        let model = try LanguageModel.load(path: path, pool: pool)
        let logits = model.logits(of: [0, TokenID(model.vocabularySize - 1)])
        #expect(logits.map(\.count) == [model.vocabularySize, model.vocabularySize])
        loadedCount += 1
      } catch {
        #expect(error.message.contains(path))
      }
    }
    // A name of a token may be any other; a name of a tensor may not.
    #expect(loadedCount > 0 && loadedCount < headerCount)
  }

  /// A terabyte of weights in a file that takes no space.
  @Test func weightsThatDoNotFitIntoMemoryAreAnError() throws {
    let source = GoldenModels.folder + "/tiny-f32.gguf"
    var data = try Data(contentsOf: URL(fileURLWithPath: source))
    let last = try #require(try GGUFFile(path: source).tensors.values.max { $0.byteRange.lowerBound < $1.byteRange.lowerBound })
    let entry = withUnsafeBytes(of: UInt64(last.name.utf8.count).littleEndian) { Data($0) } + Data(last.name.utf8)
    // After the name: the number of dimensions, 4 bytes, and the dimensions.
    let dimension = try #require(data.range(of: entry)).upperBound + 4 + 8 * (last.shape.count - 1)
    let rowByteCount = last.byteRange.count / (last.shape.last ?? 1)
    let rowCount = (1 << 40) / rowByteCount
    withUnsafeBytes(of: UInt64(rowCount).littleEndian) { data.replaceSubrange(dimension..<dimension + 8, with: $0) }
    try data.write(to: URL(fileURLWithPath: path))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: UInt64(last.byteRange.lowerBound + rowCount * rowByteCount))
    try handle.close()
    let error = #expect(throws: InferenceError.self) { try LanguageModel.load(path: path) }
    #expect(error?.code == "model_too_large")
    #expect(error?.why?.contains("1048576 MiB") == true, "\(error?.why ?? "")")
  }

  @Test func whatIsNoNumberIsNeverChosen() {
    for temperature in [0.0, 0.5, 1e-300, 1e300] {
      var sampler = Sampler(temperature: temperature, seed: 7)
      for _ in 0..<50 { #expect([2, 4].contains(sampler.choose(from: [.nan, .infinity, 1, -.infinity, 0.5, .nan]))) }
      #expect(sampler.choose(from: [.nan, .infinity]) == nil)
      #expect(sampler.choose(from: []) == nil)
    }
    var greedy = Sampler(temperature: 0, seed: 0)
    #expect(greedy.choose(from: [1, 3, 3, 2]) == 1)
  }
}
