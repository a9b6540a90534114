import Dispatch

/// Runs work that waits (SQLite) or computes (embedding) on threads of its own: on Swift's cooperative pool, of one thread a core, two such
/// calls would keep every other task waiting.
enum BlockingWork {
  private static let queue = DispatchQueue(label: "quarry.answering", attributes: .concurrent)

  static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }
}
