import Foundation
import Lexical
import Retrieval
import Store
import Testing

/// The closer look at the best candidates.
@Suite struct RefinementTests {
  /// SplitMix64 (Steele, Lea and Flood 2014).
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let words = [
    "relational", "Relate", "relations", "happy", "HAPPINESS", "running", "runs", "the", "of", "is", "dog", "dogs", "ran", "skies", "sky", "é",
    "café", "CAFÉ",
    "naïve", "日本語", "東京都", "don't", "max_wal_size", "2024", "IL-6", "u.s.", "—", "…", "ponies", "pony", "ties", "as", "by", "conflated", "conflate",
    "x",
  ]

  /// As it is said, word by word.
  private static func matched(_ text: String, _ stems: [String]) -> (count: Int, terms: [Int32]) {
    let words = Words.folded(text)
    return (
      words.count,
      words.compactMap { word in
        if let place = stems.firstIndex(of: TextAnalyzer().englishStem(of: word)) { return Int32(place) }
        return Words.isStopWord(word) ? nil : -1
      }
    )
  }

  @Test func matchingIsFoldingAndStemming() {
    var random = Random(state: 7)
    var found = 0
    for _ in 0..<300 {
      let stems = Array(Set((0..<Int.random(in: 1...6, using: &random)).flatMap { _ in Words.stems(Self.words.randomElement(using: &random)!) }))
        .sorted()
      var matcher = TermMatcher(stems: stems)
      for _ in 0..<4 {
        let text = (0..<Int.random(in: 0...30, using: &random)).map { _ in Self.words.randomElement(using: &random)! }.joined(
          separator: [" ", ", ", "\n", "."].randomElement(using: &random)!)
        let matches = matcher.matches(in: text)
        let expected = Self.matched(text, stems)
        #expect(matches.wordCount == expected.count && matches.terms == expected.terms, "\(stems) in \(text)")
        found += matches.terms.count { $0 >= 0 }
      }
    }
    #expect(found > 1000)
  }

  /// Whole vocabularies of real words: no rule of the stemmer changes what the first letters rule out.
  @Test func noWordIsRuledOutByItsBeginning() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden/stems").path
    let files = try FileManager.default.contentsOfDirectory(atPath: path)
    let text = try files.map { try String(contentsOfFile: path + "/" + $0, encoding: .utf8) }.joined(separator: " ")
    // And every ending that a rule of Porter's has, alone and in pairs.
    let endings = [
      "ational", "tional", "ation", "ator", "izer", "ization", "alism", "aliti", "alli", "fulness", "ousness", "ousli", "iveness", "iviti", "biliti",
      "abli", "eli", "entli", "enci", "anci", "alize", "icate", "iciti", "ical", "ative", "ement", "ment", "ent", "ant", "able", "ible", "ism", "ate",
      "ous", "ive", "ize", "al", "er", "ic", "ing", "ed", "eed", "s", "es", "ies", "sses", "y", "ly", "ity", "e",
    ]
    let made = ["b", "tr", "yz", "eye", "hop", "hopp", "rel", "sens", "trouble", "observ"].flatMap { beginning in
      endings.flatMap { first in ["", "s", "ed", "ing", "ly", "al", "ness"].map { beginning + first + $0 } }
    }
    let exceptions = "skis skies dying lying tying idly gently ugly early only singly sky news howe atlas cosmos bias andes die lie tie cries tries"
      .split(
        separator: " "
      ).map(String.init)
    let words = Array(Set(Words.folded(text) + made + exceptions)).sorted()
    try #require(words.count > 3500)
    for word in words {
      let stem = TextAnalyzer().englishStem(of: word)
      var matcher = TermMatcher(stems: [stem])
      for form in [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()] {
        #expect(matcher.matches(in: form).terms == [0], "\(form)")
      }
    }
  }

  /// Signs that are not ASCII touch words as others do.
  @Test(arguments: ["“INV1043”", "order—INV1043—and", "INV1043…", "\u{A0}INV1043\u{A0}", "订单INV1043"])
  func partsOfNamesBetweenSigns(text: String) {
    var matcher = TermMatcher(stems: ["inv", "1043"], words: ["inv", "1043"])
    #expect(matcher.matches(in: text).terms.filter { $0 >= 0 } == [0, 1])
    #expect(matcher.matches(in: text.lowercased().replacing("inv1043", with: "inv 1043")).terms.filter { $0 >= 0 } == [0, 1])
  }

  @Test func capitalsMakeBordersInWordsBetweenSigns() {
    var matcher = TermMatcher(stems: ["pars", "config"], words: ["parse", "config"])
    #expect(matcher.matches(in: "“parseconfig”").terms == [-1])
    #expect(matcher.matches(in: "“parseConfig”").terms == [0, 1])
  }

  /// French makes `pin` of `pines`; English does not.
  @Test func aTextIsReadInItsOwnLanguage() {
    var matcher = TermMatcher(stems: ["pin", "rate"], words: ["pin", "rates"], languages: ["de", "en", "fr"])
    #expect(matcher.matches(in: "Pines grow; the pin; rats", language: "en").terms == [-1, -1, 0, -1])
    #expect(matcher.matches(in: "Pines", language: nil).terms == [-1])
    #expect(matcher.matches(in: "des pines", language: "fr").terms == [-1, 0])
    #expect(matcher.matches(in: "die Häuser und Rates", language: "de").terms == [-1, -1, -1, 1])
  }

  /// Dashes, quotation marks and the like are no part of words, whatever else is not ASCII in them.
  @Test(arguments: ["–", "—", "‐", "“", "”", "’", "„", "•", "…"])
  func matchingSeesThroughTypography(sign: String) {
    for language in ["en", "de"] {
      var matcher = TermMatcher(stems: ["heat", "cafe"], words: ["heat", "café"], languages: ["en", "de"])
      let plain = matcher.matches(in: "The heat of café rises 10 20 INV1043 x", language: language)
      let typed = matcher.matches(
        in: "\(sign)The\(sign)heat\(sign)of café\(sign) \(sign)\(sign)rises 10\(sign)20\(sign)INV1043\(sign)x\(sign)", language: language)
      #expect(typed.terms == plain.terms && typed.wordCount == plain.wordCount)
      #expect(plain.terms.contains(0) && plain.terms.contains(1))
    }
  }

  @Test func lettersThatAreWrittenWithOthers() {
    var matcher = TermMatcher(stems: ["final", "gross", "lodz", "coffe"], words: ["final", "gross", "lodz", "coffee"])
    #expect(matcher.matches(in: "The ﬁnal Groß of Łódź, coﬀee").terms == [0, 1, 2, 3])
    #expect(Words.folded("ﬃ Ø œuvre") == ["ffi", "o", "oeuvre"])
  }

  private func window(_ text: String, header: String = "", neighbours: [String] = []) -> WindowScores.Window {
    WindowScores.Window(header: header, text: text, neighbours: neighbours)
  }

  @Test func theFormulaByHand() {
    let scoring = WindowScores(stems: ["alpha", "beta"], sequence: ["alpha", "beta"], documentCounts: [1, 3], count: 10)
    let scores = scoring.scores([
      window("alpha beta gamma", header: "alpha", neighbours: ["beta beta"]), window("gamma delta epsilon zeta"),
    ])
    // Lengths: 2 + 3 + 2 = 7 and 4, mean 5.5; own sequences 1 + 3 and 4, mean 4.
    func b(_ f: Double, _ length: Double, _ mean: Double) -> Double { f * 1.9 / (f + 0.9 * (0.25 + 0.75 * length / mean)) }
    func idf(_ df: Double) -> Double { log(1 + (10 - df + 0.5) / (df + 0.5)) }
    // alpha twice in the header and once in the text; beta once, and twice beside; "alpha alpha beta": one pair in order, two near.
    let expected = idf(1) * b(3, 7, 5.5) + idf(3) * b(3, 7, 5.5) + (idf(1) + idf(3)) * (0.4 * b(1, 4, 4) + 0.1 * b(2, 4, 4))
    #expect(abs(scores[0] - expected) < 1e-12)
    #expect(scores[1] == 0)
  }

  @Test func nearnessAndOrderCount() {
    let scoring = WindowScores(stems: ["heat", "transfer"], sequence: ["heat", "transfer"], documentCounts: [5, 5], count: 100)
    let far = "heat one two three four five six seven eight nine transfer"
    let near = "one two heat three transfer four five six seven eight nine"
    let next = "one two heat transfer three four five six seven eight nine"
    let scores = scoring.scores([window(far), window(near), window(next)])
    #expect(scores[0] < scores[1] && scores[1] < scores[2])
    let around = scoring.scores([window("one two three", neighbours: ["heat transfer"]), window("one two three", neighbours: ["four five"])])
    #expect(around[0] > 0 && around[1] == 0)
  }

  @Test func degenerateInputsScoreNothing() {
    #expect(WindowScores(stems: [], sequence: [], documentCounts: [], count: 0).scores([window(""), window("text")]) == [0, 0])
    #expect(WindowScores(stems: ["a"], sequence: ["a", "a"], documentCounts: [0], count: 0).scores([]) == [])
    // More chunks with the word than there are, as a stale count may say.
    #expect(WindowScores(stems: ["text"], sequence: ["text"], documentCounts: [9], count: 3).scores([window("text")])[0].isFinite)
  }

  @Test func feedbackMovesTowardsTheBest() {
    let question: [Float] = [1, 0, 0]
    #expect(QueryFeedback.moved(question, towards: []) == question)
    let moved = QueryFeedback.moved(question, towards: [(1, [0, 1, 0]), (0.2, [0, 0, 1])])
    let length = moved.reduce(0) { $0 + $1 * $1 }
    #expect(abs(length - 1) < 1e-6 && moved[1] > 10 * moved[2] && moved[0] > moved[1])
    // Only the first five count.
    let six = Array(repeating: (score: 1.0, vector: [Float(0), 1, 0]), count: 5) + [(score: 1.0, vector: [Float(0), 0, 1])]
    #expect(QueryFeedback.moved(question, towards: six)[2] == 0)
  }

  @Test func literalQuestionsWeighWords() throws {
    for text in ["what is max_wal_size", "std::sort order", "find \"exact words\"", "the `port` option"] {
      #expect(try QueryAnalysis(text).isLiteral, "\(text)")
    }
    for text in ["IL-6 and TNF-α", "what is 95% of it", "who's there", "5\" pipes", "and/or"] {
      #expect(try !QueryAnalysis(text).isLiteral, "\(text)")
    }
    let options = SearchOptions()
    // What is asked for counts before what was learnt, and that before the default.
    let plain = try QueryAnalysis("largest log")
    #expect(options.fusion(for: plain) == Fusion() && options.fusion(for: plain, learnt: 0.3).denseWeight == 0.3)
    var asked = options
    asked.fusion = Fusion(denseWeight: 0.9)
    #expect(asked.fusion(for: plain, learnt: 0.3).denseWeight == 0.9)
    #expect(try options.fusion(for: QueryAnalysis("max_wal_size")).denseWeight < options.fusion(for: QueryAnalysis("largest log")).denseWeight)
  }
}
