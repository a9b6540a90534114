import Chunking
import Lexical
import Retrieval

/// The check of generated text against the documents that it is said to come from.
///
/// It is a matter of words, not of sense: numbers and names must stand in the passages, most other words as well, and each sentence must stand
/// on one quote, because a number of one sentence with the subject of another is the mistake that small models make most. What passes may still
/// be wrong; what does not pass is certainly not copied from the documents.
package struct Grounding: Sendable {
  /// The share of words, new over the question, that must stand in the passages.
  private static let supportedShare = 0.7
  /// The share of a sentence's words, those of the question too, that must stand in one and the same quote.
  private static let quotedShare = 0.75
  /// Words of the prompt's form: text that holds one is the prompt over again.
  private static let promptLabels = ["Documents:", "Quotes:", "Question:"]

  private let question: Set<String>
  private let quotes: [Set<String>]
  private let passages: Set<String>

  /// - Parameters:
  ///   - quotes: The chosen sentences.
  ///   - passages: The passages that the quotes stand in, with their headings. Others that the generator read do not count: what is true of
  ///     one thing there and of another here, mixed, is true of none.
  package init(question: String, quotes: [String], passages: [String]) {
    self.question = Set(Self.tokens(question).map(\.stem))
    self.quotes = quotes.map { Set(Self.tokens($0).map(\.stem)) }
    self.passages = self.quotes.reduce(into: Set()) { $0.formUnion($1) }.union(passages.flatMap { Self.tokens($0).map(\.stem) })
  }

  /// - Parameter isLooping: Whether generation was stopped because it repeated itself.
  package func verify(_ text: String, isLooping: Bool = false) -> Answer.Verification {
    let tokens = Self.tokens(text)
    var unsupported: [String] = []
    var seen = Set<String>()
    for token in tokens where !passages.contains(token.stem) && seen.insert(token.stem).inserted {
      if token.isNumber || token.isName || !token.isCommon { unsupported.append(token.word) }
    }
    let mustStand = tokens.contains { ($0.isNumber || $0.isName) && !passages.contains($0.stem) }
    // What the question says already is no answer to it.
    let new = Set(tokens.filter { !$0.isCommon && !question.contains($0.stem) }.map(\.stem))
    let supported = new.intersection(passages).count
    let stands =
      !isLooping && !mustStand && !new.isEmpty && Double(supported) >= Self.supportedShare * Double(new.count)
      && !Self.promptLabels.contains(where: text.contains)
      && SentenceSplitter().ranges(in: text).allSatisfy { standsOnOneQuote(String(decoding: Array(text.utf8)[$0], as: UTF8.self)) }
    return Answer.Verification(supported: stands, unsupported: unsupported)
  }

  /// Whether one quote holds every number and name of a sentence that the question does not have, and most of its words. What it lacks of a sentence
  /// with such a fact must not stand in another quote: then the fact of one is said of what the other is about.
  private func standsOnOneQuote(_ sentence: String) -> Bool {
    let tokens = Self.tokens(sentence).filter { !$0.isCommon }
    let words = Set(tokens.map(\.stem))
    let facts = Set(tokens.filter { $0.isNumber || ($0.isName && !question.contains($0.stem)) }.map(\.stem))
    return words.isEmpty
      || quotes.contains { quote in
        let lacking = words.subtracting(quote)
        return facts.isSubset(of: quote) && Double(words.count - lacking.count) >= Self.quotedShare * Double(words.count)
          && (facts.isEmpty || quotes.allSatisfy { $0 == quote || lacking.isDisjoint(with: $0) })
      }
  }

  /// How many words, new over the question, a text shares with another.
  func sharedCount(_ text: String, with other: String) -> Int {
    let words = Set(Self.tokens(text).filter { !$0.isCommon && !question.contains($0.stem) }.map(\.stem))
    return words.intersection(Self.tokens(other).map(\.stem)).count
  }

  /// A word or number of a text.
  private struct Token {
    var word: String
    var stem: String
    var isNumber: Bool
    /// Capitalised where no sentence begins.
    var isName: Bool
    /// A stop word, or a single letter.
    var isCommon: Bool
  }

  /// Numbers lose their thousands separators: 1,000 is 1000.
  private static func tokens(_ text: String) -> [Token] {
    var tokens: [Token] = []
    var beginsSentence = true
    let characters = Array(text)
    let analyzer = TextAnalyzer()
    var index = 0
    while index < characters.count {
      let character = characters[index]
      guard character.isLetter || character.isNumber else {
        if ".!?:\n".contains(character) { beginsSentence = true }
        index += 1
        continue
      }
      var end = index + 1
      while end < characters.count {
        if characters[end].isLetter || characters[end].isNumber {
          end += 1
        } else if end + 1 < characters.count, ".,'’".contains(characters[end]), characters[end - 1].isNumber, characters[end + 1].isNumber {
          end += 1
        } else {
          break
        }
      }
      let word = String(characters[index..<end])
      let isNumber = word.contains(where: \.isNumber)
      if isNumber {
        let stem = word.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "." }
        tokens.append(Token(word: word, stem: stem, isNumber: true, isName: false, isCommon: false))
      } else {
        for folded in Words.folded(word) {
          let isCommon = Words.isStopWord(folded) || folded.count == 1
          let isName = !beginsSentence && !isCommon && character.isUppercase
          tokens.append(Token(word: word, stem: analyzer.englishStem(of: folded), isNumber: false, isName: isName, isCommon: isCommon))
        }
      }
      beginsSentence = false
      index = end
    }
    return tokens
  }
}
