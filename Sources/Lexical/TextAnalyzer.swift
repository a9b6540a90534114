/// Makes terms of a text: what it is indexed under, and what a question is looked up as.
///
/// Words in lower case, stemmed by the rules of the language, without diacritics. What is written in one piece (`max_wal_size`, `std::sort`,
/// `8.2.1`, `foo-bar`) is a term as a whole, and so are its parts; `camelCase` and `sha256` likewise. Scripts without spaces: each two
/// neighbouring characters, Korean words as a whole too. A term above 64 bytes is left out, though its word counts for the length.
///
/// Not for several threads at once (the stemmers have state), and cheap to make.
package struct TextAnalyzer {
  /// A term and the place of its word. Terms with the same position are readings of the same word.
  package struct Term: Equatable {
    package let text: String
    package let position: Int

    package init(text: String, position: Int) {
      self.text = text
      self.position = position
    }
  }

  /// What a text without a known language is taken for.
  package static let defaultLanguage = "en"
  /// Bytes of a term.
  package static let termByteLimit = 64

  private let stemmers = Stemmers()

  package init() {}

  /// The terms of a text in order.
  ///
  /// - Parameter language: As `en`; `nil` where it is not known.
  package func terms(of text: String, language: String?) -> [Term] {
    var terms: [Term] = []
    var position = 0
    for piece in Self.pieces(of: text) {
      let analysis = analyze(piece, language: language ?? Self.defaultLanguage)
      terms += analysis.terms.map { Term(text: $0.text, position: position + $0.position) }
      position += analysis.wordCount
    }
    return terms
  }

  /// What a word of a question is looked up as: its terms in each of some languages, distinct, in order.
  package func lookups(of word: String, languages: [String]) -> [String] {
    var seen = Set<String>()
    var result: [String] = []
    for language in languages.isEmpty ? [Self.defaultLanguage] : languages {
      for term in terms(of: word, language: language) where seen.insert(term.text).inserted { result.append(term.text) }
    }
    return result
  }

  /// What an English word is indexed under.
  ///
  /// - Parameter word: In lower case, without diacritics.
  package func englishStem(of word: String) -> String {
    let stem = stemmers.stem(word, language: "en")
    return stem.isEmpty ? word : stem
  }

  /// Terms of a piece of text, positions from 0 on.
  func analyze(_ piece: String, language: String) -> PieceAnalysis {
    var result = PieceAnalysis()
    for part in PieceParts(piece) {
      switch part {
      case .words(let words, let whole):
        if words.count > 1 { result.append(CharacterFolding.folded(whole.lowercased()), at: result.wordCount) }
        for word in words {
          let lowered = word.lowercased()
          let folded = CharacterFolding.folded(lowered)
          guard !folded.isEmpty else { continue }
          // Porter's rules are for plain letters; the others' know their accents.
          if language == "en" {
            result.append(englishStem(of: folded), at: result.wordCount)
          } else {
            let stem = CharacterFolding.folded(stemmers.stem(lowered, language: language))
            result.append(stem.isEmpty ? folded : stem, at: result.wordCount)
          }
          for part in WordBorders.parts(of: word) { result.append(stemmers.stem(part, language: language), at: result.wordCount) }
          // Korean writes particles at its words' ends.
          for (first, second) in zip(word.unicodeScalars, word.unicodeScalars.dropFirst())
          where CharacterFolding.isHangul(first) && CharacterFolding.isHangul(second) {
            result.append(CharacterFolding.folded(String(first) + String(second)), at: result.wordCount)
          }
          result.wordCount += 1
        }
      case .unspaced(let run):
        let characters = run.unicodeScalars.map(CharacterFolding.folded).filter { !$0.isEmpty }
        for index in characters.indices where index + 1 < characters.count || index == 0 {
          result.append(index + 1 < characters.count ? characters[index] + characters[index + 1] : characters[index], at: result.wordCount)
          result.wordCount += 1
        }
      }
    }
    return result
  }
}

/// The terms of a piece of text, and how many words it has.
struct PieceAnalysis {
  private(set) var terms: [TextAnalyzer.Term] = []
  var wordCount = 0

  mutating func append(_ text: String, at position: Int) {
    guard !text.isEmpty, text.utf8.count <= TextAnalyzer.termByteLimit else { return }
    let term = TextAnalyzer.Term(text: text, position: position)
    // A whole that is its only part (a word of digits and letters without a border) is one term.
    if terms.last != term { terms.append(term) }
  }
}
