import ModelFile

/// SentencePiece's BPE with scores (Kudo & Richardson 2018), as Llama 2 and Gemma use it: spaces become ▁, user-defined pieces are taken as they
/// stand, in what is between them the best-scored merge goes first, and what has no piece falls back to bytes.
struct SentencePieceTokenizer: TextTokenizer {
  private let vocabulary: Vocabulary
  private let scores: [Float]
  private let pieces: ByteStringTable
  /// Pieces that are found before any merge, the longest first: Gemma's runs of spaces and line ends, and its HTML tags.
  private let userDefined: ByteStringTable
  private let startsUserDefined: [Bool]
  private let byteTokens: [TokenID]?
  private let unknown: TokenID
  private let addsSpacePrefix: Bool

  var vocabularySize: Int { vocabulary.size }
  var beginOfText: TokenID? { vocabulary.beginOfText }
  var addsBeginOfText: Bool { vocabulary.addsBeginOfText }
  var endOfGeneration: Set<TokenID> { vocabulary.endOfGeneration }

  private static let space = Array("▁".utf8)
  /// Every place of a text may be compared with this many bytes; real pieces have less than a hundred. Longer ones are left to the merges.
  private static let userDefinedByteLimit = 256

  init(gguf: GGUFFile) throws(TokenizerError) {
    vocabulary = try Vocabulary(gguf: gguf) { $0 }
    guard let scores = gguf.metadata["tokenizer.ggml.scores"]?.floats, scores.count == vocabulary.size else {
      throw .file(gguf.path, "tokenizer.ggml.scores is not there for every token")
    }
    self.scores = scores
    var pieces = ByteStringTable(capacity: vocabulary.size)
    var userDefined = ByteStringTable(capacity: vocabulary.size)
    var startsUserDefined = [Bool](repeating: false, count: 256)
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
      } else if vocabulary.isUserDefined(id), let first = bytes.first, bytes.count <= Self.userDefinedByteLimit {
        // Converters write the spaces of these pieces as spaces, of the others as ▁.
        userDefined.insert(Self.marked(bytes), id)
        startsUserDefined[Int(first == 0x20 ? Self.space[0] : first)] = true
      } else if !vocabulary.isControl(id) {
        pieces.insert(bytes, id)
      }
    }
    self.pieces = pieces
    self.userDefined = userDefined
    self.startsUserDefined = startsUserDefined
    self.byteTokens = byteTokens.contains(-1) ? nil : byteTokens
    let unknown = gguf.metadata["tokenizer.ggml.unknown_token_id"]?.int ?? 0
    guard (0..<vocabulary.size).contains(unknown) else { throw .file(gguf.path, "its unknown token is \(unknown), outside the vocabulary") }
    self.unknown = TokenID(unknown)
    addsSpacePrefix = gguf.metadata["tokenizer.ggml.add_space_prefix"]?.bool ?? true
  }

  func encode(bytes: [UInt8]) -> [TokenID] {
    guard !bytes.isEmpty else { return [] }
    let text = (addsSpacePrefix ? Self.space : []) + Self.marked(bytes)
    var tokens: [TokenID] = []
    var start = 0
    var position = 0
    while position < text.count {
      guard let (token, end) = userDefinedPiece(in: text, at: position) else {
        position += 1
        continue
      }
      tokens += merge(text[start..<position]) + [token]
      start = end
      position = end
    }
    return tokens + merge(text[start...])
  }

  /// The text with ▁ for each space.
  private static func marked(_ bytes: [UInt8]) -> [UInt8] { bytes.flatMap { $0 == 0x20 ? space : [$0] } }

  /// The longest user-defined piece that begins at a place of the text, and where it ends.
  private func userDefinedPiece(in text: [UInt8], at start: Int) -> (token: TokenID, end: Int)? {
    guard startsUserDefined[Int(text[start])] else { return nil }
    var found: (token: TokenID, end: Int)?
    var hash = ByteStringTable.emptyHash
    for position in start..<min(text.count, start + userDefined.longestKeyByteCount) {
      hash = ByteStringTable.extend(hash, by: text[position])
      if let token = userDefined.value(of: text, start..<position + 1, hash: hash) { found = (token, position + 1) }
    }
    return found
  }

  private func merge(_ stretch: ArraySlice<UInt8>) -> [TokenID] {
    let text = Array(stretch)
    guard !text.isEmpty else { return [] }
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
