/// How many threads of a pool take part in its jobs while somebody else uses some of the cores.
///
/// A thread that loses its core in the middle of a part is waited for until it gets it back, which takes milliseconds where a part takes
/// microseconds. Where about half of the time is lost to that, the jobs that follow do with one thread less, for a while that
/// grows as long as trying again does not pay.
package struct CoreContention {
  /// Time of jobs that is looked at before anything is decided, in nanoseconds.
  package static let period: UInt64 = 20_000_000
  /// A share of the time: a core that another process uses as much is there half of the time, and waiting for uneven parts takes a fifth at most. With one
  /// thread less than two, the one has the memory for itself.
  private static let lostShare = 0.45
  private static let pauses: ClosedRange<UInt64> = 100_000_000...1_600_000_000

  /// Threads that take part, the caller's among them.
  package private(set) var threadCount: Int
  private let all: Int
  private var total: UInt64 = 0
  private var waited: UInt64 = 0
  private var pause = pauses.lowerBound
  /// When all threads are to be tried again.
  private var retry: UInt64?

  package init(threadCount: Int) { (self.threadCount, all) = (threadCount, threadCount) }

  /// To be asked before a job.
  package mutating func begin(at now: UInt64) {
    guard let retry, now >= retry else { return }
    (threadCount, total, waited, self.retry) = (all, 0, 0, nil)
  }

  /// - Parameters:
  ///   - total: What a job took, nanoseconds.
  ///   - waited: How long of that its caller waited for others.
  package mutating func note(total jobTotal: UInt64, waited jobWaited: UInt64, at now: UInt64) {
    total += jobTotal
    waited += jobWaited
    guard total >= Self.period, threadCount > 1 else { return }
    if Double(waited) > Self.lostShare * Double(total) {
      threadCount -= 1
      if retry == nil {
        retry = now + pause
        pause = min(4 * pause, Self.pauses.upperBound)
      }
    } else if threadCount == all {
      pause = Self.pauses.lowerBound
    }
    (total, waited) = (0, 0)
  }
}
