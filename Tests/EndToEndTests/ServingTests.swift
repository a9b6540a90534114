import Foundation
import Synchronization
import Testing

/// What the engine keeps, through the real server: between requests, between processes, and through crashes.
@Suite struct ServingTests {
  private struct Turn: Equatable {
    var text: String
    var cachedCount: Int
    var diskCount: Int
  }

  private static func turn(_ server: RunningServer, _ content: String, model: String) async throws -> Turn {
    let response = try await server.post(
      "/v1/chat/completions", ["model": model, "messages": [["role": "user", "content": content]], "max_tokens": 12, "temperature": 0])
    try #require(response.status == 200, "\(response.text)")
    let json = try response.json
    let message = try #require(((json["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any])?["content"] as? String)
    let usage = try #require(json["usage"] as? [String: Any])
    let details = try #require(usage["prompt_tokens_details"] as? [String: Any])
    return Turn(text: message, cachedCount: details["cached_tokens"] as? Int ?? -1, diskCount: details["disk_cached_tokens"] as? Int ?? -1)
  }

  private static func generator(_ server: RunningServer) async throws -> String {
    let models = try await server.get("/v1/models").json["data"] as? [[String: Any]] ?? []
    return try #require(models.compactMap { $0["id"] as? String }.first { $0 != "quarry" })
  }

  /// A made-up text of about 300 tokens.
  private static func content(_ number: Int) -> String {
    (0..<16).map { "In the year \(1500 + 37 * number + $0) the keeper of lighthouse \($0) wrote \(number + $0) letters." }.joined(separator: " ")
      + " How many letters were written?"
  }

  private static func index(_ folder: TemporaryFolder) async throws -> String {
    try folder.write("# Lighthouse\n\nThe lamp burns 2 litres of oil a night.\n", to: "docs/lighthouse.md")
    let index = folder.path + "/index"
    let ingested = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index)
    try #require(ingested.status == 0, "\(ingested.errors)")
    return index
  }

  @Test func manyAtATimeAndARestartChangeNothing() async throws {
    let folder = try TemporaryFolder()
    let index = try await Self.index(folder)
    // Alone, cold, without guesses and with one after the other.
    let plain = try await RunningServer(index: index, options: ["--kv-disk", "0", "--no-speculation"])
    let model = try await Self.generator(plain)
    var texts: [String] = []
    for number in 0..<6 { texts.append(try await Self.turn(plain, Self.content(number), model: model).text) }
    #expect(try plain.stop() == 0)

    let server = try await RunningServer(index: index)
    let together = try await withThrowingTaskGroup(of: (Int, Turn).self) { group in
      for number in 0..<6 { group.addTask { (number, try await Self.turn(server, Self.content(number), model: model)) } }
      return try await group.reduce(into: [Int: Turn]()) { $0[$1.0] = $1.1 }
    }
    for number in 0..<6 { #expect(together[number]?.text == texts[number]) }
    let again = try await Self.turn(server, Self.content(0), model: model)
    #expect(again.text == texts[0] && again.cachedCount > 250 && again.diskCount == 0)
    let metrics = try await server.get("/metrics").text
    #expect(metrics.contains("quarry_requests_total{end=\"finished\"} 7"), "\(metrics)")
    // Some passes served several.
    #expect(metrics.contains("quarry_batch_requests_bucket{le=\"2\"}") && metrics.contains("quarry_batch_requests_count "))
    #expect(try server.stop() == 0)

    let next = try await RunningServer(index: index)
    for number in 0..<6 {
      let turn = try await Self.turn(next, Self.content(number), model: model)
      #expect(turn.text == texts[number] && turn.diskCount > 200, "\(turn)")
    }
    #expect(try next.stop() == 0)

    // What was read of removed documents is gone.
    #expect(try await QuarryProcess.run("remove", "--all", "--index", index).status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: index + "/kv").isEmpty)
  }

  /// The generator as its own draft model: guesses hold, and the text is that without guesses.
  @Test func aDraftModelChangesOnlyTheTime() async throws {
    let folder = try TemporaryFolder()
    let index = try await Self.index(folder)
    func ask(_ options: String...) async throws -> (answer: String, usage: [String: Any]) {
      let asked = try await QuarryProcess.run(
        ["ask", "Describe the lamp of the lighthouse.", "--index", index, "--answer", "generate", "--max-tokens", "40", "--json"] + options)
      try #require(asked.status == 0, "\(asked.errors)")
      return (try #require(asked.json["answer"] as? String), try #require(try asked.json["usage"] as? [String: Any]))
    }
    let plain = try await ask("--no-speculation")
    let drafted = try await ask("--draft-model", "smollm2-135m-instruct", "--kv-memory", "200")
    #expect(drafted.answer == plain.answer)
    #expect(try #require(drafted.usage["accepted_tokens"] as? Int) > 0, "\(drafted.usage)")
    #expect(plain.usage["drafted_tokens"] as? Int == 0)
  }

  /// What the generator read when documents were ingested is taken over by another process, and the answer says so.
  @Test func preparedPassagesAreTakenOver() async throws {
    let folder = try TemporaryFolder()
    for (name, oil) in [("alder", "2 litres"), ("birch", "3 litres"), ("cedar", "5 litres"), ("dogwood", "7 litres")] {
      let sentences = (1...6).map { "In year \($0) the keeper of the \(name) lighthouse painted \($0 + 3) doors and wrote \(20 + $0) letters." }
      try folder.write(
        "# The \(name) lighthouse\n\nIts lamp burns \(oil) of oil a night. \(sentences.joined(separator: " "))\n", to: "docs/\(name).md")
    }
    let index = folder.path + "/index"
    let ingested = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index, "--prepare-kv", "--json")
    try #require(ingested.status == 0, "\(ingested.errors)")
    let prepared = try #require(try ingested.json["prepared"] as? [String: Any])
    #expect(prepared["prepared"] as? Int == 4 && prepared["left"] as? Int == 0 && (prepared["tokens"] as? Int ?? 0) > 400)
    let again = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index, "--prepare-kv")
    #expect(again.output.contains("4 passages prepared, 4 of them were ready"), "\(again.output)")

    func ask(_ options: String...) async throws -> (usage: [String: Any], approximation: String?) {
      let asked = try await QuarryProcess.run(
        ["ask", "How much oil does the lamp of the birch lighthouse burn a night?", "--index", index, "--answer", "generate", "--json"] + options)
      try #require(asked.status == 0, "\(asked.errors)")
      let json = try asked.json
      let receipt = try #require(json["receipt"] as? [String: Any])
      return (try #require(json["usage"] as? [String: Any]), receipt["approximation"] as? String)
    }
    let exact = try await ask()
    #expect(exact.approximation == nil && exact.usage["prepared_tokens"] as? Int == 0)
    for method in ["epic", "cacheblend"] {
      let reused = try await ask("--prepared-kv", method)
      #expect(reused.approximation?.hasPrefix(method) == true)
      let count = try #require(reused.usage["prepared_tokens"] as? Int)
      // Three of the four passages were moved.
      #expect(count > 200, "\(reused.usage)")
    }
    // Passages that have no room are left out, and said so.
    let cramped = try await QuarryProcess.run(
      "ask", "How much oil does the lamp of the birch lighthouse burn a night?", "--index", index, "--answer", "generate", "--kv-memory", "8",
      "--json")
    try #require(cramped.status == 0, "\(cramped.errors)")
    let receipt = try #require(try cramped.json["receipt"] as? [String: Any])
    #expect(try #require(receipt["left_out_passages"] as? Int) > 0 && (receipt["chunks"] as? [String])?.isEmpty == false)

    // When nothing can be generated, the quotes are the answer.
    let quoted = try await QuarryProcess.run(
      "ask", "How much oil does the lamp of the birch lighthouse burn a night?", "--index", index, "--kv-memory", "8", "--max-tokens", "4096",
      "--json")
    try #require(quoted.status == 0, "\(quoted.errors)")
    #expect(try quoted.json["kind"] as? String == "quote")
    // A passage for which there is no room is not prepared, and the others are.
    let partly = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index, "--prepare-kv", "--kv-memory", "4", "--json")
    #expect(partly.status == 0, "\(partly.errors)")

    let refused = try await QuarryProcess.run("ask", "What?", "--index", index, "--prepared-kv", "magic")
    #expect(refused.status != 0 && refused.errors.contains("epic"), "\(refused.errors)")
    // Where there is room for little, what found none is said.
    let small = try await QuarryProcess.run(
      "ingest", folder.path + "/docs", "--index", folder.path + "/small", "--prepare-kv", "--kv-disk", "8")
    #expect(small.status == 0 && small.output.contains("found no room"), "\(small.output)\(small.errors)")
  }

  /// With room for little in memory pages are written all the time.
  @Test func crashesWhilePagesAreWrittenNeverCostAWrongToken() async throws {
    let folder = try TemporaryFolder()
    let index = try await Self.index(folder)
    let options = ["--kv-memory", "16", "--kv-disk", "24"]
    var texts: [Int: String] = [:]
    var crashes = 0
    var diskCount = 0
    for round in 0..<6 {
      let server = try await RunningServer(index: index, options: options)
      let model = try await Self.generator(server)
      let finished = Counter()
      let work = Task {
        var turns: [(Int, Turn)] = []
        for step in 0..<40 {
          let number = (step + 3 * round) % 7
          guard let turn = try? await Self.turn(server, Self.content(number), model: model) else { break }
          turns.append((number, turn))
          finished.add(1)
        }
        return turns
      }
      // In the middle of some later turn.
      while finished.count < 9 + round { try await Task.sleep(for: .milliseconds(5)) }
      try await Task.sleep(for: .milliseconds(31 * round % 97))
      server.crash()
      crashes += 1
      for (number, turn) in await work.value {
        #expect(texts[number, default: turn.text] == turn.text, "round \(round), text \(number)")
        texts[number] = turn.text
        diskCount += turn.diskCount
      }
    }
    #expect(crashes == 6 && texts.count > 3 && diskCount > 0)
  }
}

private final class Counter: Sendable {
  private let value = Mutex(0)
  var count: Int { value.withLock { $0 } }
  func add(_ more: Int) { value.withLock { $0 += more } }
}
