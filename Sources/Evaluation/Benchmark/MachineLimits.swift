import CKernels
import Foundation
import Inference
import Synchronization

/// What all cores together reach on this machine, for a benchmark to set its figures beside. The best of several passes: a limit is what was
/// possible, and other programs only take from it.
struct MachineLimits {
  /// Streaming over 512 MiB.
  let readBytesPerSecond: Double
  /// int8 products added to int32, in registers; `nil` on a processor without kernels of its own.
  let multiplyAddsPerSecond: Double?

  // Many parts, so that a core that comes late takes fewer.
  private static let parts = 64

  static func measure(pool: ComputePool = .shared, passes: Int = 8) -> MachineLimits {
    MachineLimits(
      readBytesPerSecond: readBytesPerSecond(pool: pool, passes: passes), multiplyAddsPerSecond: multiplyAddsPerSecond(pool: pool, passes: passes))
  }

  /// Bytes that all cores read in a second, streaming.
  static func readBytesPerSecond(pool: ComputePool = .shared, passes: Int) -> Double {
    let partBytes = 8 << 20
    // In large pages, as weights are.
    var pages = LargePages()
    let memory = pages.take(byteCount: parts * partBytes)
    defer { withExtendedLifetime(memory) {} }
    memset(memory.base, 1, parts * partBytes)
    let start = UInt(bitPattern: memory.base)
    let sink = Atomic<UInt64>(0)
    let readSeconds = fastest(of: passes) {
      pool.run(count: parts) { part in
        let sum = qk_machine_read(UnsafeRawPointer(bitPattern: start + UInt(part * partBytes)), partBytes)
        sink.wrappingAdd(sum, ordering: .relaxed)
      }
    }
    precondition(sink.load(ordering: .relaxed) != 0, "memory full of ones has a sum")
    return Double(parts * partBytes) / readSeconds
  }

  private static func multiplyAddsPerSecond(pool: ComputePool, passes: Int) -> Double? {
    let done = Atomic<UInt64>(0)
    let rounds = 50_000
    let multiplySeconds = fastest(of: passes) {
      done.store(0, ordering: .relaxed)
      pool.run(count: parts) { _ in
        var result: Int32 = 0
        done.wrappingAdd(qk_machine_multiply_adds(rounds, &result), ordering: .relaxed)
      }
    }
    let count = Double(done.load(ordering: .relaxed))
    return count > 0 ? count / multiplySeconds : nil
  }

  private static func fastest(of passes: Int, _ body: () -> Void) -> Double {
    (0..<passes).map { _ in
      let start = ContinuousClock.now
      body()
      return start.duration(to: .now) / .seconds(1)
    }.min() ?? 0
  }
}
