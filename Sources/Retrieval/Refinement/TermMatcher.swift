import Lexical

/// Finds a query's stems in texts, fast: only words that begin like one of them are folded and stemmed, and each of those once.
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
  private let places: [String: Int32]
  /// Whether a word that begins with these two bytes may have one of the stems: Porter's rules change a word behind its first two letters only, or
  /// leave so little of it that one is compared.
  private var mayMatch: [Bool]
  /// By a hash of a run's bytes in lower case.
  private var known: [UInt64: Words] = [:]

  private static let stopWords = Set(StopWords.english.map { hash(Array($0.utf8)[...]) })

  /// - Parameter stems: Distinct.
  package init(stems: [String]) {
    places = Dictionary(uniqueKeysWithValues: stems.enumerated().map { ($1, Int32($0)) })
    mayMatch = [Bool](repeating: false, count: 1 << 16)
    for stem in stems {
      let bytes = Array(stem.utf8)
      guard let first = bytes.first else { continue }
      for second in 0..<256 where bytes.count < 4 || bytes[1] == UInt8(second) { mayMatch[Int(first) << 8 | second] = true }
    }
  }

  package mutating func matches(in text: String) -> Matches {
    var matches = Matches()
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        // A run of letters, digits and whatever is not ASCII; what of the latter is no letter is told apart when the run is first seen.
        guard Self.isWordByte(bytes[start]) else {
          start += 1
          continue
        }
        var end = start
        var isASCII = true
        while end < bytes.count, Self.isWordByte(bytes[end]) {
          if bytes[end] >= 0x80 { isASCII = false }
          end += 1
        }
        let run = UnsafeBufferPointer(rebasing: bytes[start..<end])
        let hash = Self.hash(run)
        if isASCII, !mayMatch[Int(Self.lowered(run[0])) << 8 | (run.count > 1 ? Int(Self.lowered(run[1])) : 0)] {
          matches.wordCount += 1
          if !Self.stopWords.contains(hash) { matches.terms.append(-1) }
        } else {
          let words = known[hash] ?? look(up: run, hash)
          matches.wordCount += words.count
          matches.terms += words.terms
        }
        start = end
      }
    }
    return matches
  }

  private mutating func look(up run: UnsafeBufferPointer<UInt8>, _ hash: UInt64) -> Words {
    let folded = Retrieval.Words.folded(String(decoding: run, as: UTF8.self))
    let terms = folded.compactMap { word -> Int32? in
      if let place = places[analyzer.englishStem(of: word)] { return place }
      return Retrieval.Words.isStopWord(word) ? nil : -1
    }
    let words = Words(count: folded.count, terms: terms)
    known[hash] = words
    return words
  }

  /// FNV-1a, 64 bits, of the bytes in lower case.
  private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64(lowered($1))) &* 0x100_0000_01b3 }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (0x30...0x39).contains(byte) || (byte | 0x20) &- 0x61 < 26
  }
}
