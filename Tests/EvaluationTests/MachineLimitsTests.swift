import CKernels
import Testing

/// The benchmark's limits do the work that they count.
@Suite struct MachineLimitsTests {
  @Test func everyByteIsRead() {
    var bytes = [UInt8](repeating: 0, count: 1024)
    #expect(qk_machine_read(bytes, bytes.count) == 0)
    for index in bytes.indices {
      bytes[index] = 1
      #expect(qk_machine_read(bytes, bytes.count) == UInt64(1) << (8 * (index % 8)))
      bytes[index] = 0
    }
  }

  @Test func productsAreDone() {
    var sink: Int32 = 0
    let count = qk_machine_multiply_adds(100, &sink)
    let lanes = qk_cpu_level() == QK_CPU_SCALAR ? 0 : 100 * 12 * 4
    // 3 · −2 in each of four products that a lane adds, 100 rounds of 12 sums.
    #expect(sink == Int32(-6 * lanes))
    #expect(count % 100 == 0 && (count > 0) == (qk_cpu_level() != QK_CPU_SCALAR))
  }
}
