import Foundation
import Testing
import Tokenizer

/// Tokenizer files that are not what they should be.
@Suite struct TokenizerFileTests {
  @Test(arguments: [
    "", "{", "[]", "{\"model\": {}}", "{\"model\": {\"type\": \"Unigram\", \"vocab\": {}}}",
    "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"a\": 1}}}",
    "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"[CLS]\": 1, \"[SEP]\": 2, \"[PAD]\": 0, \"[UNK]\": 3}}, \"normalizer\": {\"type\": \"NFKC\"}}",
    "{\"model\": {\"vocab\": {\"[CLS]\": 1, \"[SEP]\": 2, \"[PAD]\": 0, \"[UNK]\": 3, \"a\": -7}}}",
    "{\"model\": {\"vocab\": {\"[CLS]\": 1, \"[SEP]\": 2, \"[PAD]\": 0, \"[UNK]\": 3}, \"max_input_chars_per_word\": 100000000}}",
    "{\"model\": {\"vocab\": {\"[CLS]\": 1, \"[SEP]\": 2, \"[PAD]\": 0, \"[UNK]\": 3}, \"max_input_chars_per_word\": -1}}",
  ])
  func wordPieceFilesAreChecked(text: String) throws {
    let path = FileManager.default.temporaryDirectory.path + "/tokenizer-\(UUID().uuidString).json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(throws: TokenizerError.self) { try WordPieceTokenizer(path: path) }
  }

  @Test func aMissingFileSaysSo() {
    #expect(throws: TokenizerError.self) { try WordPieceTokenizer(path: "/nowhere/tokenizer.json") }
  }
}
