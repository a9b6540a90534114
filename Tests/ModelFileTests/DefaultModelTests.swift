import Foundation
import ModelFile
import Testing

/// The files that users run: every tensor of the default models, as `models.md` of the reference lists them.
@Suite struct DefaultModelTests {
  /// A file of the models folder; the test fails with words when it is not there.
  private func model(_ name: String) throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    let path = folder + "/" + name
    try #require(FileManager.default.fileExists(atPath: path), "\(path) is not there: run `make models`")
    return path
  }

  @Test func smolLM2() throws {
    let gguf = try GGUFFile(path: model("SmolLM2-135M-Instruct.Q4_1.gguf"))
    #expect(gguf.version == 3)
    #expect(try gguf.string("general.architecture") == "llama")
    #expect(try gguf.integer("llama.block_count", in: 1...1000) == 30)
    #expect(gguf.metadata["tokenizer.ggml.tokens"]?.strings?.count == 49152)
    #expect(Dictionary(grouping: gguf.tensors.values, by: \.type).mapValues(\.count) == [.q4_1: 210, .q8_0: 1, .f32: 61])
    #expect(try gguf.tensor("token_embd.weight", shape: [576, 49152]).type == .q8_0)
    #expect(tile(gguf.tensors.values.map(\.byteRange), alignment: 32, endingAt: gguf.file.byteCount))
  }

  @Test func miniLM() throws {
    let safetensors = try SafetensorsFile(path: model("all-MiniLM-L6-v2/model.safetensors"))
    #expect(Dictionary(grouping: safetensors.tensors.values, by: \.type).mapValues(\.count) == [.f32: 103, .i64: 1])
    #expect(try safetensors.tensor("embeddings.word_embeddings.weight", shape: [384, 30522]).type == .f32)
    #expect(tile(safetensors.tensors.values.map(\.byteRange), alignment: 1, endingAt: safetensors.file.byteCount))
  }

  /// Whether the ranges follow one another to the end of the file, with less than `alignment` bytes between them.
  private func tile(_ ranges: [Range<Int>], alignment: Int, endingAt end: Int) -> Bool {
    let sorted = ranges.sorted { $0.lowerBound < $1.lowerBound }
    let gaps = zip(sorted, sorted.dropFirst()).map { $1.lowerBound - $0.upperBound } + [end - (sorted.last?.upperBound ?? 0)]
    return gaps.allSatisfy { (0..<alignment).contains($0) }
  }
}
