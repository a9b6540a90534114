import Foundation
import Inference
import Synchronization
import Testing

@Suite struct ComputePoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyPartRunsOnce(threadCount: Int) {
    let pool = ComputePool(threadCount: threadCount)
    for count in [0, 1, 2, 7, 100, 1000] {
      let seen = Mutex([Int](repeating: 0, count: count))
      pool.run(count: count) { index in seen.withLock { $0[index] += 1 } }
      #expect(seen.withLock { $0 } == [Int](repeating: 1, count: count))
    }
    pool.close()
  }

  @Test func callersFromManyThreadsTakeTurns() async {
    let pool = ComputePool(threadCount: 2)
    let total = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<50 { pool.run(count: 10) { _ in total.add() } } }
      }
    }
    #expect(total.value == 8 * 50 * 10)
    pool.close()
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}
