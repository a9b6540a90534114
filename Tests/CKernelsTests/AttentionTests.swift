import CKernels
import Foundation
import Testing

/// Attention over blocks of stored keys and values.
@Suite struct AttentionTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var rows: Int, first: Int, heads: Int, size: Int, window = 0
    var testDescription: String { "\(rows) rows from \(first), \(heads) heads of \(size), window \(window)" }
  }

  static let shapes = [
    Shape(rows: 1, first: 0, heads: 1, size: 16), Shape(rows: 5, first: 0, heads: 3, size: 64), Shape(rows: 3, first: 61, heads: 2, size: 32),
    Shape(rows: 16, first: 130, heads: 3, size: 64), Shape(rows: 2, first: 63, heads: 1, size: 8), Shape(rows: 4, first: 100, heads: 2, size: 128),
    Shape(rows: 20, first: 300, heads: 5, size: 40, window: 70), Shape(rows: 16, first: 250, heads: 8, size: 64, window: 3),
    Shape(rows: 3, first: 700, heads: 4, size: 256, window: 512),
  ]

  /// Keys and values of a sequence in blocks, with what they are as stored.
  private final class Sequence {
    let type: qk_kv_type
    let size: Int
    private(set) var blocks: [UnsafeMutableRawPointer] = []
    private(set) var keys: [[Double]] = []
    private(set) var values: [[Double]] = []

    init(_ type: qk_kv_type, size: Int, count: Int, seed: UInt64) {
      self.type = type
      self.size = size
      var random = SeededGenerator(seed: seed)
      for position in 0..<count {
        if position % 64 == 0 {
          let block = UnsafeMutableRawPointer.allocate(byteCount: qk_kv_head_bytes(type, size), alignment: 64)
          memset(block, 0, qk_kv_head_bytes(type, size))
          blocks.append(block)
        }
        let key = random.floats(size, scale: 2), value = random.floats(size, scale: 3)
        qk_kv_store(type, blocks[position / 64], key, value, position % 64, size)
        keys.append(stored(key))
        values.append(stored(value))
      }
    }

    deinit { blocks.forEach { $0.deallocate() } }

    private func stored(_ x: [Float]) -> [Double] { type == QK_KV_F16 ? x.map { Double(Float(Float16($0))) } : rounded(x) }

    func rounded(_ x: [Float]) -> [Double] {
      let scale = x.reduce(0) { max($0, abs($1)) } / 127
      return x.map { Double(($0 / scale).rounded(.toNearestOrEven) * scale) }
    }
  }

  private static func attend(_ level: qk_cpu, _ queries: [Float], _ sequence: Sequence, _ shape: Shape, rows: Range<Int>? = nil) -> [Float] {
    let rows = rows ?? 0..<shape.rows, stride = shape.heads * shape.size
    var scratch = [Float](repeating: .nan, count: qk_attention_scratch_count(rows.count, shape.heads, shape.size))
    var out = [Float](repeating: .nan, count: rows.count * stride)
    let some = Array(queries[rows.lowerBound * stride..<rows.upperBound * stride])
    some.withUnsafeBufferPointer { queries in
      sequence.blocks.map { UnsafeRawPointer($0) as UnsafeRawPointer? }.withUnsafeBufferPointer { blocks in
        var job = qk_attention_job(
          type: sequence.type, queries: queries.baseAddress, stride: stride, rows: rows.count, first: shape.first + rows.lowerBound,
          heads: shape.heads, head_size: shape.size, blocks: blocks.baseAddress, offset: 0, window: shape.window,
          scale: 1 / Float(shape.size).squareRoot())
        qk_attention_at(level, &out, &job, &scratch)
      }
    }
    return out
  }

  /// Against the formula in double precision on what is stored. For Q8 the query is rounded too, and weights to seven bits of the largest.
  @Test(arguments: [QK_KV_F16.rawValue, QK_KV_Q8.rawValue], shapes) func formula(type: UInt32, shape: Shape) {
    let type = qk_kv_type(type)
    let sequence = Sequence(type, size: shape.size, count: shape.first + shape.rows, seed: UInt64(shape.first))
    var random = SeededGenerator(seed: 7)
    let queries = random.floats(shape.rows * shape.heads * shape.size, scale: 3)
    let results = levels.map { Self.attend($0, queries, sequence, shape) }
    for row in 0..<shape.rows {
      let end = shape.first + row + 1, begin = shape.window == 0 ? 0 : max(0, end - shape.window)
      for head in 0..<shape.heads {
        let place = (row * shape.heads + head) * shape.size
        let plain = Array(queries[place..<place + shape.size])
        let query = type == QK_KV_F16 ? plain.map(Double.init) : sequence.rounded(plain)
        let scores = (begin..<end).map { j in zip(query, sequence.keys[j]).reduce(0) { $0 + $1.0 * $1.1 } / Double(shape.size).squareRoot() }
        let top = scores.max() ?? 0, weights = scores.map { exp($0 - top) }, total = weights.reduce(0, +)
        for d in 0..<shape.size {
          let expected = zip(weights, begin..<end).reduce(0) { $0 + $1.0 * sequence.values[$1.1][d] } / total
          // Half a step of 127 for each weight, and they are as often too high as too low.
          let tolerance = type == QK_KV_F16 ? 2e-5 : 0.02
          for result in results { #expect(abs(Double(result[place + d]) - expected) <= tolerance) }
        }
      }
    }
    // The levels round the same, but for a weight that lies between two steps.
    for result in results { #expect(zip(result, results[0]).allSatisfy { abs($0 - $1) <= (type == QK_KV_F16 ? 1e-5 : 2e-2) }) }
    #expect(results[0].contains { abs($0) > 0.1 }, "a kernel that gives zeros must fail")
  }

  @Test(arguments: [QK_KV_F16.rawValue, QK_KV_Q8.rawValue], shapes) func rowsDoNotDependOnEachOther(type: UInt32, shape: Shape) {
    let sequence = Sequence(qk_kv_type(type), size: shape.size, count: shape.first + shape.rows, seed: 3)
    var random = SeededGenerator(seed: 9)
    let queries = random.floats(shape.rows * shape.heads * shape.size, scale: 3)
    for level in levels {
      let together = Self.attend(level, queries, sequence, shape)
      let width = shape.heads * shape.size
      for row in 0..<shape.rows {
        #expect(Self.attend(level, queries, sequence, shape, rows: row..<row + 1) == Array(together[row * width..<(row + 1) * width]))
      }
      let middle = shape.rows / 2
      #expect(
        Self.attend(level, queries, sequence, shape, rows: 0..<middle) + Self.attend(level, queries, sequence, shape, rows: middle..<shape.rows)
          == together)
    }
  }

  @Test func halvesAreTheProcessorsHalves() {
    for bits in UInt32(0)...UInt32(UInt16.max) {
      var block = [UInt16](repeating: 0, count: qk_kv_head_bytes(QK_KV_F16, 8) / 2)
      let number = Float(Float16(bitPattern: UInt16(bits)))
      // Halfway to the next number: rounding to even is what differs between implementations.
      let between = number + (Float(Float16(bitPattern: UInt16(bits)).nextUp) - number) / 2
      guard between.isFinite else { continue }
      qk_kv_store(QK_KV_F16, &block, [Float](repeating: number, count: 8), [Float](repeating: between, count: 8), 0, 8)
      #expect(block[0] == UInt16(bits))
      #expect(block[64 * 16] == Float16(between).bitPattern)
    }
  }

  /// What does not fit is stored as the largest that does; what is no number at all as nothing, in int8.
  @Test func storedNumbersAreFinite() {
    var halves = [UInt16](repeating: 0, count: qk_kv_head_bytes(QK_KV_F16, 8) / 2)
    let wild: [Float] = [1e9, -1e9, .infinity, -.infinity, 70_000, 1, -1, 0]
    qk_kv_store(QK_KV_F16, &halves, wild, wild, 0, 8)
    #expect((0..<8).map { Float(Float16(bitPattern: halves[$0 * 64])) } == [65504, -65504, 65504, -65504, 65504, 1, -1, 0])
    var bytes = [Int8](repeating: 1, count: qk_kv_head_bytes(QK_KV_Q8, 8))
    qk_kv_store(QK_KV_Q8, &bytes, [.nan, 1, 2, 3, 4, 5, 6, 7], wild, 0, 8)
    #expect(bytes[..<4] == [0, 0, 0, 0])
  }

  /// What is stored comes back as it is stored, and is stored again as it was.
  @Test(arguments: [8, 16, 40, 64, 128]) func storedKeysAndValuesComeBack(size: Int) {
    var random = SeededGenerator(seed: UInt64(size))
    for type in [QK_KV_F16, QK_KV_Q8] {
      let byteCount = qk_kv_head_bytes(type, size)
      func block() -> UnsafeMutableRawPointer {
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        memset(block, 0, byteCount)
        return block
      }
      let (first, second) = (block(), block())
      defer { [first, second].forEach { $0.deallocate() } }
      for slot in [0, 1, 15, 16, 37, 63] {
        let (key, value) = (random.floats(size, scale: 2), random.floats(size, scale: 3))
        qk_kv_store(type, first, key, value, slot, size)
        var (loadedKey, loadedValue) = ([Float](repeating: .nan, count: size), [Float](repeating: .nan, count: size))
        qk_kv_load_key(type, first, &loadedKey, slot, size)
        qk_kv_load_value(type, first, &loadedValue, slot, size)
        let step = Float(type == QK_KV_Q8 ? 1.0 / 250 : 1.0 / 2000)
        for (x, y) in zip(key, loadedKey) { #expect(abs(x - y) <= 2 * step) }
        for (x, y) in zip(value, loadedValue) { #expect(abs(x - y) <= 3 * step) }
        qk_kv_store_key(type, second, loadedKey, slot, size)
        qk_kv_copy_value(type, first, slot, second, slot, size)
      }
      if type == QK_KV_F16 { #expect(memcmp(first, second, byteCount) == 0) }
      // To another slot, and nowhere else.
      let third = block()
      defer { third.deallocate() }
      qk_kv_copy_value(type, first, 37, third, 5, size)
      var (value, moved, other) = (
        [Float](repeating: .nan, count: size), [Float](repeating: .nan, count: size), [Float](repeating: .nan, count: size)
      )
      qk_kv_load_value(type, first, &value, 37, size)
      qk_kv_load_value(type, third, &moved, 5, size)
      qk_kv_load_value(type, third, &other, 6, size)
      #expect(moved == value && other.allSatisfy { $0 == 0 })
    }
  }
}
