import Retrieval

/// The check of generated text against the documents that it is said to come from.
///
/// It is a matter of words, not of sense: numbers and names must stand in the passages, most other words as well, some of what is new over the
/// question must stand in the quotes. What passes may still be wrong; what does not pass is certainly not copied from the documents.
package struct Grounding: Sendable {
  /// The share of words, new over the question, that must stand in the passages.
  private static let supportedShare = 0.7
  /// The share of them that must stand in the quotes.
  private static let quotedShare = 0.7

  private let question: Set<String>
  private let quotes: Set<String>
  private let passages: Set<String>

  /// - Parameters:
  ///   - quotes: The chosen sentences.
  ///   - passages: The passages that the quotes stand in, with their headings. Others that the generator read do not count: what is true of
  ///     one thing there and of another here, mixed, is true of none.
  package init(question: String, quotes: [String], passages: [String]) {
    self.question = Set(Self.tokens(question).map(\.stem))
    self.quotes = Set(quotes.flatMap { Self.tokens($0).map(\.stem) })
    self.passages = self.quotes.union(passages.flatMap { Self.tokens($0).map(\.stem) })
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
    let quoted = new.intersection(quotes).count
    let stands =
      !isLooping && !mustStand && !new.isEmpty && Double(supported) >= Self.supportedShare * Double(new.count)
      && Double(quoted) >= Self.quotedShare * Double(new.count)
    return Answer.Verification(supported: stands, unsupported: unsupported)
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
          tokens.append(Token(word: word, stem: PorterStemmer.stem(folded), isNumber: false, isName: isName, isCommon: isCommon))
        }
      }
      beginsSentence = false
      index = end
    }
    return tokens
  }
}
