import Lexical
import Testing

@Suite struct TextAnalyzerTests {
  private let analyzer = TextAnalyzer()

  /// Terms with their positions, as `term@position`.
  private func terms(_ text: String, _ language: String? = nil) -> String {
    analyzer.terms(of: text, language: language).map { "\($0.text)@\($0.position)" }.joined(separator: " ")
  }

  @Test(arguments: [
    ("The Running of 2 foxes", "the@0 run@1 of@2 2@3 fox@4"),
    ("Café, naïve. ÅNGSTRÖM!", "cafe@0 naiv@1 angstrom@2"),
    ("max_wal_size", "max_wal_size@0 max@0 wal@1 size@2"),
    ("camelCaseName", "camelcasenam@0 camel@0 case@0 name@0"),
    ("HTTPServer PostgreSQL iPhone", "httpserver@0 http@0 server@0 postgresql@1 iphon@2"),
    ("std::sort(x)", "std::sort@0 std@0 sort@1 x@2"),
    ("version 8.2.1.", "version@0 8.2.1@1 8@1 2@2 1@3"),
    ("foo-bar a@b.c", "foo-bar@0 foo@0 bar@1 a@b.c@2 a@2 b@3 c@4"),
    ("sha256 2nd h2o", "sha256@0 sha@0 256@0 2nd@1 h2o@2"),
    ("don't “quote-d” word…", "don@0 t@1 quote-d@2 quot@2 d@3 word@4"),
    ("--verbose -x trailing- ...", "verbos@0 x@1 trail@2"),
    ("東京都", "東京@0 京都@1"),
    ("猫", "猫@0"),
    ("使用PostgreSQL数据", "使用@0 postgresql@1 数据@2"),
    ("がぎ", "かき@0"),
    ("", ""), ("…—!", ""),
    ("a\u{0}b\u{7}c", "a@0 b@1 c@2"),
  ])
  func textsBecomeTerms(text: String, expected: String) {
    #expect(terms(text) == expected)
  }

  @Test(arguments: [
    ("de", "Häuser", "haus"), ("fr", "continuellement", "continuel"), ("es", "bibliotecas", "bibliotec"), ("it", "pronunciato", "pronunc"),
    ("nl", "lichamelijkheden", "licham"), ("sv", "jaktkarlarne", "jaktkarl"), ("ru", "книгами", "книг"), ("fi", "taloissa", "talo"),
    ("pl", "książkami", "ksiazkami"), ("xx", "running", "running"), ("en", "running", "run"),
  ])
  func wordsAreStemmedByTheirLanguage(language: String, word: String, stem: String) {
    #expect(analyzer.terms(of: word, language: language).map(\.text) == [stem])
  }

  @Test func aQuestionsWordIsLookedUpInEveryLanguage() {
    #expect(analyzer.lookups(of: "Häuser", languages: ["de", "en"]) == ["haus", "hauser"])
    #expect(analyzer.lookups(of: "PostgreSQL", languages: ["de", "en"]) == ["postgresql"])
    #expect(analyzer.lookups(of: "running", languages: []) == ["run"])
  }

  @Test func longWordsAreLeftOutAndCount() {
    let long = String(repeating: "x", count: 65)
    #expect(terms("one \(long) two") == "on@0 two@2" || terms("one \(long) two") == "one@0 two@2")
    #expect(terms(String(repeating: "x", count: 64)).hasSuffix("@0"))
  }

  /// What someone might feed it to break it: each is done quickly, and found again where it has words.
  @Test func hostileTextsStayBounded() {
    let hostile = [
      String(repeating: "a", count: 1_000_000), String(repeating: "a_", count: 500_000), String(repeating: "é", count: 300_000),
      String(repeating: "漢", count: 300_000), String(repeating: "\u{0}\u{1}", count: 300_000), String(repeating: "e\u{301}\u{302}", count: 200_000),
      String(repeating: "x ", count: 400_000), String(repeating: "::", count: 400_000), String(repeating: "aB", count: 400_000),
      String(repeating: "\u{301}", count: 300_000), String(repeating: "Ａ１", count: 200_000), String(repeating: "ا", count: 300_000),
    ]
    var builder = LexicalSegmentBuilder()
    for (number, text) in hostile.enumerated() {
      builder.add(LexicalEntry(id: Int64(number), body: text, language: ["en", "de", "ar", nil][number % 4]))
    }
    builder.add(LexicalEntry(id: 100, body: "needle"))
    let index = LexicalIndex([(builder.finish(), nil)])
    #expect(index.search(LexicalQuery(terms: ["needl"]), limit: 10).best.map(\.id) == [100])
    #expect(index.search(LexicalQuery(terms: ["漢漢"]), limit: 10).best.map(\.id) == [3])
    #expect(index.search(LexicalQuery(terms: ["x"]), limit: 10).best.map(\.id) == [6])
    #expect(index.search(LexicalQuery(terms: ["", String(repeating: "y", count: 100_000)]), limit: 10).best.isEmpty)
  }

  /// The builder reads texts in its own way, by pieces that it remembers: the same terms must come out.
  @Test func theBuilderFindsTheSameTermsAsTheAnalyzer() {
    let texts = [
      "The quick_brown fox::jumps over 8.2.1 and 8.2.1", "Ünïcode “quotes” — dashes–here, naïve café’s", "混ぜた text と English_words",
      "a.b.c.d.e-f/g\\h @x y# C++ C# $HOME ~tilde", "x" + String(repeating: "-y", count: 100),
    ]
    for text in texts {
      var builder = LexicalSegmentBuilder()
      builder.add(LexicalEntry(id: 1, body: text))
      builder.add(LexicalEntry(id: 2, body: text))
      let segment = builder.finish()
      let expected = Set(analyzer.terms(of: text, language: nil).map(\.text))
      let found = LexicalIndex([(segment, nil)]).terms(beginningWith: "", limit: 1000)
      #expect(Set(found.map(\.term)) == expected)
      #expect(found.allSatisfy { $0.chunkCount == 2 })
      #expect(segment.length(at: 0) == segment.length(at: 1))
    }
  }
}
