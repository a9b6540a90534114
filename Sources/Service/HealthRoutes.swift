import Hummingbird
import Logging

private struct Health: Encodable { let status: String }

extension ServiceResponder {
  /// The process lives.
  func health() -> Response { .json(Health(status: "ok")) }

  /// Questions can be answered; 503 otherwise, so that a balancer sends them elsewhere.
  func readiness(_ context: ServiceContext) async throws -> Response {
    if state.isDraining { throw ServiceError.draining }
    do {
      try await answering.checkReadiness(collection: configuration.collection)
    } catch {
      logger.error("not ready", metadata: ["id": "\(context.id)", "error": "\(error)"])
      throw ServiceError.notReady
    }
    return .json(Health(status: "ready"))
  }
}
