import Retrieval
import Testing

@Suite struct QueryAnalysisTests {
  @Test func stopWordsAreLeftOut() throws {
    let analysis = try QueryAnalysis("When was the French and Indian War?")
    #expect(analysis.terms == ["french", "indian", "war"])
    #expect(analysis.stems == ["french", "indian", "war"])
  }

  @Test func aQuestionOfStopWordsKeepsThem() throws {
    #expect(try QueryAnalysis("Who is it?").terms == ["who", "is", "it"])
  }

  @Test func namesOfCodeStandWholeAndInParts() throws {
    #expect(try QueryAnalysis("raise max_wal_size to 8.2.1?").terms == ["raise", "max_wal_size", "max", "wal", "size", "8.2.1", "8", "2", "1"])
    #expect(try QueryAnalysis("`std::sort`").terms == ["std::sort", "std", "sort"])
  }

  @Test func compoundsOfProgramsStandInPartsToo() throws {
    let analysis = try QueryAnalysis("What does setConnectionTimeout do?")
    #expect(analysis.terms == ["setconnectiontimeout", "set", "connection", "timeout"] && analysis.isLiteral)
    #expect(try QueryAnalysis("HTTPServerError").terms == ["httpservererror", "http", "server", "error"])
    #expect(try QueryAnalysis("getById").terms == ["getbyid", "get", "id"])
    for name in ["YouTube", "McDonald", "iPhone", "PostgreSQL", "covid19", "NASA", "miRNA", "lncRNAs"] {
      let analysis = try QueryAnalysis(name)
      #expect(analysis.terms == [name.lowercased()] && !analysis.isLiteral, "\(name)")
    }
  }

  @Test func hyphensAndApostrophesBindNoNames() throws {
    #expect(try QueryAnalysis("the king's free-stream").terms == ["king", "free", "stream"])
  }

  @Test func whatIsRepeatedCountsOnce() throws {
    #expect(try QueryAnalysis("War, war, WAR").terms == ["war"])
  }

  @Test func queryLanguageIsText() throws {
    #expect(try QueryAnalysis(#"a" OR body:x* NEAR("#).terms.allSatisfy { !$0.contains("\"") && !$0.contains("*") })
  }

  @Test(arguments: ["", "   \n", "?!…", "\u{0}"])
  func emptyQuestions(question: String) {
    #expect {
      try QueryAnalysis(question)
    } throws: { error in
      (error as? RetrievalError)?.code == "question_empty"
    }
  }

  @Test func phrasesAreDistinctAndFew() throws {
    #expect(try QueryAnalysis(#""red car" and "red car" or "Red  car" "#).phrases.map(\.words) == [["red", "car"]])
    let many = (0..<100).map { "\"phrase number \($0)\"" }.joined(separator: " ")
    #expect(try QueryAnalysis(many).phrases.map(\.words) == (0..<4).map { ["phrase", "number", "\($0)"] })
  }

  @Test func whatIsWrittenInOnePieceIsLookedForAsOne() throws {
    #expect(
      try QueryAnalysis("what is max_wal_size for INV1043 and `fsync`?").phrases.map(\.words) == [["fsync"], ["max", "wal", "size"], ["inv1043"]])
    #expect(try QueryAnalysis("does p53 bind in 2019, as \"the\" YouTube video says at 95%?").phrases == [])
  }

  @Test(arguments: [
    "/etc/hosts", "./run.sh", "(~/notes/a.md)", "v2.14.3-rc1", "CVE-2021-44228", "/etc/nginx/sites-enabled/default.conf", "max_wal_size",
  ])
  func identifiers(name: String) throws {
    let analysis = try QueryAnalysis("where is \(name) read?")
    let literal = try #require(analysis.phrases.first?.literal)
    #expect(analysis.isLiteral && analysis.phrases.count == 1 && name.lowercased().contains(literal))
    #expect(try QueryAnalysis("where is \"\(name)\" read?").phrases == analysis.phrases)
  }

  @Test(arguments: ["and/or", "client/server-based", "95%", "well-known", "e.g.", "he/she/they", "\"\"", "„ “"])
  func whatProseIsFullOf(word: String) throws {
    let analysis = try QueryAnalysis("what is \(word) here?")
    #expect(!analysis.isLiteral && analysis.phrases.isEmpty)
  }

  /// What counts as it stands, and does not make the vectors weigh less.
  @Test(arguments: ["IL-6", "GPT-2", "mid-80", "2019-2020", "2024-03-02", "168,088", "23.9", "120/80", "A1-11-B", "24/7"])
  func numbersWithSigns(word: String) throws {
    let analysis = try QueryAnalysis("what is \(word)% here?")
    #expect(!analysis.isLiteral && analysis.phrases.map(\.literal) == [word.lowercased()])
  }

  /// As word processors write it, and as it is pasted.
  @Test func hyphensAndWidthsAreThoseThatAreTyped() throws {
    let plain = try QueryAnalysis("where is CVE-2021-45046 told?")
    #expect(plain.isLiteral)
    for written in ["CVE\u{2011}2021\u{2011}45046", "CVE–2021–45046", "ＣＶＥ-2021-45046", "CVE-2021-4\u{AD}5046"] {
      #expect(try QueryAnalysis("where is \(written) told?") == plain)
    }
  }

  @Test func lettersThatNameSomethingAreNoEndings() throws {
    #expect(try QueryAnalysis("a dose of vitamin D").terms == ["dose", "vitamin", "d"])
    #expect(try QueryAnalysis("I don’t think it's vitamin").terms == ["think", "vitamin"])
    #expect(try QueryAnalysis("culture du thé").stems == ["cultur", "du", "the"])
    #expect(try QueryAnalysis("prix de l'or", isEnglish: false).terms == ["prix", "de", "l", "or"])
  }

  @Test(arguments: [
    "\"brown fox\"", "“brown fox”", "„brown fox“", "„brown fox”", "„brown fox\"", "”brown fox”", "«brown fox»", "»brown fox«", "‹brown fox›",
    "‘brown fox’", "‚brown fox‘", "`brown fox`", "「brown fox」", "＂brown fox＂", "(\"brown fox\")", "« and \"brown fox\"", "\"\" \"brown fox\"",
  ])
  func everyLanguagesQuotationMarks(quoted: String) throws {
    let analysis = try QueryAnalysis("where is the \(quoted) going")
    #expect(analysis.isLiteral && analysis.phrases.map(\.words) == [["brown", "fox"]])
  }

  @Test func inchesAreNoQuotation() throws {
    #expect(try QueryAnalysis("the ‘dogs’ owner's bowl, the boys’ own, rock ‘n’ roll").phrases.map(\.words) == [["dogs"]])
    let analysis = try QueryAnalysis("are the pipes 5\" and 6\" wide or 3\"?")
    #expect(!analysis.isLiteral && analysis.phrases.isEmpty)
  }

  @Test func longQuestions() throws {
    _ = try QueryAnalysis(String(repeating: "wörd ", count: 1600))
    #expect {
      try QueryAnalysis(String(repeating: "a ", count: 50_000))
    } throws: { error in
      guard let error = error as? RetrievalError else { return false }
      return error.code == "question_too_long" && error.message == "the question has 100000 characters" && error.why != nil && error.remedy != nil
    }
  }
}
