import Foundation
import Logging
import Service
import ServiceLifecycle
import Testing

/// The service on a real socket.
@Suite struct SocketTests {
  /// Runs a service on a free port while `body` runs, and shuts it down after; `stop` does it earlier.
  private func withService(
    _ answering: ScriptedAnswering = ScriptedAnswering(), _ configuration: ServiceConfiguration = .patient,
    _ body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () async -> Void) async throws -> Void
  ) async throws {
    var configuration = configuration
    configuration.port = 0
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let service = QuarryService(configuration: configuration, answering: answering) { continuation.yield($0) }
    let group = ServiceGroup(
      configuration: .init(services: [Runner(service: service)], logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { continuation.finish() }
        try await group.run()
      }
      tasks.addTask {
        for await port in ports {
          do {
            try await body(port) { await group.triggerGracefulShutdown() }
          } catch {
            await group.triggerGracefulShutdown()
            throw error
          }
          await group.triggerGracefulShutdown()
          return
        }
      }
      try await tasks.waitForAll()
    }
  }

  private struct Runner: ServiceLifecycle.Service {
    let service: QuarryService
    func run() async throws { try await service.run(stoppedBy: []) }
  }

  private let question = RawConnection.request("POST", "/v1/ask", body: #"{"question": "Why?"}"#)

  @Test func answersSeveralRequestsOnOneConnection() async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      for _ in 0..<3 {
        try connection.send(RawConnection.request("POST", "/v1/ask", body: #"{"question": "Why?"}"#))
        let reply = await connection.receive(until: "usage")
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(reply.contains("2 litres"))
      }
    }
  }

  @Test func eventsAreFramedOnTheWire() async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(RawConnection.request("POST", "/v1/ask", body: #"{"question": "Why?", "stream": true}"#))
      let reply = await connection.receive(until: "\r\n0\r\n\r\n").lowercased()
      #expect(reply.contains("content-type: text/event-stream; charset=utf-8\r\n"))
      #expect(reply.contains("transfer-encoding: chunked\r\n"))
      #expect(reply.contains("event: sources\ndata: {"))
      #expect(reply.contains("event: answer\ndata: {"))
    }
  }

  @Test func eventsComeAsTheyHappen() async throws {
    let answering = ScriptedAnswering(.waits)
    try await withService(answering) { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(RawConnection.request("POST", "/v1/ask", body: #"{"question": "Why?", "stream": true}"#))
      // The sources arrive while the answer is still waited for.
      let early = await connection.receive(until: "event: sources")
      #expect(!early.contains("event: answer"))
      answering.goOn()
      #expect(await connection.receive(until: "event: answer").contains("event: answer"))
    }
  }

  @Test(arguments: [true, false]) func aClientThatGoesAwayFreesItsPlace(streaming: Bool) async throws {
    let answering = ScriptedAnswering(.waits)
    var configuration = ServiceConfiguration.patient
    configuration.answerLimit = 1
    try await withService(answering, configuration) { [question] port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(
        streaming ? RawConnection.request("POST", "/v1/ask", body: #"{"question": "Why?", "stream": true}"#) : question)
      await answering.waitUntilStarted()
      connection.close()
      await answering.waitUntilCancelled()
    }
  }

  @Test func aBodyThatNeverEndsIsGivenUp() async throws {
    var configuration = ServiceConfiguration.patient
    configuration.requestDeadline = .milliseconds(50)
    try await withService(ScriptedAnswering(), configuration) { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send("POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
      let reply = await connection.receive()
      #expect(reply.hasPrefix("HTTP/1.1 408 "))
      #expect(reply.contains("request_timeout"))
    }
  }

  @Test func aBodyInBrokenChunksIsTheClientsFault() async throws {
    try await withService(ScriptedAnswering()) { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(
        "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n")
      let reply = await connection.receive()
      #expect(reply.hasPrefix("HTTP/1.1 400 ") && reply.contains("invalid_body"), "\(reply)")
    }
  }

  @Test func headersThatNeverEndAreGivenUp() async throws {
    var configuration = ServiceConfiguration.patient
    configuration.idleTimeout = .milliseconds(50)
    try await withService(ScriptedAnswering(), configuration) { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send("GET /healthz HTTP/1.1\r\nHost: local")
      #expect(await connection.receive() == "", "the connection is closed")
    }
  }

  @Test func whatIsTooLargeIsNotRead() async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(
        "POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
      let reply = await connection.receive()
      #expect(reply.hasPrefix("HTTP/1.1 413 "))
      #expect(reply.lowercased().contains("connection: close\r\n"))
    }
  }

  @Test(arguments: ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.7", "[::2]", "", "localhost:80x"])
  func otherNamesAreNotAnswered(host: String) async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(RawConnection.request("GET", "/healthz", host: host))
      let reply = await connection.receive(until: "\r\n\r\n")
      #expect(reply.hasPrefix("HTTP/1.1 403 ") || reply.hasPrefix("HTTP/1.1 400 "), "\(reply)")
    }
  }

  @Test(arguments: ["localhost", "LOCALHOST:9", "127.0.0.1:8707", "[::1]", "[::1]:8707"])
  func itsOwnNamesAreAnswered(host: String) async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send(RawConnection.request("GET", "/healthz", host: host))
      #expect(await connection.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }
  }

  @Test func connectionsAboveTheLimitWait() async throws {
    var configuration = ServiceConfiguration.patient
    configuration.connectionLimit = 1
    try await withService(ScriptedAnswering(), configuration) { port, _ in
      let first = try RawConnection(port: port)
      try first.send(RawConnection.request("GET", "/healthz"))
      #expect(await first.receive(until: "ok").hasPrefix("HTTP/1.1 200 "))
      let second = try RawConnection(port: port)
      try second.send(RawConnection.request("GET", "/healthz"))
      first.close()
      #expect(await second.receive(until: "ok").hasPrefix("HTTP/1.1 200 "), "it is served when the first is gone")
    }
  }

  @Test func whatIsNotHTTPIsRefused() async throws {
    try await withService { port, _ in
      let connection = try RawConnection(port: port)
      try connection.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")
      let reply = await connection.receive()
      #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 400 "))
    }
  }

  @Test func runningRequestsFinishWhenItStops() async throws {
    let answering = ScriptedAnswering(.waits)
    try await withService(answering) { [question] port, stop in
      let connection = try RawConnection(port: port)
      let idle = try RawConnection(port: port)
      try connection.send(question)
      await answering.waitUntilStarted()
      await stop()
      #expect(await idle.receive() == "", "idle connections are closed at once")
      answering.goOn()
      let reply = await connection.receive()
      #expect(reply.hasPrefix("HTTP/1.1 200 "))
      #expect(reply.contains("2 litres"))
    }
  }

  @Test func requestsThatDoNotFinishAreGivenUpWhenItStops() async throws {
    let answering = ScriptedAnswering(.waits)
    var configuration = ServiceConfiguration.patient
    configuration.drainTimeout = .milliseconds(50)
    try await withService(answering, configuration) { [question] port, stop in
      let connection = try RawConnection(port: port)
      try connection.send(question)
      await answering.waitUntilStarted()
      await stop()
      await answering.waitUntilCancelled()
    }
  }

  @Test func aPortThatIsTakenIsExplained() async throws {
    try await withService { port, _ in
      var configuration = ServiceConfiguration.patient
      configuration.port = port
      let second = QuarryService(configuration: configuration, answering: ScriptedAnswering()) { _ in }
      let error = await #expect(throws: ServiceError.self) { try await second.run(stoppedBy: []) }
      #expect(error?.code == "cannot_listen")
    }
  }
}
