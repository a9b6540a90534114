/// Lets a few work at the same time, some wait in the order they came, and turns the rest away.
actor TurnQueue {
  private let concurrentLimit: Int
  private let waitingLimit: Int
  /// How many work now.
  private(set) var runningCount = 0
  private var waiting: [(number: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  private var nextNumber = 0

  init(concurrentLimit: Int, waitingLimit: Int) {
    precondition(concurrentLimit > 0, "somebody must be able to work")
    self.concurrentLimit = concurrentLimit
    self.waitingLimit = waitingLimit
  }

  /// Runs `body` when its turn has come.
  ///
  /// - Throws: `ServiceError.busy` at once when too many wait, `CancellationError` when cancelled while waiting, and what `body` throws.
  nonisolated func withTurn<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
    try await enter()
    do {
      let value = try await body()
      await leave()
      return value
    } catch {
      await leave()
      throw error
    }
  }

  /// How many wait now.
  var waitingCount: Int { waiting.count }

  private func enter() async throws {
    if runningCount < concurrentLimit {
      runningCount += 1
      return
    }
    guard waiting.count < waitingLimit else { throw ServiceError.busy }
    let number = nextNumber
    nextNumber += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        // Cancelled before it could wait: `abandon` may have run already.
        if Task.isCancelled { continuation.resume(throwing: CancellationError()) } else { waiting.append((number, continuation)) }
      }
    } onCancel: {
      Task { await self.abandon(number) }
    }
  }

  private func leave() {
    // The place goes over to the next in the queue.
    if waiting.isEmpty { runningCount -= 1 } else { waiting.removeFirst().continuation.resume() }
  }

  private func abandon(_ number: Int) {
    guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
    waiting.remove(at: index).continuation.resume(throwing: CancellationError())
  }
}
