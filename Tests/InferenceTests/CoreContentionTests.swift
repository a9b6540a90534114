import Inference
import Testing

@Suite struct CoreContentionTests {
  private let millisecond: UInt64 = 1_000_000

  /// Jobs of a millisecond until a period is over; the time after them.
  private func run(_ contention: inout CoreContention, waiting share: Double, from start: UInt64) -> UInt64 {
    var now = start
    for _ in 0..<(CoreContention.period / millisecond) {
      contention.begin(at: now)
      now += millisecond
      contention.note(total: millisecond, waited: UInt64(share * Double(millisecond)), at: now)
    }
    return now
  }

  @Test func aCoreThatCostsMoreThanItGivesIsLeftOut() {
    var contention = CoreContention(threadCount: 2)
    let now = run(&contention, waiting: 0.6, from: 0)
    #expect(contention.threadCount == 1)
    contention.begin(at: now + 99 * millisecond)
    #expect(contention.threadCount == 1, "not tried again at once")
    contention.begin(at: now + 101 * millisecond)
    #expect(contention.threadCount == 2)
  }

  @Test func unevenPartsAreNoReason() {
    var contention = CoreContention(threadCount: 2)
    _ = run(&contention, waiting: 0.4, from: 0)
    #expect(contention.threadCount == 2)
  }

  @Test func ofManyThreadsOneIsLeftOutAtATime() {
    var contention = CoreContention(threadCount: 4)
    var now = run(&contention, waiting: 0.5, from: 0)
    #expect(contention.threadCount == 3)
    now = run(&contention, waiting: 0.2, from: now)
    #expect(contention.threadCount == 3, "what is lost now is no more than parts differ")
    now = run(&contention, waiting: 0.5, from: now)
    #expect(contention.threadCount == 2)
  }

  @Test func tryingAgainBecomesRareAndThenQuickAgain() {
    var contention = CoreContention(threadCount: 2)
    var now: UInt64 = 0
    for pause: UInt64 in [100, 400, 1600, 1600] {
      now = run(&contention, waiting: 0.6, from: now)
      contention.begin(at: now + (pause - 1) * millisecond)
      #expect(contention.threadCount == 1, "\(pause) ms")
      now += pause * millisecond
      contention.begin(at: now)
      #expect(contention.threadCount == 2, "\(pause) ms")
    }
    now = run(&contention, waiting: 0.1, from: now)
    now = run(&contention, waiting: 0.6, from: now)
    contention.begin(at: now + 100 * millisecond)
    #expect(contention.threadCount == 2)
  }
}
