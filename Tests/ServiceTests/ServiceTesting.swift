import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import Service
import Testing

/// A response as tests look at it.
struct Reply {
  let status: Int
  let headers: HTTPFields
  let text: String

  init(_ response: TestResponse) {
    status = response.status.code
    headers = response.headers
    text = String(buffer: response.body)
  }

  var json: [String: Any] {
    get throws { try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]) }
  }

  /// The code of an error, in either form.
  var errorCode: String? {
    get throws { (try json["error"] as? [String: Any])?["code"] as? String }
  }
}

extension ServiceConfiguration {
  /// The defaults without their deadlines: where all tests run at once on a busy machine, one may wait for minutes to go on.
  static var patient: ServiceConfiguration {
    var configuration = ServiceConfiguration()
    configuration.requestDeadline = .seconds(3600)
    configuration.idleTimeout = .seconds(3600)
    configuration.cutOffDelay = .seconds(3600)
    configuration.drainTimeout = .seconds(3600)
    return configuration
  }
}

/// A service without a socket.
struct RouterClient {
  let client: any TestClientProtocol

  func get(_ path: String, headers: HTTPFields = [:], method: HTTPRequest.Method = .get) async throws -> Reply {
    Reply(try await client.executeRequest(uri: path, method: method, headers: headers, body: nil))
  }

  func post(_ path: String, _ body: String, headers: HTTPFields = [.contentType: "application/json"]) async throws -> Reply {
    Reply(try await client.executeRequest(uri: path, method: .post, headers: headers, body: ByteBuffer(string: body)))
  }
}

/// Runs `body` against a service that answers by script.
func withRouter(
  _ answering: ScriptedAnswering = ScriptedAnswering(), _ configuration: ServiceConfiguration = .patient,
  isDraining: Bool = false, _ body: @Sendable (RouterClient) async throws -> Void
) async throws {
  let service = QuarryService(configuration: configuration, answering: answering) { _ in }
  try await service.application(isDraining: isDraining).test(.router) { try await body(RouterClient(client: $0)) }
}
