import Foundation
import FoundationNetworking
import Testing

/// `quarry serve`, as a real process that is asked over a real socket.
@Suite struct ServerTests {
  @Test func servesAnswersUntilItIsToldToStop() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "# Lighthouse\n\nThe lighthouse keeper lights the lamp at sunset. The lamp burns 2 litres of oil a night.\n", to: "docs/lighthouse.md")
    let index = folder.path + "/index"
    let ingested = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index)
    try #require(ingested.status == 0, "\(ingested.errors)")
    let server = try await RunningServer(index: index)

    let health = try await server.get("/healthz")
    #expect(health.status == 200)
    #expect(try await server.get("/readyz").status == 200)

    let answer = try await server.post("/v1/ask", ["question": "How much oil does the lamp burn?", "answer": "quote"])
    #expect(answer.status == 200, "\(answer.text)")
    #expect((try answer.json["answer"] as? String)?.contains("2 litres") == true)

    let events = try await server.post("/v1/ask", ["question": "How much oil does the lamp burn?", "answer": "quote", "stream": true])
    #expect(events.contentType?.hasPrefix("text/event-stream") == true)
    #expect(events.text.contains("event: sources"))
    #expect(events.text.contains("event: answer"))

    let results = try await server.post("/v1/search", ["query": "lamp", "limit": 1])
    #expect((try results.json["results"] as? [[String: Any]])?.first?["document"] as? String == "lighthouse.md")

    for (body, status) in [("{", 400), ("{}", 400), ("{\"question\": 7}", 400), ("{\"question\": \"\"}", 400)] {
      let refused = try await server.post("/v1/ask", body: body)
      #expect((400...422).contains(refused.status), "\(status) \(refused.text)")
      #expect(try refused.json["error"] is [String: Any])
    }
    #expect(try await server.get("/nowhere").status == 404)

    let client = try await Self.openAIClient(base: server.base)
    #expect(client.status == 0, "\(client.output)")

    #expect(try server.stop() == 0, "SIGTERM drains and ends with 0")
  }

  /// A derived file that is damaged: the answer comes from the database, and the file is made anew beside the service.
  @Test func aDamagedFileIsMendedWhileItServes() async throws {
    let folder = try TemporaryFolder()
    let lines = (0..<600).map { "{\"_id\": \"\($0)\", \"text\": \"Locker \($0) holds the gauge of shelf \($0 * 7).\"}" }
    try folder.write(lines.joined(separator: "\n") + "\n", to: "docs/lockers.jsonl")
    let index = folder.path + "/index"
    let ingested = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index)
    try #require(ingested.status == 0, "\(ingested.errors)")
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: index + "/words").filter { $0.hasSuffix(".words") } }
    let damaged = try #require(try files().first)
    try Data("no words".utf8).write(to: URL(fileURLWithPath: index + "/words/" + damaged))

    let server = try await RunningServer(index: index)
    let results = try await server.post("/v1/search", ["query": "locker 417", "limit": 1])
    #expect((try results.json["results"] as? [[String: Any]])?.first?["document"] as? String == "417", "\(results.text)")
    var mended: [String] = []
    for _ in 0..<600 where mended.isEmpty {
      try await Task.sleep(for: .milliseconds(200))
      mended = try files().filter { $0 != damaged }
    }
    #expect(!mended.isEmpty)
    let again = try await server.post("/v1/search", ["query": "locker 417", "limit": 1])
    #expect(again.text == results.text)
    #expect(try server.stop() == 0)
  }

  /// A folder that is taken in while it answers: how far that is, what it did, and what changes later.
  @Test func aFolderIsFollowedWhileItServes() async throws {
    let folder = try TemporaryFolder()
    for number in 0..<40 { try folder.write("The gauge of shelf \(number) shows \(number * 7) bars.\n", to: "docs/\(number).txt") }
    try folder.write("{", to: "docs/broken.json")
    let server = try await RunningServer(index: folder.path + "/index", options: ["--watch", folder.path + "/docs"])
    func status(until isReached: ([String: Any]) -> Bool) async throws -> [String: Any] {
      for _ in 0..<600 {
        let status = try await server.get("/v1/ingestion").json
        if isReached(status) { return status }
        #expect(status["state"] as? String == "reading" || status["progress"] == nil)
        try await Task.sleep(for: .milliseconds(100))
      }
      return [:]
    }
    let read = try await status { $0["state"] as? String == "watching" }
    let turn = try #require(read["last_turn"] as? [String: Any])
    #expect(read["folders"] as? [String] == [folder.path + "/docs"] && turn["added"] as? Int == 40 && turn["failed"] as? Int == 1, "\(read)")
    #expect(try await server.get("/metrics").text.contains("quarry_ingestion_fraction 1\n"))
    try folder.write("The new valve is in hall nine.\n", to: "docs/valve.txt")
    let later = try await status { ($0["last_turn"] as? [String: Any])?["added"] as? Int == 1 }
    #expect(later["state"] as? String == "watching")
    let results = try await server.post("/v1/search", ["query": "new valve", "limit": 1])
    #expect((try results.json["results"] as? [[String: Any]])?.first?["document"] as? String == "valve.txt", "\(results.text)")
    #expect(try server.stop() == 0)
  }

  /// The official OpenAI client, unchanged, from the environment that `make test` makes.
  private static func openAIClient(base: String) async throws -> (status: Int32, output: String) {
    let python = QuarryProcess.checkout + "/.build/test-tools/bin/python"
    try #require(FileManager.default.isExecutableFile(atPath: python), "run scripts/test-tools.sh .build/test-tools, or make test")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [QuarryProcess.checkout + "/scripts/check-openai-client.py", base + "/v1"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile()) }
    }
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// A server on a free port, ended by its process id.
///
/// `@unchecked Sendable`: nothing of it changes after `init`.
final class RunningServer: @unchecked Sendable {
  let base: String
  private let process: Process
  private let errors: Pipe

  struct Response {
    let status: Int
    let contentType: String?
    let text: String

    var json: [String: Any] {
      get throws { try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:] }
    }
  }

  struct DidNotStart: Error { let log: String }

  init(index: String, options: [String] = []) async throws {
    let started = try QuarryProcess.start(["serve", "--index", index, "--port", "0"] + options)
    process = started.process
    errors = started.errors
    // The first line on standard output says where it listens.
    let handle = started.output.fileHandleForReading
    let line = await withCheckedContinuation { (continuation: CheckedContinuation<String, Never>) in
      DispatchQueue.global().async {
        var data = Data()
        while !data.contains(UInt8(ascii: "\n")) {
          let more = handle.availableData
          if more.isEmpty { break }
          data += more
        }
        continuation.resume(returning: String(decoding: data, as: UTF8.self))
      }
    }
    guard let range = line.range(of: #"http://127\.0\.0\.1:[0-9]+"#, options: .regularExpression) else {
      process.terminate()
      throw DidNotStart(log: line + String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self))
    }
    base = String(line[range])
    // What it logs is read and dropped, so that the pipe never fills.
    errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  func get(_ path: String) async throws -> Response { try await send(URLRequest(url: URL(string: base + path)!)) }

  func post(_ path: String, _ body: [String: Any]) async throws -> Response {
    try await post(path, body: String(decoding: JSONSerialization.data(withJSONObject: body), as: UTF8.self))
  }

  func post(_ path: String, body: String) async throws -> Response {
    var request = URLRequest(url: URL(string: base + path)!)
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.httpBody = Data(body.utf8)
    return try await send(request)
  }

  private func send(_ request: URLRequest) async throws -> Response {
    var request = request
    // Beside all other tests on a small machine an answer may take long, and none of them measures that.
    request.timeoutInterval = 900
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = response as! HTTPURLResponse
    return Response(status: http.statusCode, contentType: http.value(forHTTPHeaderField: "Content-Type"), text: String(decoding: data, as: UTF8.self))
  }

  /// Ends it as a power cut would.
  func crash() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Sends SIGTERM and gives the exit status.
  func stop() throws -> Int32 {
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}
