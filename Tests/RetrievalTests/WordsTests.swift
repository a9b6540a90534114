import Foundation
import Lexical
import Retrieval
import Testing

@Suite struct WordsTests {
  @Test(arguments: [
    ("The Quick, brown fox!", ["the", "quick", "brown", "fox"]),
    ("Crème brûlée, Ångström", ["creme", "brulee", "angstrom"]),
    ("cafe\u{301}", ["cafe"]),
    ("max_wal_size = 8.2", ["max", "wal", "size", "8", "2"]),
    ("Straße, Москва", ["straße", "москва"]),
    ("東京都の", ["東京", "京都", "都の"]),
    ("東 is east", ["東", "is", "east"]),
    ("", []),
    ("…!?", []),
  ])
  func folded(text: String, words: [String]) {
    #expect(Words.folded(text) == words)
  }

  /// What a question is asked in, and what a text is indexed under: words on which Porter's rules of 1980 and his later ones part are among them.
  @Test(arguments: ["technology", "psychology", "possibly", "us", "os", "s", "running", "caf\u{e9}s", "analysis"])
  func aQuestionsStemIsTheIndexsTerm(word: String) {
    #expect(Words.stems(word) == TextAnalyzer().terms(of: word, language: "en").map(\.text))
  }

  @Test func stemsAreThoseOfAnotherPorter() throws {
    let golden = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden/stems/porter.tsv"), encoding: .utf8)
    var count = 0
    for line in golden.split(separator: "\n") {
      let columns = line.split(separator: "\t").map(String.init)
      #expect(Words.stems(columns[0]) == [columns[1]], "\(columns[0])")
      count += 1
    }
    #expect(count > 1000)
  }

  @Test func whatIsNoEnglishWordIsLeftAlone() {
    for word in ["up", "x86", "москвами", String(repeating: "ing", count: 100)] { #expect(Words.stems(word) == [word]) }
  }
}
