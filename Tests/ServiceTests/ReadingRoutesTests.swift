import Foundation
import HTTPTypes
import Hummingbird
import Answering
import Service
import Store
import Testing

/// Routes that only tell.
@Suite struct ReadingRoutesTests {
  @Test func modelsAreListed() async throws {
    try await withRouter { (client) async throws in
      let list = try await client.get("/v1/models").json
      #expect(list["object"] as? String == "list")
      #expect((list["data"] as? [[String: Any]])?.map { $0["id"] as? String } == ["quarry", "Scripted-1B"])
      #expect(try await client.get("/v1/models/Scripted-1B").json["object"] as? String == "model")
      let unknown = try await client.get("/v1/models/gpt-9")
      #expect(unknown.status == 404)
      #expect(try unknown.errorCode == "model_not_found")
    }
  }

  @Test func passagesAreFound() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/search", #"{"query": "lamp"}"#)
      #expect(reply.status == 200)
      let result = try #require((try reply.json["results"] as? [[String: Any]])?.first)
      #expect(result["document"] as? String == "lamp.md")
      #expect(Set(result.keys) == ["rank", "score", "document", "path", "other_paths", "page", "box", "lines", "heading", "text"])
      let explained = try await client.post("/v1/search", #"{"query": "lamp", "explain": true}"#)
      #expect((try explained.json["results"] as? [[String: Any]])?.first?["explanation"] is [String: Any])
    }
  }

  @Test func filtersReachTheSearch() async throws {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let asked = try await client.post(
        "/v1/ask",
        #"{"question": "lamp?", "filter": {"path": "docs", "type": ["pdf", "text"], "language": "DE", "modified_since": "2026-01-31", "modified_before": "2026-02-01T12:00:00Z", "metadata": {"author": ["Ann", "Bob"], "year": "2021"}}}"#
      )
      #expect(asked.status == 200)
      let filter = try #require(answering.lastQuestion).options.filter
      #expect(filter.paths == ["docs"] && filter.formats == ["pdf", "text"] && filter.languages == ["de"])
      #expect(
        filter.modifiedFrom == Date(timeIntervalSince1970: 1_769_817_600) && filter.modifiedBefore == Date(timeIntervalSince1970: 1_769_947_200))
      #expect(filter.metadata == ["author": ["Ann", "Bob"], "year": ["2021"]])
      for bad in [#"{"type": "word"}"#, #"{"modified_since": "yesterday"}"#, #"{"path": []}"#, #"{"metadata": {"a": []}}"#, #"{"paths": "a"}"#] {
        let refused = try await client.post("/v1/search", #"{"query": "lamp", "filter": \#(bad)}"#)
        #expect(refused.status == 400, "\(bad)")
      }
    }
  }

  @Test func lifeAndReadiness() async throws {
    try await withRouter { (client) async throws in
      #expect(try await client.get("/healthz").status == 200)
      #expect(try await client.get("/readyz").status == 200)
    }
    try await withRouter(ScriptedAnswering(isReady: false)) { (client) async throws in
      #expect(try await client.get("/healthz").status == 200)
      #expect(try await client.get("/readyz").status == 503)
    }
    try await withRouter(isDraining: true) { (client) async throws in
      #expect(try await client.get("/healthz").status == 200)
      #expect(try await client.get("/readyz").errorCode == "draining")
    }
  }

  @Test func thePageForPeopleRunsNothing() async throws {
    try await withRouter { (client) async throws in
      let page = try await client.get("/")
      #expect(page.headers[.contentType] == "text/html; charset=utf-8")
      #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
      #expect(page.text.contains("<title>Quarry</title>"))
    }
  }

  @Test func everyResponseIsGuarded() async throws {
    try await withRouter { (client) async throws in
      for path in ["/", "/healthz", "/v1/models", "/v1/ingestion", "/nowhere"] {
        let reply = try await client.get(path)
        #expect(reply.headers[.xContentTypeOptions] == "nosniff")
        #expect(reply.headers[.accessControlAllowOrigin] == nil)
        #expect(reply.headers[.init("X-Request-Id")!]?.count == 16)
      }
    }
  }

  @Test func metricsAreForMachines() async throws {
    try await withRouter { (client) async throws in
      _ = try await client.get("/nowhere")
      let page = try await client.get("/metrics")
      #expect(page.status == 200 && page.headers[.contentType]?.hasPrefix("text/plain; version=0.0.4") == true)
      let lines = page.text.split(separator: "\n")
      #expect(lines.contains("quarry_cached_tokens_total{tier=\"memory\"} 12"))
      #expect(lines.contains("quarry_kv_blocks{use=\"free\"} 3") && lines.contains("quarry_kv_blocks{use=\"running\"} 3"))
      #expect(lines.contains("quarry_http_responses_total{status=\"404\"} 1"))
      // Each line is a comment or a name with a number.
      for line in lines where !line.hasPrefix("#") {
        #expect(line.hasPrefix("quarry_") && line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
      }
    }
  }

  @Test func headsHaveNoBodies() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.get("/healthz", method: .head)
      #expect(reply.status == 200)
      #expect(reply.text.isEmpty)
    }
  }
}
