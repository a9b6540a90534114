import Tokenizer

/// A token for each byte, and one that ends a text.
struct ByteVocabulary: TextTokenizer {
  var vocabularySize: Int { 257 }
  var beginOfText: TokenID? { nil }
  var addsBeginOfText: Bool { false }
  var endOfGeneration: Set<TokenID> { [256] }
  func encode(bytes: [UInt8]) -> [TokenID] { bytes.map { TokenID($0) } }
  func bytes(of token: TokenID) -> [UInt8] { (0..<256).contains(token) ? [UInt8(token)] : [] }
  func controlToken(_ name: String) -> TokenID? { nil }
}

/// All bytes, and tokens that cross borders: of JSON's marks, of characters, of names and numbers. The last token ends a text; so does one before
/// it that has bytes.
struct MixedVocabulary: TextTokenizer {
  private let tokens: [[UInt8]]

  init() {
    let words = [
      "{\"", "\":", "\": ", "\",\"", "\", \"", "\"}", "}}", "},{", "[]", "[[", "]]", "\"]", "]}", "true", "false", "null", "tru", "ue,", "12", "00",
      ".5",
      "e+", "-1", "\\u", "\\n", "\\\"", "ab", "abc", "a", "name", "street", "kind\":\"", "value", "children", "next", " ", "  ", "\n", "é", "🦊", "1}",
      "1]",
      "1,", ",1", "\"\"", "{}", "{\"a\":", "2024-", "</s>",
    ]
    tokens =
      (UInt8.min...UInt8.max).map { [$0] } + words.map { Array($0.utf8) }
      + [[0xC3], [0x9F, 0xA6], [0xA9, 0x22], [0x22, 0xF0, 0x9F], [0x8A, 0x22, 0x2C], [0xED, 0xA0], [0x22, 0xC3, 0xA9, 0x22], []]
  }

  var vocabularySize: Int { tokens.count }
  var beginOfText: TokenID? { nil }
  var addsBeginOfText: Bool { false }
  var endOfGeneration: Set<TokenID> { [TokenID(tokens.count - 1), TokenID(tokens.firstIndex(of: Array("</s>".utf8)) ?? 0)] }
  func encode(bytes: [UInt8]) -> [TokenID] { bytes.map { TokenID($0) } }
  func bytes(of token: TokenID) -> [UInt8] { tokens.indices.contains(Int(token)) ? tokens[Int(token)] : [] }
  func controlToken(_ name: String) -> TokenID? { nil }
}

/// A few words and nothing else.
struct WordVocabulary: TextTokenizer {
  let words: [String]

  var vocabularySize: Int { words.count }
  var beginOfText: TokenID? { nil }
  var addsBeginOfText: Bool { false }
  var endOfGeneration: Set<TokenID> { [] }
  func encode(bytes: [UInt8]) -> [TokenID] { [] }
  func bytes(of token: TokenID) -> [UInt8] { words.indices.contains(Int(token)) ? Array(words[Int(token)].utf8) : [] }
  func controlToken(_ name: String) -> TokenID? { nil }
}
