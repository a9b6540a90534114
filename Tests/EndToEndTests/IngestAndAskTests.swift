import Foundation
import Testing

/// The main job: documents in, answers with their places out.
@Suite struct IngestAndAskTests {
  private func quarry(_ arguments: String..., index: String) async throws -> QuarryProcess.Result {
    try await QuarryProcess.run(arguments + ["--index", index])
  }

  private func harbour(in folder: TemporaryFolder) throws {
    try folder.write(
      """
      # Harbour rules

      ## Speed

      Inside the breakwater no vessel may go faster than five knots.

      ## Mooring

      Visitors moor at the blue buoys. The harbour master, Ingrid Solheim, assigns the places.

      """, to: "docs/rules.md")
    try folder.write("berth,length\nA1,12 metres\nB7,31 metres\n", to: "docs/berths.csv")
    try folder.write("The fuel dock opens at 06:30 and closes at 21:00.\n", to: "docs/notes/fuel.txt")
  }

  /// The first thing that a new user sees, `make demo`: whatever the generator writes, what is shown is right.
  @Test func theDemosQuestionIsAnsweredRightly() async throws {
    let folder = try TemporaryFolder()
    let manual = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Corpora/manual").path
    #expect(try await quarry("ingest", manual, index: folder.path + "/index").status == 0)
    for question in ["Which port does Quarry listen on by default?", "What is the default port?"] {
      let asked = try await quarry("ask", question, "--json", index: folder.path + "/index")
      let answer = try #require(try asked.json["answer"] as? String, "\(asked.errors)")
      #expect(answer.contains("8707"), "\(answer)")
    }
  }

  @Test func answersWithTheRightLineAndKeepsToWhatChanged() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)

    let first = try await quarry("ingest", folder.path + "/docs", "--json", index: index)
    #expect(first.status == 0, "\(first.errors)")
    #expect(try ingested(first)["added"] as? Int == 3)

    let asked = try await quarry("ask", "How fast may a vessel go inside the breakwater?", "--answer", "quote", "--json", index: index)
    #expect(asked.status == 0, "\(asked.output) \(asked.errors)")
    let answer = try asked.json
    #expect((answer["answer"] as? String)?.contains("five knots") == true)
    #expect(answer["abstained"] as? Bool == false)
    let source = try #require((answer["sources"] as? [[String: Any]])?.first)
    #expect(source["document"] as? String == "rules.md")
    #expect(source["path"] as? String == "rules.md")
    #expect(source["lines"] as? [Int] == [5, 5])
    #expect(source["page"] is NSNull)
    #expect(source["number"] as? Int == 1)
    #expect(answer["usage"] is [String: Any])
    #expect(answer["receipt"] is [String: Any])

    let again = try await quarry("ingest", folder.path + "/docs", "--json", index: index)
    #expect(try ingested(again)["unchanged"] as? Int == 3)
    #expect(try ingested(again)["embedded_tokens"] as? Int == 0)

    try folder.write("The fuel dock is closed for repairs until April.\n", to: "docs/notes/fuel.txt")
    try FileManager.default.removeItem(atPath: folder.path + "/docs/berths.csv")
    let changed = try await quarry("ingest", folder.path + "/docs", "--json", index: index)
    #expect(try ingested(changed)["updated"] as? Int == 1)
    #expect(try ingested(changed)["removed"] as? Int == 1)

    let fuel = try await quarry("ask", "When does the fuel dock open?", "--answer", "quote", index: index)
    #expect(fuel.output.contains("April"))
    #expect(!fuel.output.contains("06:30"), "the old version must not answer")
  }

  @Test func anIndexIsAuditedBackedUpAndRestored() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let audit = try await quarry("audit", "--json", index: index)
    #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
    #expect((try audit.json["findings"] as? [Any])?.isEmpty == true)
    let backup = try await quarry("backup", folder.path + "/copy.quarry", "--json", index: index)
    #expect(backup.status == 0, "\(backup.errors)")
    // A name of one character, in the folder where one is.
    for command in ["backup", "export"] {
      let short = try await QuarryProcess.run([command, String(command.first!), "--index", index], directory: folder.path)
      #expect(short.status == 0, "\(short.errors)")
    }
    let refused = try await quarry("restore", folder.path + "/copy.quarry", index: index)
    #expect(refused.status == 1 && refused.errors.contains("already"))
    let restored = try await quarry("restore", folder.path + "/copy.quarry", "--json", index: folder.path + "/other")
    #expect(try restored.json["documents"] as? Int == 3, "\(restored.errors)")
    let found = try await quarry("search", "berth", index: folder.path + "/other")
    #expect(found.output.contains("berths.csv"))
  }

  @Test func sameQuestionSameBytes() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    func answer() async throws -> [String: Any] {
      var json = try await quarry("ask", "Who assigns the places at the buoys?", "--json", index: index).json
      json["usage"] = nil  // holds times
      return json
    }
    let (first, second) = (try await answer(), try await answer())
    #expect(NSDictionary(dictionary: first) == NSDictionary(dictionary: second))
    #expect((first["answer"] as? String)?.contains("Solheim") == true, "\(first)")
  }

  @Test func generatesWhenToldTo() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let result = try await quarry("ask", "When does the fuel dock open?", "--answer", "generate", "--json", index: index).json
    #expect(result["kind"] as? String == "generated")
    let usage = try #require(result["usage"] as? [String: Any])
    #expect((usage["completion_tokens"] as? Int ?? 0) > 0)
    #expect((usage["prompt_tokens"] as? Int ?? 0) > 20)
    #expect(result["verification"] is [String: Any])
  }

  @Test func abstainsWithThreeWhenNothingFits() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let result = try await quarry("ask", "Which amino acids does photosynthesis in cyanobacteria consume?", "--json", index: index)
    #expect(result.status == 3)
    let answer = try result.json
    #expect(answer["answer"] is NSNull)
    #expect(answer["abstained"] as? Bool == true)
    #expect((answer["sources"] as? [Any])?.isEmpty == false, "the closest passages are shown")
  }

  @Test func searchExplainsItsScores() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let results = try #require(try await quarry("search", "blue buoys", "--json", "--explain", index: index).json["results"] as? [[String: Any]])
    let first = try #require(results.first)
    #expect(first["document"] as? String == "rules.md")
    for key in ["rank", "score", "document", "path", "page", "lines", "heading", "text"] { #expect(first.keys.contains(key), "\(key)") }
    let shown = try await quarry("search", "blue buoys", "--explain", index: index)
    #expect(shown.output.contains("dense"))
    #expect(shown.output.contains("lexical"))
    let judged = try await quarry("search", "blue buoys", "--explain", "--rerank", "4", "--json", index: index).json["results"] as? [[String: Any]]
    let explanation = try #require(judged?.first?["explanation"] as? [String: Any])
    #expect((explanation["likelihood"] as? [String: Any])?["raw"] is Double)
  }

  /// A user's own questions, their own index: figures, a comparison as a page, and no weight that three questions could not carry.
  @Test func ownQuestionsAreMeasured() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    try folder.write(
      "question,expected\nHow fast may a vessel go?,rules.md\nWhen does the fuel dock open?,notes/fuel.txt\nHow long is berth B7?,berths.csv\n",
      to: "questions.csv")
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let page = folder.path + "/comparison.html"
    let compared = try await quarry(
      "eval", folder.path + "/questions.csv", "--with", "dense-weight=0", "--with", "rerank=3", "--html", page, "--json", index: index)
    let entries = try #require(try compared.json["entries"] as? [[String: Any]], "\(compared.errors)")
    #expect(entries.map { $0["setting"] as? String } == ["default", "dense-weight=0", "rerank=3"])
    #expect((entries[0]["measures"] as? [String: Any])?["success@1"] as? Double == 1)
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("<svg") && html.contains("dense-weight=0") && html.contains("rerank=3"))
    // One document for two files.
    try folder.write(String(contentsOfFile: folder.path + "/docs/rules.md", encoding: .utf8), to: "docs/copy of the rules.md")
    try folder.write("question,expected\nHow fast may a vessel go?,copy of the rules.md\n", to: "copies.csv")
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let copies = try await quarry("eval", folder.path + "/copies.csv", "--json", index: index)
    #expect(try copies.json["success@1"] as? Double == 1, "\(copies.output)")
    // Any record of a file of records.
    try folder.write(
      (1...9).map { #"{"_id": "r\#($0)", "text": "Record \#($0) is of the pump in hall \#($0)."}"# }.joined(separator: "\n"), to: "docs/records.jsonl"
    )
    try folder.write("question,expected\nWhich pump is in hall 7?,records.jsonl\n", to: "records.csv")
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let records = try await quarry("eval", folder.path + "/records.csv", "--json", index: index)
    #expect(try records.json["success@1"] as? Double == 1 && records.json["recall@10"] as? Double == 1, "\(records.output)")
    let learnt = try await quarry("eval", folder.path + "/questions.csv", "--learn", "--json", index: index)
    #expect(try (learnt.json["candidates"] as? [Any])?.count == 11 && learnt.json["better"] as? Bool == false)
    let status = try await quarry("status", "--json", index: index).json["collections"] as? [[String: Any]]
    #expect(status?.count == 1 && status?.first?["dense_weight"] == nil)
    #expect(try await QuarryProcess.run("eval", folder.path + "/questions.csv", "--learn").status == 2)
  }

  @Test func aQuestionOfAHundredThousandCharactersIsRefused() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let result = try await quarry("ask", String(repeating: "why ", count: 25_000), "--json", index: index)
    #expect(result.status == 1)
    #expect(try result.json["error"] is [String: Any])
    let empty = try await quarry("ask", "  ", "--json", index: index)
    #expect(empty.status == 1 || empty.status == 2)
  }

  @Test func oneBadFileDoesNotStopTheRest() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    try folder.write("%PDF-1.4\nthis is no PDF\n", to: "docs/broken.pdf")
    try Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31) }).write(to: URL(fileURLWithPath: folder.path + "/docs/song.mp3"))
    let report = try ingested(try await quarry("ingest", folder.path + "/docs", "--json", index: index))
    #expect(report["added"] as? Int == 3)
    let failed = try #require(report["failed"] as? [[String: Any]])
    #expect(failed.map { $0["path"] as? String } == ["broken.pdf"])
    #expect((failed.first?["reason"] as? String)?.isEmpty == false)
    #expect((report["skipped"] as? [Any])?.count == 1)
    let status = try await quarry("status", index: index)
    #expect(status.output.contains("broken.pdf"))
  }

  @Test func removeTakesDocumentsOut() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: index)
    let removed = try await quarry("remove", "notes", "--json", index: index)
    #expect(try removed.json["removed"] as? Int == 1)
    let unknown = try await quarry("remove", "nothing.md", "--json", index: index)
    #expect(unknown.status == 1)
    let status = try await quarry("status", "--documents", index: index)
    #expect(!status.output.contains("fuel.txt"))
    #expect(status.output.contains("rules.md"))
  }

  @Test func everyFixtureIsFoundByWhatItSays() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    let result = try await quarry("ingest", QuarryProcess.checkout + "/Corpora/fixtures", "--json", index: index)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    let report = try ingested(result)
    // Three fixtures are there to fail: one is no PDF, one has no text, one is no picture.
    #expect((report["failed"] as? [[String: Any]])?.map { $0["path"] as? String } == ["broken.pdf", "drawing.pdf", "photo.png"], "\(result.output)")
    let status = try await quarry("status", "--documents", "--json", index: index)
    let collection = try #require((try status.json["collections"] as? [[String: Any]])?.first)
    let contents = try #require(collection["contents"] as? [[String: Any]])
    #expect(contents.count { $0["state"] as? String == "done" && ($0["chunks"] as? Int ?? 0) > 0 } == report["added"] as? Int)
  }

  @Test func aSetInBEIRsFormIsRankedAndAnswered() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      """
      {"_id": "d1", "title": "Otters", "text": "Sea otters hold hands while they sleep so that they do not drift apart."}
      {"_id": "d2", "title": "Bees", "text": "A honey bee visits about two thousand flowers a day."}
      {"_id": "d3", "title": "Owls", "text": "An owl can turn its head by two hundred and seventy degrees."}

      """, to: "set/corpus.jsonl")
    try folder.write(
      "{\"_id\": \"q1\", \"text\": \"How many flowers\u{2028}does a bee visit in a day?\"}\r\n{\"_id\": \"q2\", \"text\": \"?!\"}\n",
      to: "set/queries.jsonl")
    try folder.write("query\tdocument\tgrade\nq1\td2\t1\n", to: "set/qrels.tsv")
    try folder.write("{\"_id\": \"q1\", \"answers\": [\"two thousand\"]}\n", to: "set/answers.jsonl")

    let run = try await QuarryProcess.run("eval", folder.path + "/set", "--run", folder.path + "/run.tsv", "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.json["ndcg@10"] as? Double == 1)
    #expect(run.errors.contains("q2"), "a query without a word finds nothing, and that is said")
    let lines = try String(contentsOfFile: folder.path + "/run.tsv", encoding: .utf8).split(separator: "\n")
    #expect(lines.first?.hasPrefix("q1\td2\t1\t") == true)
    // An index of other documents.
    try harbour(in: folder)
    _ = try await quarry("ingest", folder.path + "/docs", index: folder.path + "/index")
    let other = try await QuarryProcess.run("eval", folder.path + "/set", "--index", folder.path + "/index")
    #expect(other.status != 0 && other.errors.contains("holds none of the documents that set expects"), "\(other.errors)")

    let answers = try await QuarryProcess.run(
      "eval", "answers", folder.path + "/set", "--answer", "quote", "--out", folder.path + "/answers.jsonl", "--json")
    #expect(answers.status == 0, "\(answers.errors)")
    let written = try String(contentsOfFile: folder.path + "/answers.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(written.count == 2 && written[1].contains("null"), "to what is no question there is no answer")
    let answer = try #require(try JSONSerialization.jsonObject(with: Data(written[0].utf8)) as? [String: Any])
    #expect(answer["_id"] as? String == "q1")
    #expect(answer["answer"] as? String == "A honey bee visits about two thousand flowers a day.")
    #expect(answer["sources"] as? [String] == ["d2"])
  }

  private func ingested(_ result: QuarryProcess.Result) throws -> [String: Any] {
    try #require((try result.json["ingested"] as? [[String: Any]])?.first, "\(result.output) \(result.errors)")
  }
}
