import Foundation
import ModelFile
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

  /// Special tokens may have no text; then they still count, because weights are looked up by their number. Found by fuzzing.
  @Test func specialTokensWithoutTextAreInTheVocabulary() throws {
    let gguf = try MetadataFile.read(
      [
        ("tokenizer.ggml.model", 8, MetadataFile.string("bert")),
        ("tokenizer.ggml.tokens", 9, MetadataFile.array(8, ["a", "", ""].map(MetadataFile.string))),
      ]
        + ["cls", "seperator", "padding", "unknown"].map { ("tokenizer.ggml.\($0)_token_id", 4, MetadataFile.bytes(UInt32(2))) })
    let tokenizer = try WordPieceTokenizer(gguf: gguf)
    #expect(tokenizer.unknown == 2)
    #expect(tokenizer.vocabularySize == 3)
  }
}
