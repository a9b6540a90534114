package import Scheduling
import Synchronization

/// What an engine has done since it began, and what it is doing.
package struct EngineStatistics: Sendable {
  package var scheduler = SchedulerStatistics()
  package var runningCount = 0
  package var waitingCount = 0
  /// Blocks of keys and values: all, those in use by running sequences or remembered, and those of them that could be had at once.
  package var blockCount = 0
  package var usedBlockCount = 0
  package var idleBlockCount = 0
  /// Blocks that are kept whether they are used or not.
  package var pinnedBlockCount = 0
  package var blockByteCount = 0
  package var evictionCount = 0
  package var pageCount = 0
  package var usedPageCount = 0
  package var pageEvictionCount = 0
  package var failedPageWriteCount = 0
  package var finishedRequestCount = 0
  package var cancelledRequestCount = 0

  package init() {}
}

/// Where the engine's thread says what it does, for others to read.
final class EngineStatus: Sendable {
  private struct State {
    var statistics = EngineStatistics()
    var unfinishedCount = 0
    var hasEnded = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  var current: EngineStatistics {
    get { state.withLock { $0.statistics } }
    set { state.withLock { $0.statistics = newValue } }
  }

  /// Requests that came and have not ended.
  var unfinishedCount: Int { state.withLock { $0.unfinishedCount } }
  func noteArrival() { state.withLock { $0.unfinishedCount += 1 } }
  func noteEnd() { state.withLock { $0.unfinishedCount -= 1 } }

  /// The engine's thread is done.
  func end() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }
}
