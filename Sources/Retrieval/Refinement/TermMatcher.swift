import Lexical

/// Finds a query's stems in texts, fast: only words that begin like one of them are folded and stemmed, and each of those once.
///
/// Words with a border inside (`INV1043`, `camelCase`) are looked at where a part begins like a stem, those that are not ASCII always.
///
/// A word is what the index of words has it under: its stem by the rules of its text's language, and its parts.
package struct TermMatcher {
  /// A text as the query sees it.
  package struct Matches {
    /// All words of the text.
    package var wordCount = 0
    /// For each word that says something its place among the query's stems, -1 for any other; stop words are left out, so that `part of speech` has
    /// two neighbours.
    package var terms: [Int32] = []
  }

  /// What a run of word characters contributes.
  private struct Words {
    var count: Int
    var terms: [Int32]
  }

  private let analyzer = TextAnalyzer()
  /// By language, English always among them, and what a word has become in it.
  private let places: [(language: String, ofTerms: [String: Int32])]
  /// Whether a word may have a stem that does not begin as it does: languages with prefixes.
  private let looksAtAll: Bool
  /// By the classes of a word's first two bytes: whether it may have one of the stems, or be a stop word.
  private var beginnings: [Beginning]
  /// How words that have one of the stems begin.
  private let prefixes: [Prefix]
  /// By a hash of a run's bytes in lower case.
  private var known: [UInt64: Words] = [:]

  private struct Beginning: OptionSet {
    let rawValue: UInt8
    static let ofStem = Beginning(rawValue: 1)
    static let ofStopWord = Beginning(rawValue: 2)
  }

  private static let stopWords = HashTable(StopWords.english.map(Retrieval.Words.hash))

  /// 0 for what is in no word, one of 36 for letters and digits, 63 for what is not ASCII.
  private static let classes: [UInt8] = (0..<256).map { byte in
    let byte = Retrieval.Words.loweredASCII(UInt8(byte))
    if byte >= 0x80 { return 63 }
    guard Retrieval.Words.isWordByte(byte) else { return 0 }
    return byte >= 0x61 ? byte - 0x61 + 1 : byte - 0x30 + 27
  }
  private static let classCount = 64

  private static let stopWordBeginnings: [Beginning] = {
    var beginnings = [Beginning](repeating: [], count: classCount * classCount)
    for word in StopWords.english {
      let bytes = Array(word.utf8)
      beginnings[beginning(bytes[0], bytes.count > 1 ? bytes[1] : 0)] = .ofStopWord
    }
    return beginnings
  }()

  private static func beginning(_ first: UInt8, _ second: UInt8) -> Int {
    Int(classes[Int(first)]) * classCount + Int(classes[Int(second)])
  }

  /// - Parameters:
  ///   - stems: English ones, distinct.
  ///   - words: The word that each of them is of, in lower case, for other languages.
  ///   - languages: Of the texts.
  package init(stems: [String], words: [String] = [], languages: [String] = []) {
    let english = Dictionary(stems.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    let others = languages.filter { $0 != TextAnalyzer.defaultLanguage }.map { [analyzer] language in
      let terms = words.enumerated().compactMap { place, word in analyzer.terms(of: word, language: language).first.map { ($0.text, Int32(place)) } }
      return (language: language, ofTerms: Dictionary(terms) { first, _ in first })
    }
    places = [(TextAnalyzer.defaultLanguage, english)] + others
    looksAtAll = languages.contains { Self.languagesWithPrefixes.contains($0) }
    beginnings = Self.stopWordBeginnings
    let starts = Set(english.keys.map(Self.start(ofEnglishStem:)) + others.flatMap(\.ofTerms.keys).map(Self.start(ofStem:)))
    prefixes = starts.map(Prefix.init)
    for start in starts {
      guard let first = start.first else { continue }
      for second in 0...UInt8.max where start.count < 2 || start[1] == second {
        beginnings[Self.beginning(first, second)].insert(.ofStem)
      }
    }
  }

  /// What every word of a stem begins with. Of Snowball's rules for English few change a letter of what they leave: `y` to `i`, an `e` in the place of
  /// an ending, `bility` to `bl`, `dying` to `die` (https://snowballstem.org/algorithms/english/stemmer.html).
  private static func start(ofEnglishStem stem: String) -> [UInt8] {
    let changed = stem.hasSuffix("ie") || stem.hasSuffix("ble") ? 2 : stem.hasSuffix("bl") || stem.utf8.last.map("eiy".utf8.contains) == true ? 1 : 0
    return start(of: stem, without: changed)
  }

  /// The same in other languages, whose rules put no more than two letters in the place of an ending.
  private static func start(ofStem stem: String) -> [UInt8] { start(of: stem, without: stem.utf8.count < 4 ? 1 : 2) }

  private static func start(of stem: String, without count: Int) -> [UInt8] { Array(stem.utf8.prefix(max(1, stem.utf8.count - count))) }

  /// - Parameter language: The text's; what is not among the languages that the matcher was made for is taken for English, as by the index.
  package mutating func matches(in text: String, language: String? = nil) -> Matches {
    let place = places.firstIndex { $0.language == language } ?? 0
    let isEnglish = place == 0
    var matches = Matches()
    matches.terms.reserveCapacity(text.utf8.count / 6)
    var text = text
    text.withUTF8 { bytes in
      let stopWords = Self.stopWords
      Retrieval.Words.forEachRun(of: bytes) { run, head, isASCII in
        let beginning = isASCII ? beginnings[Self.beginning(UInt8(head & 0xFF), UInt8(head >> 8 & 0xFF))] : .ofStem
        let isBordered = isASCII && Self.isBordered(run, head)
        let mayMatch = looksAtAll || !isASCII || (isBordered ? hasPartLikeStem(run) : beginning.contains(.ofStem) && beginsLikeStem(head))
        if !mayMatch {
          matches.wordCount += 1
          if !beginning.contains(.ofStopWord) || !stopWords.contains(Retrieval.Words.hash(of: run, head: head)) { matches.terms.append(-1) }
        } else {
          // What is not ASCII is taken apart when it is first seen. Where a word's borders are depends on capitals.
          let isPlain = isASCII && !isBordered
          let hash = Retrieval.Words.hash(of: run, head: head, keepsCase: !isPlain)
          let key = (isPlain ? hash : ~hash) &+ UInt64(place) &* 0x2545_F491_4F6C_DD1D
          let words = known[key] ?? look(up: run, key, place, isPlain: isPlain && isEnglish)
          matches.wordCount += words.count
          matches.terms += words.terms
        }
      }
    }
    return matches
  }

  /// Of a run of ASCII.
  private func beginsLikeStem(_ head: UInt64) -> Bool {
    let start = Prefix.lowered(head)
    return prefixes.contains { start & $0.mask == $0.bytes }
  }

  /// Of a run of ASCII with borders: whether it or a part of it begins like a stem. A capital may begin one anywhere.
  private func hasPartLikeStem(_ run: UnsafeBufferPointer<UInt8>) -> Bool {
    run.indices.contains { place in
      let isStart = place == 0 || (0x41...0x5A).contains(run[place]) || (run[place] < 0x3A) != (run[place - 1] < 0x3A)
      return isStart && beginsLikeStem(Retrieval.Words.packed(run, from: place))
    }
  }

  /// - Parameter isPlain: Whether it is one English word without parts, which has only its stem.
  private mutating func look(up run: UnsafeBufferPointer<UInt8>, _ key: UInt64, _ place: Int, isPlain: Bool) -> Words {
    let text = String(decoding: run, as: UTF8.self)
    let folded = Retrieval.Words.folded(text)
    let (language, ofTerms) = places[place]
    var terms: [Int32] = []
    if isPlain {
      terms = folded.compactMap { ofTerms[analyzer.englishStem(of: $0)] ?? (Retrieval.Words.isStopWord($0) ? nil : -1) }
    } else {
      let readings = analyzer.terms(of: text, language: language)
      for (position, word) in folded.enumerated() {
        // A word's terms: those at its place.
        var found: [Int32] = []
        for term in readings where term.position == position {
          if let place = ofTerms[term.text], !found.contains(place) { found.append(place) }
        }
        if found.isEmpty, !Retrieval.Words.isStopWord(word) { found = [-1] }
        terms += found
      }
    }
    let words = Words(count: folded.count, terms: terms)
    known[key] = words
    return words
  }

  /// Whether a word of ASCII may have parts: a capital behind its first letter, or digits beside letters.
  private static func isBordered(_ run: UnsafeBufferPointer<UInt8>, _ head: UInt64) -> Bool {
    guard run.count >= 4 else { return false }
    // Small letters have both bits, capitals and digits one of them: most words are seen to be plain at once.
    let plain = 0x6060_6060_6060_6060 & Retrieval.Words.mask(run.count)
    if run.count <= 8, (head | 0x20) & plain == plain { return false }
    let isNumber = run[0] < 0x3A
    return run.dropFirst().contains { (0x41...0x5A).contains($0) || ($0 < 0x3A) != isNumber }
  }

  /// Those whose stemmers take something off a word's beginning.
  private static let languagesWithPrefixes: Set<String> = ["ga", "id"]
}

/// The first bytes of a word, up to eight of them, in lower case.
private struct Prefix {
  let bytes: UInt64
  /// Of the bytes that there are.
  let mask: UInt64

  init(_ start: [UInt8]) {
    mask = Words.mask(start.count)
    bytes = Self.lowered(start.withUnsafeBufferPointer { Words.packed($0, from: 0) }) & mask
  }

  /// The bit makes a small letter of a large one; digits have it.
  static func lowered(_ head: UInt64) -> UInt64 { head | 0x2020_2020_2020_2020 }
}

/// A few hashes, to be asked for often: a quarter of a table's places.
private struct HashTable {
  private var places: [UInt64]

  init(_ hashes: [UInt64]) {
    var size = 16
    while size < 4 * hashes.count { size *= 2 }
    places = [UInt64](repeating: 0, count: size)
    for hash in hashes {
      var place = Int(truncatingIfNeeded: hash >> 7) & (size - 1)
      while places[place] != 0, places[place] != hash { place = (place + 1) & (size - 1) }
      places[place] = hash
    }
  }

  /// 0 is nobody's hash.
  func contains(_ hash: UInt64) -> Bool {
    var place = Int(truncatingIfNeeded: hash >> 7) & (places.count - 1)
    while places[place] != 0 {
      if places[place] == hash { return true }
      place = (place + 1) & (places.count - 1)
    }
    return false
  }
}
