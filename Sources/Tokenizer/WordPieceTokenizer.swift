import Foundation

/// WordPiece as BERT uses it (Devlin et al. 2018): normalise, part at white space and punctuation, then the longest known piece from the left.
///
/// Made from a `tokenizer.json`; the truncation and padding that such a file may set are ignored.
package struct WordPieceTokenizer: Sendable {
  package let vocabularySize: Int
  package let classification: TokenID
  package let separator: TokenID
  package let padding: TokenID
  package let unknown: TokenID
  private let firstPieces: ByteStringTable
  private let laterPieces: ByteStringTable
  private let normalizer: BERTNormalizer
  private let wordScalarLimit: Int

  private struct File: Decodable {
    struct Model: Decodable {
      var type: String?
      var vocab: [String: Int32]
      var unk_token: String?
      var continuing_subword_prefix: String?
      var max_input_chars_per_word: Int?
    }
    struct Normalizer: Decodable {
      var type: String
      var clean_text: Bool?
      var handle_chinese_chars: Bool?
      var strip_accents: Bool?
      var lowercase: Bool?
    }
    var model: Model
    var normalizer: Normalizer?
  }

  package init(path: String) throws(TokenizerError) {
    guard let data = FileManager.default.contents(atPath: path) else { throw .file(path, "it is not there, or cannot be opened") }
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: data)
    } catch {
      throw .file(path, "it is not a tokenizer.json with a vocabulary: \(error)")
    }
    guard file.model.type ?? "WordPiece" == "WordPiece" else { throw .unsupported(file.model.type ?? "", in: path, known: ["WordPiece"]) }
    if let type = file.normalizer?.type, type != "BertNormalizer" { throw .unsupported(type, in: path, known: ["BertNormalizer"]) }

    guard file.model.vocab.values.allSatisfy({ $0 >= 0 }) else { throw .file(path, "its vocabulary has a token with a negative number") }

    // Every place of a word may be compared with a piece as long as the word; BERT's limit is 100.
    let wordScalarLimit = file.model.max_input_chars_per_word ?? 100
    guard (1...1000).contains(wordScalarLimit) else { throw .file(path, "its max_input_chars_per_word is \(wordScalarLimit), expected 1 to 1000") }

    // Scalar by scalar: a mark after the prefix would make one character with it.
    let prefix = (file.model.continuing_subword_prefix ?? "##").unicodeScalars
    let lowercases = file.normalizer?.lowercase ?? true
    try self.init(
      pieces: file.model.vocab.map { piece, token in
        let scalars = piece.unicodeScalars
        guard scalars.count > prefix.count, scalars.starts(with: prefix) else { return (piece, token, true) }
        return (String(scalars.dropFirst(prefix.count)), token, false)
      },
      special: ["[CLS]", "[SEP]", "[PAD]", file.model.unk_token ?? "[UNK]"].map { file.model.vocab[$0] },
      wordScalarLimit: wordScalarLimit,
      normalizer: BERTNormalizer(
        cleans: file.normalizer?.clean_text ?? true, partsCJK: file.normalizer?.handle_chinese_chars ?? true,
        stripsAccents: file.normalizer?.strip_accents ?? lowercases, lowercases: lowercases), path: path)
  }

  /// - Parameters:
  ///   - pieces: Text, number, and whether it begins a word or goes on with one.
  ///   - special: [CLS], [SEP], [PAD] and [UNK].
  init(
    pieces: [(text: String, token: TokenID, isFirst: Bool)], special: [TokenID?], wordScalarLimit: Int, normalizer: BERTNormalizer, path: String
  ) throws(TokenizerError) {
    var first = ByteStringTable(capacity: pieces.count)
    var later = ByteStringTable(capacity: pieces.count)
    for (text, token, isFirst) in pieces {
      let bytes = Array(text.utf8)
      if isFirst { first.insert(bytes[...], token) } else { later.insert(bytes[...], token) }
    }
    func named(_ index: Int) throws(TokenizerError) -> TokenID {
      guard let token = special[index] else { throw .file(path, "its vocabulary has no \(["[CLS]", "[SEP]", "[PAD]", "[UNK]"][index])") }
      return token
    }
    classification = try named(0)
    separator = try named(1)
    padding = try named(2)
    unknown = try named(3)
    // The special tokens need not be among the pieces: a file may leave their text empty.
    vocabularySize = Int(pieces.lazy.map(\.token).reduce(max(classification, separator, padding, unknown), max)) + 1
    firstPieces = first
    laterPieces = later
    self.wordScalarLimit = wordScalarLimit
    self.normalizer = normalizer
  }

  /// Tokens of a text, without special tokens and without a limit.
  package func encode(_ text: String) -> [TokenID] {
    var tokens: [TokenID] = []
    normalizer.forEachWord(of: text) { word, scalarCount in appendPieces(of: word, scalarCount: scalarCount, to: &tokens) }
    return tokens
  }

  /// How many tokens `encode` gives; counts of parts that are parted at white space add up.
  package func tokenCount(of text: String) -> Int { encode(text).count }

  /// The longest piece from the left, again and again; a word with a stretch that no piece covers is unknown as a whole.
  private func appendPieces(of word: [UInt8], scalarCount: Int, to tokens: inout [TokenID]) {
    guard scalarCount <= wordScalarLimit else { return tokens.append(unknown) }
    let mark = tokens.count
    var start = 0
    while start < word.count {
      let table = start == 0 ? firstPieces : laterPieces
      var best: (end: Int, token: TokenID)?
      var hash = ByteStringTable.emptyHash
      for end in start..<min(word.count, start + table.longestKeyByteCount) {
        hash = ByteStringTable.extend(hash, by: word[end])
        // Only at scalar borders; keys are whole scalars, so others never match, but asking costs time.
        guard end + 1 == word.count || word[end + 1] & 0xC0 != 0x80 else { continue }
        if let token = table.value(of: word, start..<end + 1, hash: hash) { best = (end + 1, token) }
      }
      guard let best else {
        tokens.removeSubrange(mark...)
        return tokens.append(unknown)
      }
      tokens.append(best.token)
      start = best.end
    }
  }
}
