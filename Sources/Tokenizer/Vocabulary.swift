import ModelFile

/// The tokens of a GGUF file: their bytes, which of them are control tokens, and the ones with a role.
struct Vocabulary: Sendable {
  private let storage: [UInt8]
  private let starts: [Int32]
  private let types: [Int64]
  private let controls: [String: TokenID]
  let beginOfText: TokenID?
  let addsBeginOfText: Bool
  let endOfGeneration: Set<TokenID>

  var size: Int { starts.count - 1 }

  /// GGUF's token types.
  enum Kind {
    static let normal: Int64 = 1, unknown: Int64 = 2, control: Int64 = 3, userDefined: Int64 = 4, unused: Int64 = 5, byte: Int64 = 6
  }

  /// - Parameter bytes: What a piece's UTF-8 stands for.
  init(gguf: GGUFFile, bytes: ([UInt8]) -> [UInt8]) throws(TokenizerError) {
    guard let pieces = gguf.metadata["tokenizer.ggml.tokens"]?.strings, !pieces.isEmpty else {
      throw .file(gguf.path, "tokenizer.ggml.tokens is not there")
    }
    var types = gguf.metadata["tokenizer.ggml.token_type"]?.ints?.map { Int64($0) } ?? []
    guard types.isEmpty || types.count == pieces.count else {
      throw .file(gguf.path, "it has \(pieces.count) tokens and \(types.count) types of tokens")
    }
    // Places in the text of all tokens are 32-bit numbers, here and in the tables made from it.
    guard pieces.reduce(0, { $0 + $1.utf8.count }) <= 1 << 30 else { throw .file(gguf.path, "its tokens have more than a gigabyte of text") }
    var storage: [UInt8] = []
    var starts: [Int32] = [0]
    var controls: [String: TokenID] = [:]
    for (token, piece) in pieces.enumerated() {
      // Some converters call the marks of turns user-defined; as that they would be found in documents.
      if !types.isEmpty, types[token] == Kind.userDefined, Self.isMark(piece) { types[token] = Kind.control }
      let isControl = !types.isEmpty && types[token] == Kind.control
      if isControl { controls[piece] = TokenID(token) }
      storage += isControl ? Array(piece.utf8) : bytes(Array(piece.utf8))
      starts.append(Int32(storage.count))
    }
    self.types = types
    self.storage = storage
    self.starts = starts
    self.controls = controls

    func token(_ key: String) throws(TokenizerError) -> TokenID? {
      guard let value = gguf.metadata["tokenizer.ggml.\(key)_token_id"] else { return nil }
      guard let id = value.int, pieces.indices.contains(id) else { throw .file(gguf.path, "its \(key) token is \(value), outside the vocabulary") }
      return TokenID(id)
    }
    beginOfText = try token("bos")
    // Files that do not say: SentencePiece models and Llama 3 were trained with it, and the first converters wrote no such entry.
    let kind = gguf.metadata["tokenizer.ggml.model"]?.string == "llama" ? "llama" : gguf.metadata["tokenizer.ggml.pre"]?.string ?? ""
    addsBeginOfText =
      gguf.metadata["tokenizer.ggml.add_bos_token"]?.bool ?? ["llama", "llama-bpe", "llama3", "llama-v3", "lfm2"].contains(kind)
    // Models end their turns with other tokens than the one that ends a text; the common ones are known by name.
    let ends = ["<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<end_of_turn>", "<|end|>", "</s>"].compactMap { controls[$0] }
    endOfGeneration = Set([try token("eos"), try token("eot")].compactMap { $0 } + ends)
  }

  /// Whether a piece of this type is a control token: said so, or a user-defined one that is a mark of turns.
  static func isControl(_ piece: String, type: Int64) -> Bool { type == Kind.control || (type == Kind.userDefined && isMark(piece)) }

  /// Whether a piece is written as models write the marks of turns and roles.
  private static func isMark(_ piece: String) -> Bool {
    (piece.hasPrefix("<|") && piece.hasSuffix("|>")) || ["<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>"].contains(piece)
  }

  func isUserDefined(_ token: TokenID) -> Bool { !types.isEmpty && types.indices.contains(Int(token)) && types[Int(token)] == Kind.userDefined }
  func isControl(_ token: TokenID) -> Bool { !types.isEmpty && types.indices.contains(Int(token)) && types[Int(token)] == Kind.control }
  func isByte(_ token: TokenID) -> Bool { !types.isEmpty && types.indices.contains(Int(token)) && types[Int(token)] == Kind.byte }
  func controlToken(_ name: String) -> TokenID? { controls[name] }

  func bytes(of token: TokenID) -> [UInt8] {
    guard token >= 0, Int(token) < size else { return [] }
    return Array(storage[Int(starts[Int(token)])..<Int(starts[Int(token) + 1])])
  }
}
