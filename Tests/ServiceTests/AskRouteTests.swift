import Answering
import Foundation
import HTTPTypes
import Inference
import Service
import Testing

@Suite struct AskRouteTests {
  @Test func answersInJSON() async throws {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let reply = try await client.post(
        "/v1/ask",
        """
        {"question": "How much oil?", "collection": "sea", "answer": "quote", "sentences": 2, "passages": 5, "rerank": 9, "max_tokens": 64,
         "temperature": 0.5, "top_k": 3, "seed": 7}
        """)
      #expect(reply.status == 200)
      let answer = try JSONDecoder().decode(Answer.self, from: Data(reply.text.utf8))
      #expect(answer == ScriptedAnswering.answer())
    }
    let (question, options) = try #require(answering.lastQuestion)
    #expect(question == "How much oil?")
    #expect(
      options.collection == "sea" && options.mode == .quote && options.sentenceLimit == 2 && options.passageLimit == 5 && options.rerankLimit == 9)
    #expect(options.completionTokenLimit == 64 && options.sampling == SamplingParameters(temperature: 0.5, topK: 3, seed: 7))
  }

  /// A filter that is misspelt would be no filter.
  @Test(arguments: ["/v1/ask", "/v1/search"]) func fieldsThatAreNotKnownAreRefused(route: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(route, #"{"\#(route == "/v1/ask" ? "question" : "query")": "Why?", "filtre": {"path": "a"}}"#)
      #expect(reply.status == 400 && reply.text.contains("filtre"))
    }
  }

  @Test func asksTheServicesCollectionUnlessToldOtherwise() async throws {
    let answering = ScriptedAnswering()
    var configuration = ServiceConfiguration.patient
    configuration.collection = "manual"
    try await withRouter(answering, configuration) { (client) async throws in _ = try await client.post("/v1/ask", #"{"question": "Why?"}"#) }
    #expect(answering.lastQuestion?.options.collection == "manual")
    #expect(answering.lastQuestion?.options.mode == .auto)
  }

  @Test(arguments: [true, false]) func streamsEvents(byHeader: Bool) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post(
        "/v1/ask", byHeader ? #"{"question": "Why?"}"# : #"{"question": "Why?", "stream": true}"#,
        headers: byHeader ? [.contentType: "application/json", .accept: "text/event-stream"] : [.contentType: "application/json"])
      #expect(reply.status == 200)
      #expect(reply.headers[.contentType]?.hasPrefix("text/event-stream") == true)
      let events = ServerEvent.parse(reply.text)
      #expect(events.map(\.name) == ["sources", "text", "text", "answer"])
      #expect(try events[1].json["text"] as? String == "The lamp burns ")
      #expect(try JSONDecoder().decode(Answer.self, from: Data(events[3].data.utf8)) == ScriptedAnswering.answer())
    }
  }

  @Test func errorsInAStreamAreEventsWithoutInternals() async throws {
    struct Secret: Error { let password = "hunter2" }
    try await withRouter(ScriptedAnswering(.failsAfterSources(Secret()))) { (client) async throws in
      let reply = try await client.post("/v1/ask", #"{"question": "Why?", "stream": true}"#)
      let events = ServerEvent.parse(reply.text)
      #expect(events.map(\.name) == ["sources", "error"])
      #expect((try events[1].json["error"] as? [String: Any])?["code"] as? String == "internal")
      #expect(!reply.text.contains("hunter2"))
    }
  }

  @Test func errorsBeforeAStreamHaveAStatus() async throws {
    struct Secret: Error {}
    try await withRouter(ScriptedAnswering(.fails(Secret()))) { (client) async throws in
      #expect(try await client.post("/v1/ask", #"{"question": "Why?", "stream": true}"#).status == 500)
    }
  }

  @Test func aFailureOfTheServiceShowsItsIDOnly() async throws {
    struct Secret: Error { let password = "hunter2" }
    try await withRouter(ScriptedAnswering(.fails(Secret()))) { (client) async throws in
      let reply = try await client.post("/v1/ask", #"{"question": "Why?"}"#)
      #expect(reply.status == 500)
      #expect(try reply.errorCode == "internal")
      let id = try #require(reply.headers[.init("X-Request-Id")!])
      #expect(reply.text.contains(id))
      #expect(!reply.text.contains("hunter2") && !reply.text.contains("Secret"))
    }
  }

  @Test func anAnswerThatTakesTooLongIsGivenUp() async throws {
    let answering = ScriptedAnswering(.waits)
    var configuration = ServiceConfiguration.patient
    configuration.requestDeadline = .milliseconds(20)
    try await withRouter(answering, configuration) { (client) async throws in
      let reply = try await client.post("/v1/ask", #"{"question": "Why?"}"#)
      #expect(reply.status == 504)
      #expect(try reply.errorCode == "deadline_exceeded")
    }
    await answering.waitUntilCancelled()
  }

  @Test func tooManyQuestionsAreTurnedAway() async throws {
    let answering = ScriptedAnswering(.waits)
    var configuration = ServiceConfiguration.patient
    configuration.answerLimit = 1
    try await withRouter(answering, configuration) { (client) async throws in
      async let first = client.post("/v1/ask", #"{"question": "Why?"}"#)
      await answering.waitUntilStarted()
      let second = try await client.post("/v1/ask", #"{"question": "Why?"}"#)
      #expect(second.status == 429)
      #expect(second.headers[.retryAfter] == "5")
      answering.goOn()
      #expect(try await first.status == 200)
    }
  }
}

/// One server-sent event, parsed as the standard has it.
struct ServerEvent {
  let name: String?
  let data: String

  var json: [String: Any] {
    get throws { try #require(try JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]) }
  }

  static func parse(_ text: String) -> [ServerEvent] {
    text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { block in
      var name: String?
      var data: [String] = []
      for line in block.components(separatedBy: "\n") {
        if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
        if line.hasPrefix("data: ") { data.append(String(line.dropFirst(6))) }
      }
      return ServerEvent(name: name, data: data.joined(separator: "\n"))
    }
  }
}
