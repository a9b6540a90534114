import CKernels
import Foundation
import Testing

/// The encoder's kernels against their formulas in double precision: |fast − exact| ≤ atol + rtol · |exact|, and the same bits however work is parted.
@Suite final class EncoderKernelTests {
  private var generator = SeededGenerator(seed: 3)

  private func randoms(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) * scale } }

  private static func agree(_ a: [Float], _ exact: [Double]) -> Bool {
    a.count == exact.count && zip(a, exact).allSatisfy { abs(Double($0) - $1) <= 2e-5 + 2e-5 * abs($1) }
  }

  /// softmax(q kᵀ / √size) v for one head, row by row.
  private static func attention(_ q: [Float], _ k: [Float], _ v: [Float], tokens: Int, size: Int, stride: Int) -> [Double] {
    (0..<tokens).flatMap { i -> [Double] in
      let scores = (0..<tokens).map { j in
        (0..<size).reduce(0.0) { $0 + Double(q[i * stride + $1]) * Double(k[j * stride + $1]) } / Double(size).squareRoot()
      }
      let largest = scores.max() ?? 0
      let weights = scores.map { exp($0 - largest) }
      let total = weights.reduce(0, +)
      return (0..<size).map { d in (0..<tokens).reduce(0.0) { $0 + weights[$1] * Double(v[$1 * stride + d]) } / total }
    }
  }

  /// Every remainder of the tiles of 4 queries, 16 keys and 16 columns; 12 is a head that has no fast version.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 33, 130], [8, 12, 24, 32, 64, 72])
  func bidirectionalAttention(tokens: Int, size: Int) {
    // Between rows lie NaNs, as another head's numbers lie in a real pass: none may be read into a sum or be overwritten.
    let stride = size + 3
    func rows(scale: Float) -> [Float] { (0..<tokens).flatMap { _ in randoms(size, scale: scale) + [.nan, .nan, .nan] } }
    let q = rows(scale: 4), k = rows(scale: 2), v = rows(scale: 1)
    let exact = Self.attention(q, k, v, tokens: tokens, size: size, stride: stride)
    for level in levels {
      var out = [Float](repeating: -7, count: tokens * stride)
      var scratch = [Float](repeating: .nan, count: qk_encoder_attention_scratch_count(tokens, size))
      qk_encoder_attention_at(level, &out, stride, q, k, v, stride, tokens, size, &scratch)
      let got = (0..<tokens).flatMap { out[$0 * stride..<$0 * stride + size] }
      #expect(Self.agree(got, exact), "level \(level.rawValue)")
      #expect((0..<tokens).allSatisfy { out[$0 * stride + size..<($0 + 1) * stride].allSatisfy { $0 == -7 } }, "only its own columns are written")
    }
    #expect(!Self.agree([Float](repeating: 0, count: tokens * size), exact), "a kernel that gives zeros must fail")
  }

  /// Scores so far apart that a softmax without its largest score taken off would overflow.
  @Test func extremeScores() {
    let (tokens, size) = (20, 32)
    let q = randoms(tokens * size, scale: 60), k = randoms(tokens * size, scale: 60), v = randoms(tokens * size)
    // Scores of some thousands in single precision are known to 1e-3: weights to as much.
    let exact = Self.attention(q, k, v, tokens: tokens, size: size, stride: size)
    for level in levels {
      var out = [Float](repeating: .nan, count: tokens * size)
      var scratch = [Float](repeating: .nan, count: qk_encoder_attention_scratch_count(tokens, size))
      qk_encoder_attention_at(level, &out, size, q, k, v, size, tokens, size, &scratch)
      #expect(zip(out, exact).allSatisfy { abs(Double($0) - $1) <= 5e-3 }, "level \(level.rawValue)")
    }
  }

  /// x · Φ(x) over all that matters, through a matrix of one weight.
  @Test func gaussianErrorLinearUnit() {
    let x = stride(from: Float(-12), through: 12, by: 0.001).map { $0 }
    var packed = [Float](repeating: 0, count: qk_dense_packed_count(1, 1))
    qk_dense_pack(&packed, [1], 1, 1)
    var y = [Float](repeating: .nan, count: x.count)
    qk_dense(&y, x, packed, nil, x.count, 1, 1, QK_ACTIVATION_GELU)
    var worst = 0.0
    for (input, output) in zip(x, y) {
      let value = Double(input)
      let exact = 0.5 * value * erfc(-value * 0.5.squareRoot())
      worst = max(worst, abs(Double(output) - exact) / max(1, abs(value)))
    }
    #expect(worst <= 1e-6)
  }

  /// Panels computed apart are the product's columns, to the bit, and touch no others.
  @Test(arguments: [(1, 16, 8), (5, 33, 24), (16, 80, 40), (7, 50, 16)])
  func panelsOfAProduct(m: Int, n: Int, k: Int) {
    let x = randoms(m * k), w = randoms(n * k), bias = randoms(n)
    var packed = [Float](repeating: 0, count: qk_dense_packed_count(n, k))
    qk_dense_pack(&packed, w, n, k)
    for activation in [QK_ACTIVATION_NONE, QK_ACTIVATION_GELU] {
      var whole = [Float](repeating: .nan, count: m * n)
      qk_dense(&whole, x, packed, bias, m, n, k, activation)
      let panelCount = (n + Int(QK_DENSE_PANEL) - 1) / Int(QK_DENSE_PANEL)
      var parts = [Float](repeating: -7, count: m * n)
      for panel in 0..<panelCount {
        qk_dense_panels(&parts, x, packed, bias, m, n, k, activation, panel, 1)
        for row in 0..<m {
          for column in 0..<n {
            let isDone = column < (panel + 1) * Int(QK_DENSE_PANEL)
            #expect(parts[row * n + column] == (isDone ? whole[row * n + column] : -7))
          }
        }
      }
    }
  }

  /// A row of a norm is its own, with and without a residual.
  @Test(arguments: [(1, 8), (3, 384), (4, 24), (5, 30), (2, 577)])
  func layerNorms(m: Int, n: Int) {
    let x = randoms(m * n, scale: 4), residual = randoms(m * n), weight = randoms(n), bias = randoms(n)
    for adds in [true, false] {
      var results: [[Float]] = []
      for level in levels {
        var y = x
        qk_layer_norm_at(level, &y, adds ? residual : nil, weight, bias, m, n, 1e-12)
        results.append(y)
      }
      let exact = (0..<m).flatMap { row -> [Double] in
        let values = (row * n..<(row + 1) * n).map { Double(x[$0]) + (adds ? Double(residual[$0]) : 0) }
        let mean = values.reduce(0, +) / Double(n)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n) + 1e-12).squareRoot()
        return values.indices.map { (values[$0] - mean) / deviation * Double(weight[$0]) + Double(bias[$0]) }
      }
      for y in results { #expect(Self.agree(y, exact)) }
      #expect(!Self.agree([Float](repeating: 0, count: m * n), exact), "a kernel that gives zeros must fail")
    }
  }

  /// The mean of rows, of length 1; one row alone is only scaled.
  @Test(arguments: [(1, 8), (5, 384), (3, 30)])
  func pooling(m: Int, n: Int) {
    let x = randoms(m * n)
    var out = [Float](repeating: .nan, count: n)
    qk_pool_mean(&out, x, m, n)
    let sums = (0..<n).map { column in (0..<m).reduce(0.0) { $0 + Double(x[$1 * n + column]) } }
    let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(Self.agree(out, sums.map { $0 / length }))
    qk_pool_mean(&out, [Float](repeating: 0, count: m * n), m, n)
    #expect(out.allSatisfy { $0 == 0 }, "nothing stays nothing")
  }
}
