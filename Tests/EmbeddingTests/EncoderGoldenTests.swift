import Embedding
import Foundation
import Inference
import Testing

/// Tiny random encoders of every kind against what `transformers` makes of them: folders and GGUF files, [CLS] and mean, learned positions and
/// rotation, GELU and gated SiLU, with biases and without.
@Suite struct EncoderGoldenTests {
  /// A tensor without rows: said, not trapped on.
  @Test func anEncoderWithoutTokenTypesIsRefused() throws {
    let source = #filePath.replacingOccurrences(of: "EmbeddingTests/EncoderGoldenTests.swift", with: "Golden/encoders/bert")
    let folder = FileManager.default.temporaryDirectory.path + "/encoder-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: source, toPath: folder)
    let url = URL(fileURLWithPath: folder + "/model.safetensors")
    let bytes = try Data(contentsOf: url)
    let length = bytes.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    var header = try #require(try JSONSerialization.jsonObject(with: bytes[8..<8 + length]) as? [String: Any])
    let name = try #require(header.keys.first { $0.hasSuffix("token_type_embeddings.weight") })
    var tensor = try #require(header[name] as? [String: Any])
    let shape = try #require(tensor["shape"] as? [Int]), offsets = try #require(tensor["data_offsets"] as? [Int])
    tensor["shape"] = [0, shape[1]]
    tensor["data_offsets"] = [offsets[0], offsets[0]]
    header[name] = tensor
    let text = try JSONSerialization.data(withJSONObject: header)
    let size = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    try (Data(size) + text + bytes[(8 + length)...]).write(to: url)
    #expect(throws: EmbeddingError.self) { try Embedder(path: folder) }
  }

  static let names = ["bert", "bert.gguf", "nomic", "nomic.gguf"]

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/encoders")

  private struct Golden {
    var texts: [String]
    var vectors: [String: [[Float]]]
  }

  private static func golden() throws -> Golden {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent("vectors.json")))
    var members = try #require(object as? [String: Any])
    let texts = try #require(members.removeValue(forKey: "texts") as? [String])
    return Golden(texts: texts, vectors: try members.mapValues { try #require($0 as? [[Double]]).map { $0.map(Float.init) } })
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test(arguments: names) func vectorsAreTheReferences(name: String) throws {
    let golden = try Self.golden()
    let expected = try #require(golden.vectors[name])
    let embedder = try Embedder(path: Self.folder.appendingPathComponent(name).path, precision: .float32)
    #expect(embedder.maximumTokenCount == 24)
    let vectors = try embedder.embed(golden.texts)
    for (index, text) in golden.texts.enumerated() {
      let worst = zip(vectors[index], expected[index]).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 2e-5, "\(text)")
    }
    #expect(Self.cosine(expected[0], expected[1]) < 0.99, "other texts have other vectors")
    #expect(vectors[6] != vectors[7], "a long text is cut, not emptied")
  }

  @Test(arguments: names) func eightBitsAreClose(name: String) throws {
    let golden = try Self.golden()
    let expected = try #require(golden.vectors[name])
    let path = Self.folder.appendingPathComponent(name).path
    let vectors = try Embedder(path: path).embed(golden.texts)
    let cosines = zip(vectors, expected).map(Self.cosine)
    #expect(cosines.reduce(0, +) / Float(cosines.count) >= 0.999)
    // Alone, in company, with other numbers of threads: the same bits.
    for threadCount in [1, 3] {
      let embedder = try Embedder(path: path, pool: ComputePool(threadCount: threadCount))
      #expect(try golden.texts.map { try embedder.embed([$0])[0] } == vectors)
    }
  }

  /// The tokenizer in a GGUF file cuts words as the one in the folder does.
  @Test func tokensOfBothKindsOfFileAreTheSame() throws {
    let texts = try Self.golden().texts + ["The Sea's lighthouses; houser?", "dogcatdog zzz9 ##s", "[CLS] cat [SEP]"]
    let fromFolder = try Embedder(path: Self.folder.appendingPathComponent("bert").path)
    let fromGGUF = try Embedder(path: Self.folder.appendingPathComponent("bert.gguf").path)
    for text in texts { #expect(fromFolder.tokenCount(of: text) == fromGGUF.tokenCount(of: text), "\(text)") }
  }

  /// A file of another kind is named, with the known ones.
  @Test func otherGGUFFilesAreRefused() throws {
    let decoder = Self.folder.deletingLastPathComponent().appendingPathComponent("inference/tiny-f32.gguf").path
    let error = try #require(throws: EmbeddingError.self) { try Embedder(path: decoder) }
    #expect(error.why == "its architecture is llama")
    #expect(error.remedy?.contains("nomic-bert") == true)
    #expect(throws: EmbeddingError.self) { try Embedder(path: "/nowhere.gguf") }
  }

  /// Cut short anywhere, a file is an error, never a crash.
  @Test(arguments: ["bert.gguf", "nomic.gguf"]) func truncatedFiles(name: String) throws {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent(name))
    let path = FileManager.default.temporaryDirectory.path + "/encoder-\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    for count in stride(from: 0, to: data.count, by: 997) {
      try data.prefix(count).write(to: URL(fileURLWithPath: path))
      #expect(throws: EmbeddingError.self) { try Embedder(path: path) }
    }
  }
}
