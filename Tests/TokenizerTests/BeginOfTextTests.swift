import Foundation
import ModelFile
import Testing
import Tokenizer

/// Whether the beginning-of-text token goes in front, for files that say so and for files that do not.
@Suite struct BeginOfTextTests {
  /// A GGUF file of a byte-level vocabulary of four tokens.
  private func tokenizer(pre: String, addsBeginOfText: Bool?) throws -> any TextTokenizer {
    func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }
    func array(_ type: UInt32, _ elements: [[UInt8]]) -> [UInt8] { bytes(type) + bytes(UInt64(elements.count)) + elements.joined() }
    var entries: [(String, UInt32, [UInt8])] = [
      ("tokenizer.ggml.model", 8, string("gpt2")), ("tokenizer.ggml.pre", 8, string(pre)),
      ("tokenizer.ggml.tokens", 9, array(8, ["a", "b", "ab", "<|begin_of_text|>"].map(string))),
      ("tokenizer.ggml.token_type", 9, array(5, [1, 1, 1, 3].map { bytes(Int32($0)) })),
      ("tokenizer.ggml.merges", 9, array(8, [string("a b")])), ("tokenizer.ggml.bos_token_id", 4, bytes(UInt32(3))),
    ]
    if let addsBeginOfText { entries.append(("tokenizer.ggml.add_bos_token", 7, [addsBeginOfText ? 1 : 0])) }
    let file =
      Array("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(0)) + bytes(UInt64(entries.count))
      + entries.flatMap { string($0.0) + bytes($0.1) + $0.2 }
    let path = FileManager.default.temporaryDirectory.path + "/vocabulary-\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file).write(to: URL(fileURLWithPath: path))
    return try ModelTokenizer.load(from: GGUFFile(path: path))
  }

  @Test func llama3HasItUnlessTheFileSaysOtherwise() throws {
    #expect(try tokenizer(pre: "llama-bpe", addsBeginOfText: nil).encode([.text("ab")]) == [3, 2])
    #expect(try tokenizer(pre: "llama-bpe", addsBeginOfText: false).encode([.text("ab")]) == [2])
  }

  @Test func othersHaveItOnlyWhenTheFileSaysSo() throws {
    #expect(try tokenizer(pre: "qwen2", addsBeginOfText: nil).encode([.text("ab")]) == [2])
    #expect(try tokenizer(pre: "qwen2", addsBeginOfText: true).encode([.text("ab")]) == [3, 2])
  }

  @Test func aTemplateThatWritesItGivesItOnce() throws {
    let tokenizer = try tokenizer(pre: "llama-bpe", addsBeginOfText: nil)
    #expect(try tokenizer.encode([.control("<|begin_of_text|>"), .text("a"), .text("b")]) == [3, 2])
    #expect(!(tokenizer.encode("<|begin_of_text|>ab").contains(3)))
  }
}
