/// A vocabulary and a text made of any bytes, so that a fuzzer's changes are changes of pieces and not of lengths.
///
/// A byte of flags, then lines: pieces (their first byte tells their type and score) up to an empty line, merges up to an empty line, a text.
struct VocabularyRecipe {
  enum Model: String, CaseIterable { case gpt2, llama, bert }

  let model: Model
  let pre: String
  /// Whether every byte is a token by itself.
  let hasAllBytes: Bool
  let addsMark: Bool
  let pieces: [(text: String, type: Int32, score: Float)]
  let merges: [String]
  let text: [UInt8]

  private static let pres = ["gpt-2", "smollm", "llama-bpe", "qwen2"]

  init(_ input: [UInt8]) {
    let flags = input.first ?? 0
    model = Model.allCases[Int(flags) % 3]
    pre = Self.pres[Int(flags) / 3 % 4]
    hasAllBytes = flags & 64 != 0
    addsMark = flags & 128 != 0
    var parts = [[[UInt8]](), [], []]
    var part = 0
    for line in input.dropFirst().split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.isEmpty, part < 2 { part += 1 } else { parts[part].append(Array(line)) }
    }
    let byteModel = model
    var pieces: [(text: String, type: Int32, score: Float)] =
      hasAllBytes ? (0...255).map { (Self.piece(of: UInt8($0), byteModel), byteModel == .llama ? 6 : 1, 0) } : []
    pieces += parts[0].map { (String(decoding: $0.dropFirst(), as: UTF8.self), Int32($0[0] & 7), Float(Int8(bitPattern: $0[0])) / 4) }
    self.pieces = pieces
    merges = parts[1].map { String(decoding: $0, as: UTF8.self) }
    text = Array(parts[2].joined(separator: [0x0A]))
  }

  /// A byte as a vocabulary of each kind writes it.
  private static func piece(of byte: UInt8, _ model: Model) -> String {
    if model == .llama { return "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">" }
    let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].contains { $0.contains(Int(byte)) }
    let before = (0..<byte).count { byte in ![0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF].contains { $0.contains(Int(byte)) } }
    return String(Unicode.Scalar(printable ? UInt32(byte) : 256 + UInt32(before)) ?? "?")
  }

  var file: [UInt8] {
    var metadata = GGUFMetadata()
    metadata.add("tokenizer.ggml.model", model.rawValue)
    metadata.add("tokenizer.ggml.pre", pre)
    metadata.add("tokenizer.ggml.tokens", pieces.map(\.text))
    metadata.add("tokenizer.ggml.token_type", pieces.map(\.type))
    metadata.add("tokenizer.ggml.scores", pieces.map(\.score))
    metadata.add("tokenizer.ggml.merges", merges)
    for key in ["bos", "eos", "unknown", "cls", "seperator", "padding"] { metadata.add("tokenizer.ggml.\(key)_token_id", UInt32(text.count % 7)) }
    if addsMark { metadata.add("tokenizer.chat_template", merges.joined()) }
    return metadata.file
  }
}
