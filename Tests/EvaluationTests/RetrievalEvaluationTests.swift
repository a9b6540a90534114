import Evaluation
import Foundation
import Testing

@Suite struct RetrievalEvaluationTests {
  /// Against all sign patterns of a few questions, counted out.
  @Test func thePairedTestIsTheShareOfSigns() {
    let first = [0.2, 0.5, 0.1, 0.9, 0.4, 0.3, 0.6]
    let second = [0.5, 0.6, 0.3, 0.8, 0.7, 0.3, 0.9]
    let differences = zip(first, second).map { $1 - $0 }
    let sum = differences.reduce(0, +)
    var extreme = 0
    for signs in 0..<(1 << differences.count) {
      let total = differences.enumerated().reduce(0) { $0 + (signs >> $1.offset & 1 == 0 ? $1.element : -$1.element) }
      if abs(total) >= abs(sum) - 1e-12 { extreme += 1 }
    }
    let exact = Double(extreme) / Double(1 << differences.count)
    let test = PairedTest(first, second)
    #expect(abs(test.p - exact) < 0.015 && abs(test.difference - sum / 7) < 1e-12)
    #expect(PairedTest(first, second) == test, "the same seed gives the same p")
    #expect(PairedTest(first, first).p == 1 && PairedTest(first, first).difference == 0)
    #expect(PairedTest([], []).p == 1)
    let many = (0..<200).map { Double($0 % 7) / 10 }
    #expect(PairedTest(many, many.map { $0 + 0.05 }).p < 0.001)
  }

  /// One lucky weight between bad ones is not taken; a hill is, and only if it is no chance.
  @Test func aWeightIsLearntOnlyIfItIsBetterByMoreThanChance() {
    func measured(_ means: [Double], count: Int) -> [[Double]] { means.map { Array(repeating: $0, count: count) } }
    let hill = [0.1, 0.1, 0.2, 0.1, 0.1, 0.5, 0.6, 0.7, 0.6, 0.5, 0.1]
    let learnt = WeightLearning(current: Array(repeating: 0.5, count: 40), measured: measured(hill, count: 40))
    #expect(learnt.best.denseWeight == 0.7 && learnt.isBetter && abs(learnt.test.difference - 0.2) < 1e-12)
    #expect(learnt.candidates.map(\.nDCG10).elementsEqual(hill) { abs($0 - $1) < 1e-12 })
    #expect(learnt.candidates.map(\.denseWeight) == WeightLearning.weights)
    let spike = [0.0, 0.9, 0.0, 0.0, 0.0, 0.5, 0.6, 0.6, 0.6, 0.5, 0.1]
    #expect(WeightLearning(current: Array(repeating: 0.5, count: 40), measured: measured(spike, count: 40)).best.denseWeight == 0.7)
    // Three questions are too few to say anything.
    #expect(!WeightLearning(current: [0.5, 0.5, 0.5], measured: measured(hill, count: 3)).isBetter)
    #expect(!WeightLearning(current: Array(repeating: 0.7, count: 40), measured: measured(hill, count: 40)).isBetter)
    #expect(!WeightLearning(current: Array(repeating: 0.9, count: 40), measured: measured(hill, count: 40)).isBetter)
  }

  @Test func measuresOfAKnownRanking() {
    let ranking: Ranking = [
      ("q1", [("x", 3), ("a", 2), ("b", 1)]), ("q2", [("c", 1)]), ("q3", (0..<30).map { ("z\($0)", 0) } + [("d", 0)]),
    ]
    let measures = RetrievalMeasures(
      ranking: ranking, grades: ["q1": ["a": 1, "b": 2], "q2": ["c": 1], "q3": ["d": 1], "q4": ["e": 1]], seconds: [0.001, 0.003, 0.002])
    // Järvelin & Kekäläinen's formula by hand for q1: (1/log2 3 + 2/log2 4) / (2/log2 2 + 1/log2 3).
    let q1 = (1 / log2(3.0) + 1) / (2 + 1 / log2(3.0))
    #expect(abs(measures.nDCG10 - (q1 + 1) / 4) < 1e-12)
    #expect(measures.recall10 == 0.5 && measures.recall100 == 0.75 && measures.reciprocalRank10 == 0.375)
    #expect(measures.success1 == 0.25 && measures.success5 == 0.5 && measures.success20 == 0.5)
    #expect(measures.latency50 == 2 && measures.latency99 == 3)
  }

  @Test func questionsInACSVFile() throws {
    let path = FileManager.default.temporaryDirectory.path + "/questions-\(UUID().uuidString).csv"
    defer { try? FileManager.default.removeItem(atPath: path) }
    func read(_ text: String) throws -> DataSet {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return try DataSet(path: path)
    }
    let set = try read("Expected, Question ,note\na/b.md,\"Who, and when?\",x\n\"c.txt; d.txt\",Where?,\n\n")
    #expect(set.queries.map(\.text) == ["Who, and when?", "Where?"] && set.corpusPath == nil)
    #expect(set.grades == ["1": ["a/b.md": 1], "2": ["c.txt": 1, "d.txt": 1]])
    #expect(try read("\u{FEFF}question,expected\nwho,a\n").queries.count == 1)
    #expect(try read("question;expected\nwho, and when;\"a; b\"\n").grades == ["1": ["a": 1, "b": 1]])
    #expect(try read("note, or not\tquestion\texpected\nx\twho, and when;\ta\n").queries.map(\.text) == ["who, and when;"])
    try Data("question,expected\nwho,a\n".data(using: .utf16) ?? Data()).write(to: URL(fileURLWithPath: path))
    #expect { try DataSet(path: path) } throws: { ($0 as? EvaluationError)?.why?.contains("UTF-16") == true }
    for text in [
      "", "a,b\nc,d\n", "question,expected\n", "question,expected\nalone\n", "question,expected\n,file\n", "question,expected\nwho,\n",
      "question;expected\nwho;file;other\n", "question,expected\n?!,file\n", "question,expected\n\"who,file\nand where\",file\n",
    ] {
      #expect(throws: EvaluationError.self, "\(text)") { try read(text) }
    }
    #expect(throws: EvaluationError.self) { try DataSet(path: "/nowhere.csv") }
  }

  /// Judgements of TREC have grades of 0 and less, and no line of names.
  @Test(arguments: ["", "query-id\tcorpus-id\tscore\n", "\u{FEFF}"]) func judgementsThatSayNoAreNoRelevantDocuments(header: String) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/set-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, text) in [
      ("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"A\"}\n"),
      ("queries.jsonl", "{\"_id\": \"1\", \"text\": \"who\"}\n{\"_id\": \"2\", \"text\": \"when\"}\n"),
      ("qrels.tsv", header + "1\ta\t2\n1\tb\t0\n1\tc\t-1\n2\ta\t0\n"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    #expect(try DataSet(path: folder).grades == ["1": ["a": 2]])
    for (name, text, place) in [
      ("qrels.tsv", "1\ta\t1.0\n", "line 1"), ("qrels.tsv", "1\ta\t1\n\n1\tb\n", "line 3"),
      ("queries.jsonl", "{\"_id\": \"1\", \"text\": \"who\"}\n\n{\"_id\": \"1\", \"text\": \"when\"}\n", "line 3"),
    ] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
      #expect { try DataSet(path: folder) } throws: { ($0 as? EvaluationError)?.why?.contains("\(name), \(place)") == true }
    }
  }

  /// What is expected may be named in several ways, by one query and by others.
  @Test func documentsOfSeveralNamesAreFoundByEach() {
    let found: [String: Set<String>] = ["copy": ["orig"], "orig": ["orig"], "/abs/orig": ["orig"], "all": ["r1", "r2"], "all#r2": ["r2"]]
    for name in ["copy", "orig", "/abs/orig"] {
      let named = EvaluationIndex.named([name: 1], found)
      #expect(named.aliases == ["orig": name] && named.grades == [name: 1])
    }
    #expect(EvaluationIndex.named(["copy": 1, "orig": 2], found).grades == ["copy": 2])
    #expect(EvaluationIndex.named(["all": 1], found).aliases == ["r1": "all", "r2": "all"])
    #expect(EvaluationIndex.named(["all#r2": 1], found).aliases == ["r2": "all#r2"])
  }

  @Test func settingsAreChecked() throws {
    #expect(try RetrievalSetting("dense-weight=0.3, candidates=50").name == "dense-weight=0.3, candidates=50")
    for text in ["x=1", "dense-weight", "dense-weight=2", "dense-weight=a", "candidates=1"] {
      #expect(throws: EvaluationError.self, "\(text)") { try RetrievalSetting(text) }
    }
  }

  @Test func thePageEscapesWhatItShows() {
    var comparison = RetrievalComparison(set: "<script>alert(1)</script>")
    let ranking: Ranking = [("<b>", [("a", 1)])]
    comparison.add("default", RetrievalMeasures(ranking: [], grades: ["<b>": ["a": 1]]))
    comparison.add("\"quoted\" & <i>", RetrievalMeasures(ranking: ranking, grades: ["<b>": ["a": 1]]))
    let page = comparison.html
    #expect(!page.contains("<script>") && !page.contains("<i>") && !page.contains("<b>"))
    #expect(page.contains("1 questions better, 0 worse") && page.contains("+1.0000"))
  }
}
