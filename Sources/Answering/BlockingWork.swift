import Foundation
import Synchronization

/// Runs work that waits (SQLite) or computes (embedding) on threads of its own: on Swift's cooperative pool, of one thread a core, two such
/// calls would keep every other task waiting.
enum BlockingWork {
  private static let queue: OperationQueue = {
    let queue = OperationQueue()
    queue.name = "quarry.answering"
    // More at a time would only take each other's turns; some wait for the disk.
    queue.maxConcurrentOperationCount = max(4, 2 * ProcessInfo.processInfo.activeProcessorCount)
    return queue
  }()

  /// - Throws: `CancellationError` when cancelled before its turn came, and what `body` throws.
  static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let isCancelled = Flag()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.addOperation {
          continuation.resume(
            with: Result {
              if isCancelled.value.load(ordering: .relaxed) { throw CancellationError() }
              return try body()
            })
        }
      }
    } onCancel: {
      isCancelled.value.store(true, ordering: .relaxed)
    }
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
}
