import Synchronization

/// What all requests share: whether the service has been told to stop, and how many it has answered.
final class ServiceState: Sendable {
  private let draining = Atomic<Bool>(false)
  var isDraining: Bool { draining.load(ordering: .relaxed) }
  func startDraining() { draining.store(true, ordering: .relaxed) }

  /// Responses by status, and the seconds that all of them took together.
  struct Responses: Sendable {
    var counts: [Int: Int] = [:]
    var seconds = 0.0
  }

  private let responded = Mutex(Responses())
  var responses: Responses { responded.withLock { $0 } }

  func noteResponse(status: Int, seconds: Double) {
    responded.withLock {
      $0.counts[status, default: 0] += 1
      $0.seconds += seconds
    }
  }
}
