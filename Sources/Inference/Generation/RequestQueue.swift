import Foundation
import Synchronization

/// Where requests wait for the engine's thread, and the thread for requests.
final class RequestQueue: Sendable {
  /// A request with those who wait for what becomes of it.
  struct Entry: Sendable {
    let request: GenerationRequest
    let isCancelled: CancellationFlag
    let arrival: ContinuousClock.Instant
    let emit: @Sendable (TokenEvent) -> Void
    let end: @Sendable ((any Error)?) -> Void
  }

  private struct State {
    var entries: [Entry] = []
    /// Taken one by one when there is nothing else.
    var idleEntries: [Entry] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let arrivals = DispatchSemaphore(value: 0)

  /// - Returns: False if the queue is closed.
  func put(_ entry: Entry) -> Bool {
    let isTaken = state.withLock { state in
      if !state.isClosed { state.entries.append(entry) }
      return !state.isClosed
    }
    arrivals.signal()
    return isTaken
  }

  /// Requests that nobody waits for, at most.
  private static let idleLimit = 256

  /// Takes a request that is to be served when there is nothing else to do; forgets it when there are many of those.
  func putIdle(_ entry: Entry) {
    state.withLock { state in
      if !state.isClosed, state.idleEntries.count < Self.idleLimit { state.idleEntries.append(entry) }
    }
    arrivals.signal()
  }

  /// No request is taken any more; the thread ends.
  func close() {
    state.withLock { $0.isClosed = true }
    arrivals.signal()
  }

  /// All that came since the last call; if that is nothing and the thread would wait, one of those that nobody waits for.
  ///
  /// - Parameter waits: Whether to wait until there is something.
  func take(waits: Bool) -> (entries: [Entry], isClosed: Bool) {
    while true {
      let (entries, isClosed) = state.withLock { state in
        defer { state.entries = [] }
        if waits, !state.isClosed, state.entries.isEmpty, !state.idleEntries.isEmpty { return ([state.idleEntries.removeFirst()], false) }
        return (state.entries, state.isClosed)
      }
      if !entries.isEmpty || isClosed || !waits { return (entries, isClosed) }
      arrivals.wait()
    }
  }
}

/// Set once, by whoever no longer wants the result.
final class CancellationFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  var isSet: Bool { flag.load(ordering: .relaxed) }
  func set() { flag.store(true, ordering: .relaxed) }
}
