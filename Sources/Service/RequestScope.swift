import NIOCore
import Synchronization

/// The bounds of a request's work: it ends at the deadline, and when the client goes away.
struct RequestScope: Sendable {
  let deadline: ContinuousClock.Instant
  let channel: any Channel
  let bodyMark: BodyMark

  /// Runs work within the bounds.
  ///
  /// - Parameter expiry: What is thrown at the deadline.
  /// - Throws: `expiry`, `CancellationError` when the client is gone, and what `work` throws.
  func run<Value: Sendable>(
    expiry: ServiceError = .deadline, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let (closed, continuation) = AsyncStream<Void>.makeStream()
    channel.closeFuture.whenComplete { _ in continuation.finish() }
    return try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await work() }
      group.addTask { [deadline] in
        try await Task.sleep(until: deadline, clock: .continuous)
        throw expiry
      }
      group.addTask {
        for await _ in closed {}
        throw CancellationError()
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { preconditionFailure("three tasks were started") }
      return value
    }
  }

  /// Passes on the events of `source` within the bounds; dropping the stream stops the work.
  func events<Event: Sendable>(
    queue: TurnQueue, from source: @escaping @Sendable () -> AsyncThrowingStream<Event, any Error>
  ) -> AsyncThrowingStream<Event, any Error> {
    AsyncThrowingStream { continuation in
      let task = Task {
        do {
          try await run {
            try await queue.withTurn {
              for try await event in source() { continuation.yield(event) }
            }
            // A cancelled stream ends as if it were done.
            try Task.checkCancellation()
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}

/// Remembers whether a request's body was read to its end.
final class BodyMark: Sendable {
  private let flag: Atomic<Bool>
  var isRead: Bool { flag.load(ordering: .relaxed) }

  /// - Parameter isEmpty: Whether there is nothing to read.
  init(isEmpty: Bool) { flag = Atomic(isEmpty) }

  func set() { flag.store(true, ordering: .relaxed) }
}
