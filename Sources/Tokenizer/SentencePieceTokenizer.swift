import ModelFile

/// SentencePiece's BPE with scores (Kudo & Richardson 2018), as Llama 2 and Gemma use it: spaces become ▁, the best-scored merge goes first,
/// and what has no piece falls back to bytes.
struct SentencePieceTokenizer: TextTokenizer {
  private let vocabulary: Vocabulary
  private let scores: [Float]
  private let pieces: ByteStringTable
  private let byteTokens: [TokenID]?
  private let unknown: TokenID
  private let addsSpacePrefix: Bool

  var vocabularySize: Int { vocabulary.size }
  var beginOfText: TokenID? { vocabulary.beginOfText }
  var addsBeginOfText: Bool { vocabulary.addsBeginOfText }
  var endOfGeneration: Set<TokenID> { vocabulary.endOfGeneration }

  private static let space = Array("▁".utf8)

  init(gguf: GGUFFile) throws(TokenizerError) {
    vocabulary = try Vocabulary(gguf: gguf) { $0 }
    guard let scores = gguf.metadata["tokenizer.ggml.scores"]?.floats, scores.count == vocabulary.size else {
      throw .file(gguf.path, "tokenizer.ggml.scores is not there for every token")
    }
    self.scores = scores
    var pieces = ByteStringTable(capacity: vocabulary.size)
    var byteTokens = [TokenID](repeating: -1, count: 256)
    for token in 0..<vocabulary.size {
      let id = TokenID(token)
      let bytes = vocabulary.bytes(of: id)
      if vocabulary.isByte(id) {
        // Written <0xAB>.
        guard bytes.count == 6, let value = UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16) else {
          throw .file(gguf.path, "a byte token is written \(String(decoding: bytes, as: UTF8.self))")
        }
        byteTokens[Int(value)] = id
      } else if !vocabulary.isControl(id) {
        pieces.insert(bytes, id)
      }
    }
    self.pieces = pieces
    self.byteTokens = byteTokens.contains(-1) ? nil : byteTokens
    let unknown = gguf.metadata["tokenizer.ggml.unknown_token_id"]?.int ?? 0
    guard (0..<vocabulary.size).contains(unknown) else { throw .file(gguf.path, "its unknown token is \(unknown), outside the vocabulary") }
    self.unknown = TokenID(unknown)
    addsSpacePrefix = gguf.metadata["tokenizer.ggml.add_space_prefix"]?.bool ?? true
  }

  func encode(bytes: [UInt8]) -> [TokenID] {
    guard !bytes.isEmpty else { return [] }
    var text = addsSpacePrefix ? Self.space : []
    for byte in bytes { if byte == 0x20 { text += Self.space } else { text.append(byte) } }

    // Symbols are stretches of the text; the queue sees them as numbers of their own, because many are not pieces yet.
    var starts: [Int] = []
    var position = 0
    while position < text.count {
      starts.append(position)
      position += 1
      while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
    }
    var ranges = starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : text.count) }
    let symbols = MergeQueue.merge(ranges.indices.map { TokenID($0) }) { left, right in
      let range = ranges[Int(left)].lowerBound..<ranges[Int(right)].upperBound
      guard range.count <= pieces.longestKeyByteCount, let token = pieces.value(of: text, range) else { return nil }
      ranges.append(range)
      return (Self.priority(of: scores[Int(token)]), TokenID(ranges.count - 1))
    }
    return symbols.flatMap { symbol -> [TokenID] in
      let range = ranges[Int(symbol)]
      if let token = pieces.value(of: text, range) { return [token] }
      if let byteTokens { return range.map { byteTokens[Int(text[$0])] } }
      return [unknown]
    }
  }

  /// A number that is smaller the higher the score is: the order of floats read as sign-magnitude integers (IEEE 754, 5.10), reversed.
  private static func priority(of score: Float) -> Int32 {
    let bits = Int32(bitPattern: score.bitPattern)
    return ~(bits < 0 ? bits ^ Int32.max : bits)
  }

  func bytes(of token: TokenID) -> [UInt8] {
    if vocabulary.isControl(token) { return [] }
    let bytes = vocabulary.bytes(of: token)
    if vocabulary.isByte(token) { return [UInt8(String(decoding: bytes[3..<5], as: UTF8.self), radix: 16) ?? 0] }
    var text: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position...].starts(with: Self.space) {
        text.append(0x20)
        position += Self.space.count
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    return text
  }

  func controlToken(_ name: String) -> TokenID? { vocabulary.controlToken(name) }
}
