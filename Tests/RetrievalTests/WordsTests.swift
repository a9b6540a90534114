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
    ("Straße, Москва", ["strasse", "москва"]),
    ("東京都の", ["東京", "京都", "都の"]),
    ("東 is east", ["東", "is", "east"]),
    ("", []),
    ("…!?", []),
  ])
  func folded(text: String, words: [String]) {
    #expect(Words.folded(text) == words)
  }

  /// What a question is asked in, and what a text is indexed under: words on which Porter's rules of 1980 and his later ones part are among them.
  /// Runs are found eight bytes at a time: every byte of ASCII at every distance from the others, at the beginning and at the end.
  @Test func runsOfEveryLengthAndBorder() {
    func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      default: false
      }
    }
    var wrong: [String] = []
    for byte in 0..<UInt8(128) {
      for before in 0...17 {
        for after in [0, 1, 7, 8, 9] {
          let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: before) + [byte] + [UInt8](repeating: UInt8(ascii: "Y"), count: after)
          let expected = bytes.split { !isWord($0) }.map { String(decoding: $0, as: UTF8.self).lowercased() }
          if Words.folded(String(decoding: bytes, as: UTF8.self)) != expected { wrong.append("\(byte) after \(before), before \(after)") }
        }
      }
    }
    #expect(wrong.isEmpty)
    for length in 0...40 {
      let letters = String(repeating: "Ab3", count: length)
      let expected = ["e\(letters)", "\(letters)e", letters].map { $0.lowercased() }.filter { !$0.isEmpty }
      #expect(Words.folded("é\(letters) \(letters)é—\(letters)") == expected)
    }
  }

  /// Each of them at every distance: alone, beside letters of ASCII and others, and where a text ends in the middle of nothing.
  @Test func typographicPunctuationPartsWords() {
    for value in Array(UInt32(0x2010)...0x2022) + [0x2026, 0x2039, 0x203A, 0x2190] {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let sign = String(scalar)
      for before in ["", "x", "abcdefgh", "né", "é"] {
        for after in ["", "y", "Ünder9", "12345678", "ω"] {
          let expected = Words.folded("\(before) \(after)")
          #expect(Words.folded("\(before)\(sign)\(after)") == expected, "U+\(String(value, radix: 16)) between \(before) and \(after)")
          #expect(Words.folded("\(sign)\(before)\(sign)\(sign)\(after)\(sign)") == expected)
        }
      }
    }
    // Others of their block are no borders: a joiner, and a letter that begins with the same bytes.
    #expect(Words.folded("a\u{2070}") == Words.folded("a0"))
    #expect(Words.folded("\u{2C00}x\u{1E80}") == ["\u{2C30}xw"])
  }

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
