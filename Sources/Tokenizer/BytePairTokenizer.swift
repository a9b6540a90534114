import ModelFile

/// Byte-level byte-pair encoding, as GPT-2 introduced it (Radford et al. 2019): any bytes can be encoded, and come back the same.
struct BytePairTokenizer: TextTokenizer {
  private let vocabulary: Vocabulary
  private let preTokenizer: PreTokenizer
  /// Whether a piece that is a token as a whole is taken as it is, whatever the merges say (Llama 3).
  private let ignoresMerges: Bool
  private let merges: [UInt64: (priority: Int32, token: TokenID)]
  /// `noToken` for the few control bytes that a vocabulary may lack; they are left out, as the models' own tokenizers do.
  private let byteTokens: [TokenID]
  private static let noToken: TokenID = -1
  private let pieces: ByteStringTable

  /// The pre-tokenizers that are known, by `tokenizer.ggml.pre`.
  static let preTokenizers: [String: (PreTokenizer, ignoresMerges: Bool)] = [
    "gpt-2": (.gpt2, false), "default": (.gpt2, false), "smollm": (.smollm, false), "llama-bpe": (.llama3, true), "qwen2": (.qwen2, false),
    // Llama 3's under other names: older files of Llama 3 itself, LFM2, and SmolLM3.
    "llama3": (.llama3, true), "llama-v3": (.llama3, true), "lfm2": (.llama3, true), "smaug-bpe": (.llama3, true),
    // Qwen 2's: the models distilled from DeepSeek R1.
    "deepseek-r1-qwen": (.qwen2, false),
  ]

  var vocabularySize: Int { vocabulary.size }
  var beginOfText: TokenID? { vocabulary.beginOfText }
  var addsBeginOfText: Bool { vocabulary.addsBeginOfText }
  var endOfGeneration: Set<TokenID> { vocabulary.endOfGeneration }

  init(gguf: GGUFFile) throws(TokenizerError) {
    let name = gguf.metadata["tokenizer.ggml.pre"]?.string ?? "default"
    guard let (preTokenizer, ignoresMerges) = Self.preTokenizers[name] else {
      throw .unsupported("pre-tokenizer \(name)", in: gguf.path, known: Self.preTokenizers.keys.sorted())
    }
    guard let lines = gguf.metadata["tokenizer.ggml.merges"]?.strings else { throw .file(gguf.path, "tokenizer.ggml.merges is not there") }
    vocabulary = try Vocabulary(gguf: gguf, bytes: Self.bytes(ofPiece:))
    self.preTokenizer = preTokenizer
    self.ignoresMerges = ignoresMerges

    var pieces = ByteStringTable(capacity: vocabulary.size)
    for token in 0..<vocabulary.size where !vocabulary.isControl(TokenID(token)) {
      pieces.insert(vocabulary.bytes(of: TokenID(token)), TokenID(token))
    }
    var byteTokens: [TokenID] = []
    for byte in UInt8.min...UInt8.max {
      byteTokens.append(pieces.value(of: [byte], 0..<1) ?? Self.noToken)
    }

    var merges: [UInt64: (priority: Int32, token: TokenID)] = [:]
    merges.reserveCapacity(lines.count)
    for (rank, line) in lines.enumerated() {
      let utf8 = Array(line.utf8)
      guard let space = utf8.dropFirst().firstIndex(of: 0x20) else { throw .file(gguf.path, "merge \(rank) is not two pieces: \(line)") }
      let left = Self.bytes(ofPiece: utf8[..<space])
      let right = Self.bytes(ofPiece: utf8[(space + 1)...])
      let both = left + right
      guard let first = pieces.value(of: left, left.indices), let second = pieces.value(of: right, right.indices),
        let merged = pieces.value(of: both, both.indices)
      else { throw .file(gguf.path, "merge \(rank) is of pieces that the vocabulary does not have: \(line)") }
      let key = Self.key(first, second)
      if merges[key] == nil { merges[key] = (Int32(rank), merged) }
    }
    self.pieces = pieces
    self.byteTokens = byteTokens
    self.merges = merges
  }

  func encode(bytes: [UInt8]) -> [TokenID] {
    var tokens: [TokenID] = []
    preTokenizer.forEachPiece(of: bytes) { range in
      if ignoresMerges, let whole = pieces.value(of: bytes, range) {
        tokens.append(whole)
      } else {
        let word = range.map { byteTokens[Int(bytes[$0])] }.filter { $0 != Self.noToken }
        tokens += MergeQueue.merge(word) { merges[Self.key($0, $1)] }
      }
    }
    return tokens
  }

  func bytes(of token: TokenID) -> [UInt8] { vocabulary.isControl(token) ? [] : vocabulary.bytes(of: token) }
  func controlToken(_ name: String) -> TokenID? { vocabulary.controlToken(name) }

  private static func key(_ a: TokenID, _ b: TokenID) -> UInt64 { UInt64(UInt32(bitPattern: a)) << 32 | UInt64(UInt32(bitPattern: b)) }

  /// The bytes that a piece stands for. Pieces are written with a printable character for every byte (GPT-2's `bytes_to_unicode`); a
  /// character outside that table stands for its own UTF-8.
  private static func bytes(ofPiece piece: some Sequence<UInt8>) -> [UInt8] {
    String(decoding: Array(piece), as: UTF8.self).unicodeScalars.flatMap { scalar -> [UInt8] in
      byteOfScalar[scalar.value].map { [$0] } ?? Array(String(scalar).utf8)
    }
  }

  private static let byteOfScalar: [UInt32: UInt8] = {
    let printable = Array(0x21...0x7E) + Array(0xA1...0xAC) + Array(0xAE...0xFF)
    var table = Dictionary(uniqueKeysWithValues: printable.map { (UInt32($0), UInt8($0)) })
    var next: UInt32 = 256
    for byte in 0...255 where !printable.contains(byte) {
      table[next] = UInt8(byte)
      next += 1
    }
    return table
  }()
}
