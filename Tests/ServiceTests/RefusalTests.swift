import Foundation
import HTTPTypes
import Hummingbird
import Service
import Testing

/// What the service says no to, and how.
@Suite struct RefusalTests {
  @Test(arguments: [
    ("/v1/ask", "{", 400, "invalid_json"),
    ("/v1/ask", "[]", 400, "invalid_field"),
    ("/v1/ask", "", 400, "invalid_json"),
    ("/v1/ask", "{}", 400, "missing_field"),
    ("/v1/ask", #"{"question": 7}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": null}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": ""}"#, 400, "question_empty"),
    ("/v1/ask", #"{"question": " \n\t"}"#, 400, "question_empty"),
    ("/v1/ask", #"{"question": "Why?", "answer": "loud"}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": "Why?", "sentences": 0}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": "Why?", "sentences": 1.5}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": "Why?", "max_tokens": 1e300}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": "Why?", "temperature": -1}"#, 400, "invalid_field"),
    ("/v1/ask", #"{"question": "Why?", "stream": "yes"}"#, 400, "invalid_field"),
    ("/v1/search", #"{"query": "lamp", "limit": 1000}"#, 400, "invalid_field"),
    ("/v1/search", "{}", 400, "missing_field"),
    ("/v1/chat/completions", #"{"model": "quarry", "messages": []}"#, 400, "invalid_field"),
    ("/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "system", "content": "x"}]}"#, 400, "invalid_field"),
    ("/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "tool", "content": "x"}]}"#, 400, "invalid_field"),
    ("/v1/chat/completions", #"{"model": "quarry", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#, 400, "invalid_field"),
    ("/v1/chat/completions", #"{"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]}"#, 404, "model_not_found"),
  ])
  func bodiesThatAreNotWhatTheyShouldBe(path: String, body: String, status: Int, code: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(path, body)
      #expect(reply.status == status, "\(reply.text)")
      #expect(try reply.errorCode == code, "\(reply.text)")
      #expect(reply.headers[.contentType]?.hasPrefix("application/json") == true)
    }
  }

  @Test func deepNestingIsRefusedNotCrashedOn() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/ask", #"{"question": "Why?", "x": "# + String(repeating: "[", count: 100_000))
      #expect(reply.status == 400)
    }
  }

  @Test func longQuestionsAreTooLarge() async throws {
    try await withRouter { (client) async throws in
      let fits = try await client.post("/v1/ask", #"{"question": ""# + String(repeating: "é", count: 8_000) + #""}"#)
      #expect(fits.status == 200)
      let tooLong = try await client.post("/v1/ask", #"{"question": ""# + String(repeating: "é", count: 8_001) + #""}"#)
      #expect(tooLong.status == 413)
      #expect(try tooLong.errorCode == "question_too_long")
    }
  }

  @Test func longBodiesAreTooLarge() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/ask", String(repeating: " ", count: (1 << 20) + 1))
      #expect(reply.status == 413)
      #expect(try reply.errorCode == "body_too_large")
      #expect(reply.headers[.connection] == "close")
    }
  }

  @Test func onlyJSONIsTaken() async throws {
    try await withRouter { (client) async throws in
      for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let reply = try await client.post("/v1/ask", #"{"question": "Why?"}"#, headers: [.contentType: type])
        #expect(reply.status == 415)
      }
      #expect(try await client.post("/v1/ask", #"{"question": "Why?"}"#, headers: [:]).status == 415)
      let spelled = try await client.post("/v1/ask", #"{"question": "Why?"}"#, headers: [.contentType: "Application/JSON; charset=utf-8"])
      #expect(spelled.status == 200)
    }
  }

  @Test(arguments: [("/v1/ask", "POST"), ("/v1/search", "POST"), ("/v1/chat/completions", "POST")])
  func readingARouteThatIsWrittenTo(path: String, allowed: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.get(path)
      #expect(reply.status == 405)
      #expect(reply.headers[.allow] == allowed)
      #expect(try reply.errorCode == "method_not_allowed")
    }
  }

  @Test(arguments: ["/", "/healthz", "/readyz", "/v1/models", "/v1/models/quarry", "/v1/ingestion"])
  func writingToARouteThatIsRead(path: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.get(path, method: .delete)
      #expect(reply.status == 405)
      #expect(reply.headers[.allow] == "GET, HEAD")
    }
  }

  @Test func unknownPaths() async throws {
    try await withRouter { (client) async throws in
      #expect(try await client.get("/nowhere").errorCode == "route_missing")
      #expect(try await client.get("/../../etc/passwd").status == 404)
      let openAI = try await client.post("/v1/embeddings", "{}")
      #expect(openAI.status == 404)
      #expect((try openAI.json["error"] as? [String: Any])?["type"] as? String == "invalid_request_error")
    }
  }

  @Test(arguments: ["http://evil.example", "null", "http://localhost:3000", "https://localhost.evil.example", "file://localhost"])
  func otherOrigins(origin: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/ask", #"{"question": "Why?"}"#, headers: [.contentType: "application/json", .origin: origin])
      #expect(reply.status == 403)
      #expect(reply.headers[.accessControlAllowOrigin] == nil)
    }
  }

  @Test func itsOwnOrigin() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(
        "/v1/ask", #"{"question": "Why?"}"#, headers: [.contentType: "application/json", .origin: "http://localhost"])
      #expect(reply.status == 200)
    }
  }

  @Test(arguments: ["0.0.0.0", "192.168.1.7", "::", "example.org", "127.example.org"])
  func addressesThatOthersReach(host: String) async throws {
    var configuration = ServiceConfiguration.patient
    configuration.host = host
    let service = QuarryService(configuration: configuration, answering: ScriptedAnswering()) { _ in }
    let error = await #expect(throws: ServiceError.self) { try await service.run() }
    #expect(error?.code == "remote_refused")
  }
}
