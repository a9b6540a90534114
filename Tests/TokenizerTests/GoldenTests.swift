import Foundation
import ModelFile
import Testing
import Tokenizer

/// The same tokens as independent implementations give, line by line; `Tests/Golden/README.md` says where they come from.
@Suite struct GoldenTests {
  @Test func wordPieceOfMiniLM() throws {
    let tokenizer = try WordPieceTokenizer(path: Golden.model("all-MiniLM-L6-v2/tokenizer.json"))
    try compare("wordpiece.json") { tokenizer.encode($0) }
  }

  @Test func bytePairsOfSmolLM2() throws {
    let tokenizer = try ModelTokenizer.load(from: GGUFFile(path: Golden.model("SmolLM2-135M-Instruct.Q4_1.gguf")))
    try compare("smollm.json") { tokenizer.encode($0) }
  }

  @Test(arguments: ["qwen2", "llama3", "sentencepiece", "gemma"])
  func trainedVocabularies(name: String) throws {
    let tokenizer = try ModelTokenizer.load(from: GGUFFile(path: Golden.folder + "/\(name).gguf"))
    try compare(name + ".json") { tokenizer.encode($0) }
  }

  private func compare(_ file: String, _ encode: (String) -> [TokenID]) throws {
    let lines = try Golden.decode("lines.json", as: [String].self)
    let expected = try Golden.decode(file, as: [[TokenID]?].self)
    #expect(lines.count == expected.count)
    var compared = 0
    for (line, tokens) in zip(lines, expected) {
      guard let tokens else { continue }
      compared += 1
      let found = encode(line)
      if found != tokens {
        Issue.record("\(file): \(line.debugDescription.prefix(120))\nexpected \(tokens.prefix(40))\nfound    \(found.prefix(40))")
      }
    }
    #expect(compared > 1500)
  }
}
