import Documents
import Lexical

/// What a question asks the lexical index for.
package struct QueryAnalysis: Sendable, Equatable {
  /// Words to search for, any of them: distinct, in the question's order, stop words left out (unless there is nothing else). What is written
  /// in one piece (`max_wal_size`, `8.2.1`, `foo-bar`, `camelCase`) stands as a whole, which the index matches as a phrase, and in its parts.
  package let terms: [String]
  /// The distinct stems of the question's words, stop words left out: what a passage is checked for.
  package let stems: [String]
  /// For each of the stems the first word that has it, in lower case: what other languages' rules make their stems of.
  package let words: [String]
  /// What the index has of the words beside each as a whole: the parts of `INV1043` and `camelCase`, pairs of Korean syllables. Distinct.
  package let parts: [String]
  /// All that a text is looked through for: the stems, and the parts behind them, with the word of each.
  var sought: (stems: [String], words: [String]) { (stems + parts, words + parts) }
  /// The stems in the question's order, each as often as it stands there: which of them follow each other.
  package let sequence: [String]
  /// Whether the question names something letter by letter: an identifier of a program, or words in quotation marks.
  package let isLiteral: Bool
  /// What is looked for as it stands: words in quotation marks and identifiers. Distinct, the first of many.
  package let phrases: [Phrase]
  /// What words that no document has were taken for: stems by stems.
  package let corrections: [String: String]

  /// Words that follow each other.
  package struct Phrase: Sendable, Equatable {
    /// Folded.
    package var words: [String]
    /// An identifier as it is written, in lower case: `etc. Hosts` is not `/etc/hosts`. `nil` for words in quotation marks, which any sign may part.
    package var literal: String?
  }

  /// Characters of a question at most.
  package static let characterLimit = 8000
  /// Terms at most; a question has a dozen, and each costs a walk through the index.
  static let termLimit = 64
  /// Phrases at most: each costs a search of its own, and reading what it finds.
  static let phraseLimit = 4

  /// - Parameter isEnglish: Whether words that say nothing in English are left out. In other languages the same letters may name something (`or`, French
  ///   for gold), and how rare a word is says what it is worth.
  /// - Throws: `question_empty` when there is no word in it, `question_too_long` above `characterLimit`.
  package init(_ question: String, isEnglish: Bool = true) throws(RetrievalError) {
    // Counted in scalars first: finding the characters of a huge text takes long, and it has at least as many scalars.
    if question.utf8.count > Self.characterLimit {
      let count = question.unicodeScalars.count
      guard count <= Self.characterLimit else { throw .questionTooLong(characters: count, limit: Self.characterLimit) }
    }
    let question = Self.plain(VisibleText.cleaned(question))
    func isStopWord(_ word: String) -> Bool { isEnglish && Words.isStopWordOfQuestion(word) }
    var terms: [String] = []
    var words: [String] = []
    var compounds: [String] = []
    var identifiers: [String] = []
    var namesSomething = false
    let quoted = Self.quoted(question)
    for piece in question.split(whereSeparator: \.isWhitespace) {
      let whole = Self.trimmed(piece)
      let written = Self.words(of: whole, isEnglish: isEnglish)
      let parts = written.map { $0.lowercased() }
      if parts.count > 1 {
        let isRooted = Self.isRooted(piece, whole)
        if Self.isIdentifier(whole, written, isRooted: isRooted) {
          terms.append(whole.lowercased())
          // `e.g.` names nothing.
          if parts.contains(where: { $0.count > 1 || $0.first?.isNumber == true }) { identifiers.append(String(whole)) }
          if Self.isName(whole, written, isRooted: isRooted) { namesSomething = true }
        }
      }
      for (word, part) in zip(written, parts) {
        let inner = Self.compoundParts(of: word)
        terms += [part] + inner
        compounds += inner
        if !inner.isEmpty || Self.isNumbered(word) {
          identifiers.append(word)
          namesSomething = true
        }
      }
      words += parts
    }
    guard !words.isEmpty else { throw .emptyQuestion }
    let telling = terms.filter { !isStopWord($0) }
    self.terms = Array(Self.distinct(telling.isEmpty ? terms : telling).prefix(Self.termLimit))
    // Scripts without spaces have several words in a run.
    let folded = words.flatMap { word in
      let folded = Words.folded(word)
      return folded.count == 1 ? [(word: word, folded: folded[0])] : folded.map { (word: $0, folded: $0) }
    }
    // As it is written: `thé` is no `the`.
    let tellingWords = folded.filter { !isStopWord($0.word) }
    let analyzer = TextAnalyzer()
    let asked = (tellingWords.isEmpty ? folded : tellingWords).prefix(4 * Self.termLimit)
      .map { (word: $0.word, stem: analyzer.englishStem(of: $0.folded)) }
    sequence = asked.map(\.stem)
    let stems = Array(Self.distinct(sequence).prefix(Self.termLimit))
    self.stems = stems
    let inner = asked.flatMap { analyzer.terms(of: $0.word, language: TextAnalyzer.defaultLanguage).dropFirst().map(\.text) }
    parts = Array(Self.distinct(inner + compounds.map(analyzer.englishStem)).filter { !stems.contains($0) }.prefix(Self.termLimit))
    let wordOfStem = Dictionary(asked.map { ($0.stem, $0.word) }) { first, _ in first }
    self.words = stems.map { wordOfStem[$0] ?? $0 }
    isLiteral = namesSomething || !quoted.isEmpty
    func phrase(_ text: some StringProtocol, literal: String?) -> Phrase {
      Phrase(words: Array(Words.folded(text).prefix(Self.termLimit)), literal: literal)
    }
    let literal = identifiers.map { phrase($0, literal: $0.lowercased()) }
    // An identifier in quotation marks is one.
    let inMarks = quoted.map { phrase($0, literal: nil) }.map { phrase in literal.first { $0.words == phrase.words } ?? phrase }
    var seen = Set<[String]>()
    phrases = Array(
      (inMarks + literal).filter { !$0.words.isEmpty && ($0.words.count > 1 || !isStopWord($0.words[0])) && seen.insert($0.words).inserted }
        .prefix(Self.phraseLimit))
    corrections = [:]
  }

  /// The same question with other words in the place of some, which are searched for beside them.
  ///
  /// - Parameter corrections: What stems were probably meant to be.
  func corrected(_ corrections: [String: String]) -> QueryAnalysis {
    guard !corrections.isEmpty else { return self }
    // Two words may be taken for the same one, and a word for what is a part of another.
    var seen = Set<String>()
    let corrected = zip(stems, words).map { stem, word in corrections[stem].map { ($0, $0) } ?? (stem, word) }.filter { seen.insert($0.0).inserted }
    return QueryAnalysis(
      terms: terms + stems.compactMap { corrections[$0] }, stems: corrected.map(\.0), words: corrected.map(\.1),
      parts: parts.filter { !seen.contains($0) }, sequence: sequence.map { corrections[$0] ?? $0 }, isLiteral: isLiteral, phrases: phrases,
      corrections: corrections)
  }

  private init(
    terms: [String], stems: [String], words: [String], parts: [String], sequence: [String], isLiteral: Bool, phrases: [Phrase],
    corrections: [String: String]
  ) {
    (self.terms, self.stems, self.words, self.parts) = (terms, stems, words, parts)
    (self.sequence, self.isLiteral, self.phrases, self.corrections) = (sequence, isLiteral, phrases, corrections)
  }

  /// With hyphens of every kind, and letters of every width, as they are typed: word processors change them.
  static func plain(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x2010...0x2013, 0x2212, 0xFE63: plain.append("-")
      case 0xFF01...0xFF5E: plain.append(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
      default: plain.append(scalar)
      }
    }
    return String(plain)
  }

  /// The words of a piece between white space. What stands behind an apostrophe in English says nothing.
  private static func words(of piece: Substring, isEnglish: Bool) -> [String] {
    var words: [String] = []
    for run in piece.unicodeScalars.split(whereSeparator: { !CharacterFolding.isWordScalar($0) }) {
      let word = String(run)
      // Behind the first word of a piece stands a sign.
      if isEnglish, !words.isEmpty, let sign = piece.unicodeScalars[..<run.startIndex].last, "'’ʼ".unicodeScalars.contains(sign),
        StopWords.endings.contains(word.lowercased())
      {
        continue
      }
      words.append(word)
    }
    return words
  }

  /// What ends a quotation, by what begins it: CLDR's delimiters, and what is typed in their place.
  private static let quotationEnds: [Character: [Character]] = [
    "\"": ["\""], "“": ["”", "“", "\""], "„": ["“", "”", "\""], "”": ["”"], "«": ["»"], "»": ["«", "»"], "‹": ["›"], "›": ["‹", "›"], "‘": ["’"],
    "‚": ["‘", "’"],
    "`": ["`"], "「": ["」"], "『": ["』"],
  ]

  /// What stands between a mark and the next one that ends it. A mark behind a letter or digit begins nothing (`5" and 6"`), unless it can do nothing else,
  /// and one before a letter ends nothing (`‘don’t’`).
  private static func quoted(_ question: String) -> [Substring] {
    var result: [Substring] = []
    var rest = question[...]
    func isWord(_ index: String.Index) -> Bool { question[index].unicodeScalars.contains(where: CharacterFolding.isWordScalar) }
    func begins(_ index: String.Index) -> Bool {
      guard quotationEnds[question[index]] != nil else { return false }
      return "「『".contains(question[index]) || index == question.startIndex || !isWord(question.index(before: index))
    }
    while let start = rest.indices.first(where: begins) {
      let inner = rest[rest.index(after: start)...]
      let ends = quotationEnds[rest[start]] ?? []
      func isEnd(_ index: String.Index) -> Bool {
        guard ends.contains(question[index]) else { return false }
        let next = question.index(after: index)
        return question[index] != "’" || next == question.endIndex || !isWord(next)
      }
      guard let end = inner.indices.first(where: isEnd) else {
        // Nothing ends it: it is no quotation.
        rest = inner
        continue
      }
      let isWritten = inner[..<end].unicodeScalars.contains(where: CharacterFolding.isWordScalar)
      // Two apostrophes are around a letter: rock ‘n’ roll.
      if isWritten, question[end] != "’" || inner[..<end].count > 1 { result.append(inner[..<end]) }
      rest = inner[inner.index(after: end)...]
    }
    return result
  }

  private static func trimmed(_ piece: Substring) -> Substring {
    let scalars = piece.unicodeScalars
    guard let first = scalars.firstIndex(where: CharacterFolding.isWordScalar), let last = scalars.lastIndex(where: CharacterFolding.isWordScalar)
    else { return "" }
    return piece[first...last]
  }

  /// Whether signs inside a piece bind it to a name or number (`std::sort`, `a_b`, `8.2.1`, `utf-8`, `168,088`), as a hyphen or apostrophe between words
  /// does not, nor a stroke (`he/she/they`, `client/server-based`), unless it begins a path.
  private static func isIdentifier(_ piece: Substring, _ parts: [String], isRooted: Bool) -> Bool {
    let signs = piece.unicodeScalars.filter { !CharacterFolding.isWordScalar($0) }
    if signs.allSatisfy({ "'’‘`´\"“”".unicodeScalars.contains($0) }) { return false }
    if !isRooted, signs.allSatisfy({ $0 == "/" || $0 == "-" }), parts.allSatisfy({ $0.allSatisfy(\.isLetter) }) { return false }
    return piece.contains(where: \.isNumber) || signs.contains { "_.:/\\@#$+".unicodeScalars.contains($0) }
  }

  /// The parts of a program's name (`camelCase`, `HTTPServerError`), under which the index has it too; none of `YouTube` or `McDonald`, whose
  /// parts would only count a person's name three times, nor of `miRNA` or `lncRNAs`, which chemistry writes so.
  private static func compoundParts(of word: String) -> [String] {
    let parts = WordBorders.parts(of: word)
    guard let first = word.unicodeScalars.first, word.allSatisfy(\.isLetter) else { return [] }
    let hasAcronym = zip(word, word.dropFirst()).contains { $0.isUppercase && $1.isUppercase }
    if hasAcronym, parts.contains(where: { $0.utf8.count < 3 }) { return [] }
    return first.properties.isLowercase || parts.count > 2 ? parts : []
  }

  /// Whether a word is the number of a thing (`INV1043`, `RFC7231`), and neither a name with a digit or two (`p53`, `IL6`), of which prose has many, nor
  /// a number with its unit (`500mg`, `100th`).
  private static func isNumbered(_ word: String) -> Bool {
    let parts = WordBorders.parts(of: word)
    return parts.first?.allSatisfy(\.isLetter) == true && parts.contains { $0.count > 2 && $0.allSatisfy(\.isNumber) }
  }

  /// Whether a piece begins as a path does.
  private static func isRooted(_ piece: Substring, _ whole: Substring) -> Bool {
    let before = piece[..<whole.startIndex]
    return ["/", "./", "~/", "../"].contains { before == $0 || before.dropFirst() == $0 }
  }

  /// Whether signs inside a piece say that it is the name of one thing: `max_wal_size`, `std::sort`, `a@b.c`, `192.168.4.17`, `notes.txt`, `/etc/hosts`,
  /// `v2.14.3-rc1`, `JIRA-4711`, `CVE-2021-44228`; not `IL-6`, `95%`, `24/7` or `client/server-based`, which prose is full of.
  private static func isName(_ whole: Substring, _ parts: [String], isRooted: Bool) -> Bool {
    let signs = whole.unicodeScalars.filter { !CharacterFolding.isWordScalar($0) }
    if signs.contains(where: { "_\\@#$".unicodeScalars.contains($0) }) || whole.contains("::") { return true }
    if isRooted { return true }
    let binding = signs.count { $0 == "." || $0 == "/" || $0 == ":" }
    let hyphens = signs.count { $0 == "-" }
    guard binding + hyphens == signs.count else { return false }
    if hyphens == signs.count {
      // Letters, then numbers that are no year's or measure's two digits.
      let numbers = parts.dropFirst()
      return parts[0].allSatisfy(\.isLetter) && numbers.allSatisfy { $0.count > 2 && $0.allSatisfy(\.isNumber) }
    }
    if parts.count > 2, binding > 1 || hyphens == 0 || whole.contains(where: \.isNumber) { return parts.contains { $0.count > 1 } }
    guard parts.count == 2, signs.count == 1 else { return false }
    return signs.first == "." && parts.allSatisfy { $0.count > 1 && $0.first?.isLetter == true } && parts[0].count > 2
  }

  private static func distinct(_ words: [String]) -> [String] {
    var seen = Set<String>()
    return words.filter { seen.insert($0).inserted }
  }
}
