import CKernels
import Foundation
import Testing

/// The 8-bit product against its formulas in integers and double precision, every level that the processor has against the scalar one.
@Suite struct Dense8Tests {
  /// m rows of x against n rows of w, as a level computes them.
  private static func product(
    _ level: qk_cpu, x: [Float], w: [Float], bias: [Float]?, m: Int, n: Int, k: Int, activation: qk_activation = QK_ACTIVATION_NONE
  ) -> [Float] {
    let panelCount = (n + Int(QK_DENSE8_PANEL) - 1) / Int(QK_DENSE8_PANEL)
    var packed = [UInt8](repeating: 0xAA, count: qk_dense8_packed_byte_count(n, k))
    qk_dense8_pack(&packed, w, n, k, 0, panelCount)
    var rows = [UInt8](repeating: 0xAA, count: m * qk_dense8_row_byte_count(k))
    qk_dense8_quantise_at(level, &rows, x, m, k)
    var y = [Float](repeating: .nan, count: m * n)
    qk_dense8_at(level, &y, rows, packed, bias, m, n, k, activation, 0, panelCount)
    return y
  }

  /// x ≈ scale · q + centre, block by block, in double precision.
  private static func rounded(_ x: [Float], k: Int, isSymmetric: Bool) -> [Double] {
    stride(from: 0, to: x.count, by: k).flatMap { row in
      stride(from: 0, to: k, by: Int(QK_DENSE8_BLOCK)).flatMap { start -> [Double] in
        let block = x[row + start..<row + min(k, start + Int(QK_DENSE8_BLOCK))].map(Double.init)
        let low = isSymmetric ? -block.map(abs).max()! : block.min()!
        let high = isSymmetric ? -low : block.max()!
        let scale = (high - low) / 254, centre = (high + low) / 2
        return block.map { scale == 0 ? centre : (($0 - centre) / scale).rounded(.toNearestOrEven) * scale + centre }
      }
    }
  }

  private static func exact(x: [Double], w: [Double], bias: [Float]?, m: Int, n: Int, k: Int) -> [Double] {
    (0..<m * n).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: n)
      return (0..<k).reduce(Double(bias?[column] ?? 0)) { $0 + x[row * k + $1] * w[column * k + $1] }
    }
  }

  /// |fast − exact| against the size of the sums' terms.
  private static func agree(_ a: [Float], _ exact: [Double], scale: Double, tolerance: Double) -> Bool {
    a.count == exact.count && zip(a, exact).allSatisfy { abs(Double($0) - $1) <= tolerance * scale }
  }

  /// Every remainder of the tiles of rows, the pairs of panels, the blocks of 64 and the steps of four columns.
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 13], [(1, 1), (16, 3), (17, 66), (32, 64), (48, 128), (70, 150), (33, 384)])
  func products(m: Int, shape: (Int, Int)) {
    let (n, k) = shape
    var generator = SeededGenerator(seed: UInt64(m * 1_000_000 + n * 1_000 + k))
    let x = (0..<m * k).map { _ in Float.random(in: -0.4...1, using: &generator) }
    let w = (0..<n * k).map { _ in Float.random(in: -1...1, using: &generator) }
    let bias = (0..<n).map { _ in Float.random(in: -1...1, using: &generator) }
    let scale = Double(k).squareRoot()
    let reference = Self.product(QK_CPU_SCALAR, x: x, w: w, bias: bias, m: m, n: n, k: k)
    let rounded = Self.exact(
      x: Self.rounded(x, k: k, isSymmetric: false), w: Self.rounded(w, k: k, isSymmetric: true), bias: bias, m: m, n: n, k: k)
    // A value halfway between two steps may go to either: a step of one block's 254, now and then.
    #expect(Self.agree(reference, rounded, scale: scale, tolerance: 2e-3))
    let single = Self.exact(x: x.map(Double.init), w: w.map(Double.init), bias: bias, m: m, n: n, k: k)
    #expect(Self.agree(reference, single, scale: scale, tolerance: 2e-2))
    #expect(!Self.agree([Float](repeating: 0, count: m * n), single, scale: scale, tolerance: 2e-2), "a kernel that gives zeros must fail")
    for level in levels {
      #expect(Self.product(level, x: x, w: w, bias: bias, m: m, n: n, k: k) == reference, "level \(level.rawValue)")
      let gelu = Self.product(level, x: x, w: w, bias: nil, m: m, n: n, k: k, activation: QK_ACTIVATION_GELU)
      let plain = Self.product(QK_CPU_SCALAR, x: x, w: w, bias: nil, m: m, n: n, k: k).map(Double.init)
      #expect(Self.agree(gelu, plain.map { 0.5 * $0 * erfc(-$0 * 0.5.squareRoot()) }, scale: scale, tolerance: 1e-6))
    }
  }

  /// All activations and weights at their ends, where sums are largest and 16 bits would overflow first: the integers must be exact.
  @Test(arguments: [(Float(1), Float(1)), (1, -1), (-1, 1), (-1, -1)])
  func extremes(signs: (Float, Float)) {
    let (m, n, k) = (7, 33, 256)
    // One element of the other sign in a block keeps its centre at zero, so that the rest is ±127.
    let x = (0..<m * k).map { $0 % Int(QK_DENSE8_BLOCK) == 5 ? -signs.0 : signs.0 }
    let w = [Float](repeating: signs.1, count: n * k)
    let expected = signs.0 * signs.1 * Float(k - 2 * k / Int(QK_DENSE8_BLOCK))
    for level in levels {
      let y = Self.product(level, x: x, w: w, bias: nil, m: m, n: n, k: k)
      #expect(y.allSatisfy { abs($0 - expected) < 1e-3 }, "level \(level.rawValue)")
    }
  }

  /// Rows without spread, zeros, the largest and smallest numbers.
  @Test(arguments: [Float(0), 3.5, -1e-38, 1e30, -1e30])
  func constants(value: Float) {
    let (m, n, k) = (3, 20, 150)
    let w = (0..<n * k).map { Float($0 % 7) / 7 }
    let sums = (0..<n).map { row in (0..<k).reduce(Float(0)) { $0 + w[row * k + $1] } }
    for level in levels {
      let y = Self.product(level, x: [Float](repeating: value, count: m * k), w: w, bias: nil, m: m, n: n, k: k)
      for row in 0..<m {
        for column in 0..<n { #expect(abs(y[row * n + column] - value * sums[column]) <= 0.01 * abs(value * sums[column])) }
      }
    }
  }

  /// Weights or rows that are no numbers make results that are none, which the caller notices.
  @Test(arguments: [Float.nan, .infinity])
  func noNumbers(value: Float) {
    let (m, n, k) = (2, 16, 128)
    for level in levels {
      var w = [Float](repeating: 0.5, count: n * k)
      w[3 * k + 9] = value
      let y = Self.product(level, x: [Float](repeating: 1, count: m * k), w: w, bias: nil, m: m, n: n, k: k)
      #expect((0..<m * n).allSatisfy { y[$0].isFinite == ($0 % n != 3) })
      let row = [Float](repeating: value, count: k) + [Float](repeating: 1, count: k)
      let z = Self.product(level, x: row, w: [Float](repeating: 0.5, count: n * k), bias: nil, m: m, n: n, k: k)
      #expect((0..<m * n).allSatisfy { z[$0].isFinite == ($0 >= n) })
    }
  }

  /// A row's result is its own, and panels computed apart are the product's columns: to the bit, and they touch no others.
  @Test func parts() {
    let (m, n, k) = (9, 70, 200)
    var generator = SeededGenerator(seed: 7)
    let x = (0..<m * k).map { _ in Float.random(in: -1...1, using: &generator) }
    let w = (0..<n * k).map { _ in Float.random(in: -1...1, using: &generator) }
    for level in levels {
      let whole = Self.product(level, x: x, w: w, bias: nil, m: m, n: n, k: k, activation: QK_ACTIVATION_GELU)
      for row in 0..<m {
        let alone = Self.product(
          level, x: Array(x[row * k..<(row + 1) * k]), w: w, bias: nil, m: 1, n: n, k: k, activation: QK_ACTIVATION_GELU)
        #expect(alone == Array(whole[row * n..<(row + 1) * n]))
      }
      var packed = [UInt8](repeating: 0, count: qk_dense8_packed_byte_count(n, k))
      for panel in [4, 0, 2, 1, 3] { qk_dense8_pack(&packed, w, n, k, panel, panel + 1) }
      var rows = [UInt8](repeating: 0, count: m * qk_dense8_row_byte_count(k))
      qk_dense8_quantise_at(level, &rows, x, m, k)
      for range in [0..<1, 1..<4, 2..<5, 4..<5, 3..<3] {
        var y = [Float](repeating: -7, count: m * n)
        qk_dense8_at(level, &y, rows, packed, nil, m, n, k, QK_ACTIVATION_GELU, range.lowerBound, range.upperBound)
        for index in y.indices { #expect(y[index] == (range.contains(index % n / Int(QK_DENSE8_PANEL)) ? whole[index] : -7)) }
      }
    }
  }
}
