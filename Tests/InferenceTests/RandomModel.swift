import Foundation

/// A llama of one layer whose weights are random blocks of one storage type, as a GGUF file: no converter writes every type.
///
/// 256 wide, as blocks of K types are; the scales inside a block are small and finite, all its other bits are drawn.
struct RandomModel {
  /// A storage type: its number in GGUF, its block, and where a block's 16-bit scales stand (ggml-common.h's layouts).
  struct Kind: Sendable, CustomStringConvertible {
    let name: String
    let number: UInt32
    let elementCount: Int
    let byteCount: Int
    let scales: [Int]
    var description: String { name }
  }

  static let kinds = [
    Kind(name: "q5_0", number: 6, elementCount: 32, byteCount: 22, scales: [0]),
    Kind(name: "q5_1", number: 7, elementCount: 32, byteCount: 24, scales: [0, 2]),
    Kind(name: "q2_k", number: 10, elementCount: 256, byteCount: 84, scales: [80, 82]),
    Kind(name: "q3_k", number: 11, elementCount: 256, byteCount: 110, scales: [108]),
    Kind(name: "q4_k", number: 12, elementCount: 256, byteCount: 144, scales: [0, 2]),
    Kind(name: "q5_k", number: 13, elementCount: 256, byteCount: 176, scales: [0, 2]),
    Kind(name: "q6_k", number: 14, elementCount: 256, byteCount: 210, scales: [208]),
    Kind(name: "iq4_nl", number: 20, elementCount: 32, byteCount: 18, scales: [0]),
    Kind(name: "iq4_xs", number: 23, elementCount: 256, byteCount: 136, scales: [0]),
    // Its scale is a byte: a power of two.
    Kind(name: "mxfp4", number: 39, elementCount: 32, byteCount: 17, scales: []),
  ]

  static let tokenCount = 64
  private static let width = 256
  private static let wide = 512

  /// The bytes of a model's file.
  static func file(_ kind: Kind, seed: UInt64) -> Data {
    var random = SeededGenerator(seed: seed)
    var header = Data()
    var weights = Data()
    var tensors: [(name: String, shape: [Int], type: UInt32, offset: Int)] = []
    func bytes<T: FixedWidthInteger>(_ value: T) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
    func string(_ text: String) -> Data { bytes(UInt64(text.utf8.count)) + Data(text.utf8) }

    func block() -> Data {
      var block = Data((0..<kind.byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) })
      for place in kind.scales {
        // 2^-11 to 2^-9: sums of a row stay near one.
        let scale = UInt16(4 + UInt16.random(in: 0...1, using: &random)) << 10 | UInt16.random(in: 0..<1024, using: &random)
        block.replaceSubrange(place..<place + 2, with: bytes(scale))
      }
      if kind.scales.isEmpty { block[0] = UInt8.random(in: 118...120, using: &random) }
      return block
    }
    func matrix(_ name: String, _ rows: Int, _ columns: Int) {
      while weights.count % 32 != 0 { weights.append(0) }
      tensors.append((name, [columns, rows], kind.number, weights.count))
      for _ in 0..<rows * columns / kind.elementCount { weights += block() }
    }
    func vector(_ name: String) {
      while weights.count % 32 != 0 { weights.append(0) }
      tensors.append((name, [width], 0, weights.count))
      for _ in 0..<width { weights += bytes(Float.random(in: 0.9...1.1, using: &random).bitPattern) }
    }
    matrix("token_embd.weight", tokenCount, width)
    vector("blk.0.attn_norm.weight")
    vector("blk.0.ffn_norm.weight")
    for (part, rows, columns) in [
      ("attn_q", width, width), ("attn_k", 64, width), ("attn_v", 64, width), ("attn_output", width, width), ("ffn_gate", wide, width),
      ("ffn_up", wide, width), ("ffn_down", width, wide),
    ] { matrix("blk.0.\(part).weight", rows, columns) }
    vector("output_norm.weight")

    // One letter each, so that every byte of the alphabet need not be there.
    let tokens = (0..<tokenCount).map { String(UnicodeScalar(UInt8(0x30 + $0))) }
    var entries: [(key: String, type: UInt32, value: Data)] = [
      ("general.architecture", 8, string("llama")), ("tokenizer.ggml.model", 8, string("gpt2")), ("tokenizer.ggml.pre", 8, string("gpt-2")),
      ("tokenizer.ggml.tokens", 9, bytes(UInt32(8)) + bytes(UInt64(tokenCount)) + tokens.reduce(Data()) { $0 + string($1) }),
      (
        "tokenizer.ggml.token_type", 9,
        bytes(UInt32(5)) + bytes(UInt64(tokenCount)) + (0..<tokenCount).reduce(Data()) { $0 + bytes(Int32($1 == 0 ? 3 : 1)) }
      ),
      ("tokenizer.ggml.merges", 9, bytes(UInt32(8)) + bytes(UInt64(0))), ("tokenizer.ggml.eos_token_id", 4, bytes(UInt32(0))),
      ("llama.attention.layer_norm_rms_epsilon", 6, bytes(Float(1e-5).bitPattern)), ("llama.rope.freq_base", 6, bytes(Float(10_000).bitPattern)),
    ]
    for (key, value) in [
      ("block_count", 1), ("context_length", 512), ("embedding_length", width), ("feed_forward_length", wide), ("attention.head_count", 8),
      ("attention.head_count_kv", 2),
    ] { entries.append(("llama.\(key)", 4, bytes(UInt32(value)))) }
    header += Data("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(tensors.count)) + bytes(UInt64(entries.count))
    for entry in entries { header += string(entry.key) + bytes(entry.type) + entry.value }
    for tensor in tensors {
      header += string(tensor.name) + bytes(UInt32(tensor.shape.count)) + tensor.shape.reduce(Data()) { $0 + bytes(UInt64($1)) }
      header += bytes(tensor.type) + bytes(UInt64(tensor.offset))
    }
    while header.count % 32 != 0 { header.append(0) }
    return header + weights
  }
}
