import Foundation
import Inference
import ModelFile
import Testing
import Tokenizer

/// Every architecture on a tiny random model, against `transformers`; `Tests/Golden/README.md` says how they were made.
@Suite struct ArchitectureTests {
  static let names = ["llama3", "qwen2", "qwen3-yarn", "gemma3", "lfm2", "smollm3"]
  /// `split` is a qwen2 in three files.
  private static let goldenNames = names + ["split"]
  static let folder = URL(fileURLWithPath: GoldenModels.folder).deletingLastPathComponent().appendingPathComponent("architectures").path

  static func path(_ name: String) -> String { "\(folder)/\(name)\(name == "split" ? "-00002-of-00003" : "").gguf" }

  private struct Golden: Decodable {
    var tokens: [TokenID]
    var positions: [Int]
    var logits: [[Float]]
  }

  /// Weights are the same numbers, activations are floats, and keys, values and convolution inputs are rounded to half precision in both: most
  /// logits agree to 3e-6. Where a number lies between two halves they may round it differently; measured: up to 3.2e-4. Without any rounding
  /// `transformers` is up to 9e-3 away, so a tolerance below that shows what a wrong constant does.
  @Test(arguments: goldenNames)
  func logitsAreThoseOfTransformers(name: String) throws {
    let model = try LanguageModel.load(path: Self.path(name), keyValueType: .f16)
    let rows = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).json")))
    #expect(rows.contains { $0.tokens.count > 128 }, "too short for the window and for two blocks of the cache")
    for row in rows {
      let logits = model.logits(of: row.tokens)
      for (position, expected) in zip(row.positions, row.logits) {
        let off = zip(logits[position], expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(off < 1e-3, "\(name), position \(position) of \(row.tokens.count): off by \(off)")
      }
    }
  }

  /// 200 positions: four blocks of the cache, many of Gemma's windows of 24, and LFM2's convolutions over the borders of all of them.
  @Test(arguments: names)
  func splittingAPromptChangesNothing(name: String) throws {
    let model = try LanguageModel.load(path: Self.path(name))
    var random = Seeded(state: 41)
    let tokens = random.tokens(200)
    let whole = model.logits(of: tokens)
    for split in [1, 2, 23, 24, 25, 63, 64, 65] + (0..<6).map({ _ in Int.random(in: 1...199, using: &random) }) {
      #expect(model.logits(of: tokens, split: split) == whole, "\(name), split \(split)")
    }
    let alone = try LanguageModel.load(path: Self.path(name), pool: ComputePool(threadCount: 1))
    #expect(alone.logits(of: tokens) == whole, "\(name), one thread")
  }

  @Test(arguments: names)
  func aReusedPrefixChangesNothing(name: String) throws {
    let model = try LanguageModel.load(path: Self.path(name))
    var random = Seeded(state: 43)
    let tokens = random.tokens(150)
    let whole = model.logits(of: tokens)
    for count in [1, 2, 23, 24, 25, 62, 63, 64, 65, 66, 128, 149] {
      // What was read after the prefix must leave no trace, within its block or beyond.
      let earlier = tokens.prefix(count) + random.tokens(80)
      #expect(model.logits(of: tokens, reusing: count, of: Array(earlier)) == Array(whole[count...]), "\(name), \(count) reused")
    }
  }

  // MARK: Files that are not right

  /// A name as GGUF writes it, its length first, so that it is not found within another one.
  private static func entry(_ name: String) -> Data { withUnsafeBytes(of: UInt64(name.utf8.count).littleEndian) { Data($0) } + Data(name.utf8) }

  /// A golden file with the number of a metadata entry, four bytes, overwritten.
  private static func changed(_ name: String, _ key: String, to value: UInt32) throws -> Data {
    var data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
    // After the key: the value's type, 4 bytes.
    let place = try #require(data.range(of: entry(key))).upperBound + 4
    withUnsafeBytes(of: value.littleEndian) { data.replaceSubrange(place..<place + 4, with: $0) }
    return data
  }

  private static func load(_ data: Data) throws -> LanguageModel {
    let path = FileManager.default.temporaryDirectory.path + "/quarry-architecture-\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try data.write(to: URL(fileURLWithPath: path))
    return try LanguageModel.load(path: path)
  }

  @Test(arguments: [
    ("gemma3", "gemma3.attention.sliding_window", 0 as UInt32), ("gemma3", "gemma3.attention.sliding_window", .max),
    ("gemma3", "gemma3.attention.value_length", 8), ("gemma3", "gemma3.attention.head_count", 3),
    ("qwen2", "qwen2.attention.head_count", 5), ("qwen2", "qwen2.attention.head_count_kv", 3), ("qwen2", "qwen2.attention.head_count_kv", 0),
    ("qwen2", "qwen2.attention.head_count_kv", 1), ("qwen2", "qwen2.embedding_length", 48), ("qwen2", "qwen2.block_count", 3),
    ("qwen2", "qwen2.block_count", 1), ("qwen3-yarn", "qwen3.attention.key_length", 12),
    ("qwen3-yarn", "qwen3.rope.scaling.factor", Float(0).bitPattern), ("qwen3-yarn", "qwen3.rope.scaling.factor", Float.nan.bitPattern),
    ("qwen3-yarn", "qwen3.rope.scaling.original_context_length", 0), ("llama3", "llama.rope.dimension_count", 32),
    ("llama3", "llama.rope.dimension_count", 8), ("llama3", "llama.rope.freq_base", Float(-1).bitPattern),
    ("lfm2", "lfm2.shortconv.l_cache", 0), ("lfm2", "lfm2.shortconv.l_cache", 4), ("lfm2", "lfm2.shortconv.l_cache", .max),
    ("smollm3", "smollm3.context_length", 0), ("smollm3", "smollm3.feed_forward_length", 96),
  ])
  func aDamagedConfigurationIsAnError(name: String, key: String, value: UInt32) throws {
    let data = try Self.changed(name, key, to: value)
    #expect(throws: InferenceError.self, "\(key) = \(value)") { try Self.load(data) }
  }

  /// One tensor under another name: the one is missing, the other is left over.
  @Test(arguments: [
    ("lfm2", "blk.0.shortconv.conv.weight"), ("lfm2", "blk.2.shortconv.in_proj.weight"), ("lfm2", "blk.3.shortconv.out_proj.weight"),
    ("lfm2", "blk.1.attn_q_norm.weight"), ("lfm2", "token_embd_norm.weight"), ("gemma3", "blk.6.post_ffw_norm.weight"),
    ("gemma3", "blk.0.post_attention_norm.weight"), ("qwen2", "blk.1.attn_v.bias"), ("qwen3-yarn", "blk.0.attn_k_norm.weight"),
    ("llama3", "output_norm.weight"), ("smollm3", "blk.4.ffn_down.weight"),
  ])
  func aMissingTensorIsNamed(name: String, tensor: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: Self.path(name)))
    data[try #require(data.range(of: Self.entry(tensor))).lowerBound + 8] = UInt8(ascii: "x")
    let error = #expect(throws: InferenceError.self) { try Self.load(data) }
    #expect(error?.why?.contains(tensor) == true, "\(error?.why ?? "")")
  }

  /// `rope_freqs.weight` and `output.weight` may be missing; under another name they are something that is not computed.
  @Test(arguments: ["rope_freqs.weight", "output.weight"])
  func aTensorThatNobodyUsesIsRefused(tensor: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: Self.path("llama3")))
    data[try #require(data.range(of: Self.entry(tensor))).lowerBound + 8] = UInt8(ascii: "x")
    let error = #expect(throws: InferenceError.self) { try Self.load(data) }
    #expect(error?.why?.contains("x" + tensor.dropFirst()) == true)
  }

  /// A model of one architecture under another's name lacks something, or has something over.
  @Test(arguments: [("qwen2", "qwen3"), ("qwen3-yarn", "qwen2")])
  func anotherArchitecturesTensorsAreRefused(name: String, other: String) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: Self.path(name)))
    let own = String(name.prefix(5))
    while let place = data.range(of: Data(own.utf8)) { data.replaceSubrange(place, with: Data(other.utf8)) }
    #expect(throws: InferenceError.self) { try Self.load(data) }
  }

  /// The same numbers in every run (a linear congruential generator; Knuth's MMIX constants).
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 33)
    }

    mutating func tokens(_ count: Int) -> [TokenID] { (0..<count).map { _ in TokenID.random(in: 0..<128, using: &self) } }
  }
}
