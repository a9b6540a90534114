import ModelFile
import Testing
import Tokenizer

/// Whether the beginning-of-text token goes in front, for files that say so and for files that do not.
@Suite struct BeginOfTextTests {
  /// A GGUF file of a byte-level vocabulary of four tokens.
  private func tokenizer(pre: String, addsBeginOfText: Bool?) throws -> any TextTokenizer {
    var entries: [(String, UInt32, [UInt8])] = [
      ("tokenizer.ggml.model", 8, MetadataFile.string("gpt2")), ("tokenizer.ggml.pre", 8, MetadataFile.string(pre)),
      ("tokenizer.ggml.tokens", 9, MetadataFile.array(8, ["a", "b", "ab", "<|begin_of_text|>"].map(MetadataFile.string))),
      ("tokenizer.ggml.token_type", 9, MetadataFile.array(5, [1, 1, 1, 3].map { MetadataFile.bytes(Int32($0)) })),
      ("tokenizer.ggml.merges", 9, MetadataFile.array(8, [MetadataFile.string("a b")])),
      ("tokenizer.ggml.bos_token_id", 4, MetadataFile.bytes(UInt32(3))),
    ]
    if let addsBeginOfText { entries.append(("tokenizer.ggml.add_bos_token", 7, [addsBeginOfText ? 1 : 0])) }
    return try ModelTokenizer.load(from: MetadataFile.read(entries))
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
