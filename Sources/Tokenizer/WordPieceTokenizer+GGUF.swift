package import ModelFile

extension WordPieceTokenizer {
  /// From the metadata of a GGUF file of the tokenizer model `bert`: pieces that begin a word are marked with ▁ (U+2581), those that go on with
  /// one are bare, and control tokens stand as they are.
  package init(gguf: GGUFFile) throws(TokenizerError) {
    let path = gguf.path
    let model = gguf.metadata["tokenizer.ggml.model"]?.string ?? ""
    guard model == "bert" else { throw .unsupported(model, in: path, known: ["bert"]) }
    guard let pieces = gguf.metadata["tokenizer.ggml.tokens"]?.strings, !pieces.isEmpty, pieces.count < 1 << 30 else {
      throw .file(path, "tokenizer.ggml.tokens is not there")
    }
    func isSpecial(_ piece: String) -> Bool { piece.hasPrefix("[") && piece.hasSuffix("]") && piece.utf8.count > 2 }
    var taken: [(text: String, token: TokenID, isFirst: Bool)] = []
    var isCased = false
    for (token, piece) in pieces.enumerated() {
      if isSpecial(piece) {
        taken.append((piece, TokenID(token), true))
      } else {
        let isFirst = piece.unicodeScalars.first == "\u{2581}"
        let text = isFirst ? String(piece.unicodeScalars.dropFirst()) : piece
        isCased = isCased || text.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        if !text.isEmpty { taken.append((text, TokenID(token), isFirst)) }
      }
    }
    func special(_ keys: [String], _ name: String) -> TokenID? {
      for key in keys {
        if let id = gguf.metadata["tokenizer.ggml.\(key)_token_id"]?.int, pieces.indices.contains(id) { return TokenID(id) }
      }
      return pieces.firstIndex(of: name).map { TokenID($0) }
    }
    // Files do not say whether text is lower-cased; a vocabulary with capitals is of a model that keeps them. The separator's key was
    // misspelt in most files that are about.
    try self.init(
      pieces: taken,
      special: [
        special(["cls", "bos"], "[CLS]"), special(["seperator", "separator", "eos"], "[SEP]"), special(["padding"], "[PAD]"),
        special(["unknown"], "[UNK]"),
      ],
      wordScalarLimit: 100,
      normalizer: BERTNormalizer(cleans: true, partsCJK: true, stripsAccents: !isCased, lowercases: !isCased), path: path)
  }
}
