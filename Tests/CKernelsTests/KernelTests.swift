import CKernels
import Foundation
import Testing

/// The fast kernels against the scalar reference: |fast − reference| ≤ atol + rtol · |reference|.
@Suite struct KernelTests {
  private static func randoms(_ count: Int, scale: Float = 1) -> [Float] { SeededGenerator.floats(count, scale: scale) }

  private static func agree(_ a: [Float], _ b: [Float], atol: Float = 1e-4, rtol: Float = 1e-4) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= atol + rtol * abs($1) }
  }

  private static func dense(_ level: qk_cpu, _ x: [Float], _ w: [Float], _ bias: [Float], m: Int, n: Int, k: Int, _ activation: qk_activation)
    -> [Float]
  {
    var packed = [Float](repeating: 0, count: qk_dense_packed_count(n, k))
    qk_dense_pack(&packed, w, n, k)
    var y = [Float](repeating: .nan, count: m * n)
    qk_dense_at(level, &y, x, packed, bias, m, n, k, activation)
    return y
  }

  @Test(arguments: [(1, 1, 8), (1, 16, 32), (3, 17, 40), (6, 33, 64), (13, 48, 96), (25, 5, 7)])
  func denseProducts(m: Int, n: Int, k: Int) {
    let x = Self.randoms(m * k), w = Self.randoms(n * k), bias = Self.randoms(n)
    for activation in [QK_ACTIVATION_NONE, QK_ACTIVATION_GELU] {
      let reference = Self.dense(QK_CPU_SCALAR, x, w, bias, m: m, n: n, k: k, activation)
      let fast = Self.dense(qk_cpu_level(), x, w, bias, m: m, n: n, k: k, activation)
      #expect(Self.agree(fast, reference))
      #expect(!Self.agree([Float](repeating: 0, count: m * n), reference), "a kernel that gives zeros must fail")
      // One row alone gives the bits that it gives among many.
      for row in 0..<m {
        let alone = Self.dense(qk_cpu_level(), Array(x[row * k..<(row + 1) * k]), w, bias, m: 1, n: n, k: k, activation)
        #expect(alone == Array(fast[row * n..<(row + 1) * n]))
      }
    }
  }

  @Test func quantisingIsTheSameAtEveryLevel() {
    for round in 0..<200 {
      var random = SeededGenerator(seed: UInt64(round))
      let x = random.floats(64, scale: Float(round) / 2)
      var (a, b) = ([qk_activations](repeating: qk_activations(), count: 2), [qk_activations](repeating: qk_activations(), count: 2))
      qk_quantise_at(QK_CPU_SCALAR, &a, x, 64)
      qk_quantise_at(qk_cpu_best(), &b, x, 64)
      for (one, other) in zip(a, b) {
        #expect(one.scale == other.scale && one.sum == other.sum && one.first_sum == other.first_sum && one.total == other.total)
        #expect(withUnsafeBytes(of: one.q) { Array($0) } == withUnsafeBytes(of: other.q) { Array($0) })
      }
    }
    var zero = [qk_activations](repeating: qk_activations(), count: 1)
    qk_quantise(&zero, [Float](repeating: 0, count: 32), 32)
    #expect(zero[0].scale == 0 && zero[0].sum == 0)
  }

  @Test func normsAndActivations() {
    for n in [8, 30, 64, 577] {
      let x = Self.randoms(n, scale: 4), up = Self.randoms(n), weight = Self.randoms(n)
      let scale = 1 / (x.reduce(0) { $0 + Double($1) * Double($1) } / Double(n) + 1e-5).squareRoot()
      let scaled = zip(x, weight).map { (x: Float, weight: Float) -> Float in Float(Double(x) * scale * Double(weight)) }
      let cubes = x.map { (x: Float) -> Double in 0.7978845608 * (Double(x) + 0.044715 * Double(x) * Double(x) * Double(x)) }
      let softened = zip(zip(x, up), cubes).map { Float(0.5 * Double($0.0) * (1 + tanh($1)) * Double($0.1)) }
      let gated = zip(x, up).map { (x: Float, up: Float) -> Float in
        let silu = Double(x) / (1 + exp(-Double(x)))
        return Float(silu * Double(up))
      }
      for level in levels {
        var y = [Float](repeating: .nan, count: n), gate = x, other = x
        qk_rms_norm_at(level, &y, x, weight, n, 1e-5)
        #expect(Self.agree(y, scaled))
        qk_swiglu_at(level, &gate, up, n)
        #expect(Self.agree(gate, gated))
        qk_geglu_at(level, &other, up, n)
        #expect(Self.agree(other, softened))
      }

      var normal = x
      qk_layer_norm(&normal, up, weight, up, 1, n, 1e-12)
      let sums = zip(x, up).map { Double($0) + Double($1) }, mean = sums.reduce(0, +) / Double(n)
      let deviation = (sums.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)).squareRoot()
      let expected = sums.indices.map { (index: Int) -> Float in
        let normal = (sums[index] - mean) / deviation
        return Float(normal * Double(weight[index]) + Double(up[index]))
      }
      #expect(Self.agree(normal, expected))
    }
  }

  /// Rows of a damaged model: every level gives the same integers, and none is out of range.
  @Test func quantisingWhatIsNoNumberOrTooSmall() {
    let values: [Float] = [.infinity, -Float.infinity, Float.leastNonzeroMagnitude, -1e-37, 3e38, 0]
    for value in values {
      let x = (0..<64).map { $0 == 40 ? value : Float(0) }
      var scalar = [qk_activations](repeating: qk_activations(), count: 2), fast = scalar
      qk_quantise_at(QK_CPU_SCALAR, &scalar, x, 64)
      qk_quantise_at(qk_cpu_level(), &fast, x, 64)
      for block in 0..<2 {
        #expect(scalar[block].scale == fast[block].scale)
        withUnsafeBytes(of: scalar[block].q) { a in
          withUnsafeBytes(of: fast[block].q) { b in
            if value.isFinite { #expect(a.elementsEqual(b), "\(value)") }
            #expect(a.allSatisfy { Int8(bitPattern: $0) >= -127 })
          }
        }
      }
    }
  }
}
