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

    let prefix = Array((file.model.continuing_subword_prefix ?? "##").utf8)
    var first = ByteStringTable(capacity: file.model.vocab.count)
    var later = ByteStringTable(capacity: file.model.vocab.count)
    for (piece, token) in file.model.vocab {
      let bytes = Array(piece.utf8)
      if bytes.starts(with: prefix), bytes.count > prefix.count {
        later.insert(bytes.dropFirst(prefix.count), token)
      } else {
        first.insert(bytes, token)
      }
    }
    func special(_ name: String) throws(TokenizerError) -> TokenID {
      guard let token = file.model.vocab[name] else { throw .file(path, "its vocabulary has no \(name)") }
      return token
    }
    classification = try special("[CLS]")
    separator = try special("[SEP]")
    padding = try special("[PAD]")
    unknown = try special(file.model.unk_token ?? "[UNK]")
    vocabularySize = Int(file.model.vocab.values.max() ?? 0) + 1
    firstPieces = first
    laterPieces = later
    wordScalarLimit = file.model.max_input_chars_per_word ?? 100
    let lowercases = file.normalizer?.lowercase ?? true
    normalizer = BERTNormalizer(
      cleans: file.normalizer?.clean_text ?? true, partsCJK: file.normalizer?.handle_chinese_chars ?? true,
      stripsAccents: file.normalizer?.strip_accents ?? lowercases, lowercases: lowercases)
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
