import Hummingbird
import Logging
import Synchronization

/// Whether the service has been told to stop.
final class ServiceState: Sendable {
  private let draining = Atomic<Bool>(false)
  var isDraining: Bool { draining.load(ordering: .relaxed) }
  func startDraining() { draining.store(true, ordering: .relaxed) }
}

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
