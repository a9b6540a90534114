import ModelFile
import Testing
import Tokenizer

/// Parts of a prompt that have the same tokens wherever they stand.
@Suite struct StretchTests {
  private func prompt(_ stretches: [String], question: String = "Why?") -> [PromptSegment] {
    [
      .control("<|im_start|>"), .text("user\n"), .text("Documents:\n\(stretches.joined())\nQuestion: \(question)"), .control("<|im_end|>"),
      .text("\n"),
    ]
  }

  private func smolLM() throws -> any TextTokenizer { try ModelTokenizer.load(from: GGUFFile(path: Golden.model("SmolLM2-135M-Instruct.Q4_1.gguf"))) }

  @Test func eachHasTheSameTokensWhereverItStands() throws {
    let tokenizer = try smolLM()
    let stretches = ["\nAlpha is 1.\n", "\n  beta, 22 and\n\n333\n", "\nγάμμα 🦉\n", "\nAlpha is 1.\n"]
    for order in [[0, 1, 2, 3], [2, 1, 0], [1], [3, 2]] {
      let some = order.map { stretches[$0] }
      let (tokens, ranges) = try tokenizer.encode(prompt(some), dividing: some)
      #expect(ranges.map { tokenizer.decode(tokens[$0].map { $0 }) } == some)
      #expect(ranges.map { Array(tokens[$0]) } == some.map { tokenizer.encode($0) })
      #expect(tokenizer.decode(tokens) == tokenizer.decode(try tokenizer.encode(prompt(some))))
    }
  }

  @Test func theLastPlaceCounts() throws {
    let tokenizer = try smolLM()
    let segments = [PromptSegment.text("\nAlpha.\n and later "), .text("\nAlpha.\n")]
    let (tokens, ranges) = try tokenizer.encode(segments, dividing: ["\nAlpha.\n"])
    #expect(ranges.count == 1 && ranges[0].upperBound == tokens.count && ranges[0].lowerBound > 5)
  }

  @Test func whatIsNotThereIsNotDivided() throws {
    let tokenizer = try smolLM()
    for stretches in [[], [""], ["\nOther.\n"], ["\nAlpha.\n", "\nBeta.\n"]] {
      let (tokens, ranges) = try tokenizer.encode(prompt(["\nAlpha.\n"]), dividing: stretches)
      #expect(try ranges.isEmpty && tokens == tokenizer.encode(prompt(["\nAlpha.\n"])))
    }
  }

  /// Its texts begin with a space of their own.
  @Test func sentencePieceWithAPrefixIsNotDivided() throws {
    let tokenizer = try ModelTokenizer.load(from: GGUFFile(path: Golden.folder + "/sentencepiece.gguf"))
    let segments = [PromptSegment.text("a \nAlpha.\n b")]
    let (tokens, ranges) = try tokenizer.encode(segments, dividing: ["\nAlpha.\n"])
    #expect(try ranges.isEmpty && tokens == tokenizer.encode(segments))
  }
}
