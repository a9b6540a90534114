import CKernels
import Foundation
import Testing

/// What layers do beside products, against the formulas in double precision.
@Suite struct LayerKernelTests {
  private var random = SeededGenerator(seed: 61)

  private mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -3...3, using: &random) } }

  @Test(arguments: [1, 8, 13, 64, 96])
  mutating func geluGate(count: Int) {
    var gate = floats(count).map { $0 * 4 }
    let up = floats(count)
    let expected = zip(gate, up).map { x, up in
      let x = Double(x)
      return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) * Double(up)
    }
    qk_geglu(&gate, up, count)
    for (found, expected) in zip(gate, expected) { #expect(abs(Double(found) - expected) < 2e-6 * max(1, abs(expected))) }
  }

  @Test func aGateFarFromZeroIsAllOrNothing() {
    var gate: [Float] = [100, -100, 1e30, -1e30, 0, 50, -50, 3e4]
    qk_geglu(&gate, [Float](repeating: 1, count: 8), 8)
    for (found, expected) in zip(gate, [100, 0, 1e30, 0, 0, 50, 0, 3e4] as [Float]) { #expect(abs(found - expected) < 1e-6) }
  }

  /// Both orders of pairs are the same turn of other elements, and leave what is behind the pairs.
  @Test(arguments: [(4, 16), (8, 16), (16, 32), (5, 16)])
  mutating func ropeTurnsPairs(pairs: Int, size: Int) {
    let head = floats(size)
    let angles = floats(pairs).map { Double($0) * 40 }
    let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
    var (adjacent, halves) = (head, head)
    qk_rope_pairs(&adjacent, cosines, sines, pairs)
    qk_rope_halves(&halves, cosines, sines, pairs)
    func check(_ found: [Float], _ first: Int, _ second: Int, _ angle: Double) {
      let (a, b) = (Double(head[first]), Double(head[second]))
      #expect(abs(Double(found[first]) - (a * cos(angle) - b * sin(angle))) < 2e-6)
      #expect(abs(Double(found[second]) - (a * sin(angle) + b * cos(angle))) < 2e-6)
    }
    for pair in 0..<pairs {
      check(adjacent, 2 * pair, 2 * pair + 1, angles[pair])
      check(halves, pair, pairs + pair, angles[pair])
    }
    #expect(adjacent[(2 * pairs)...] == head[(2 * pairs)...] && halves[(2 * pairs)...] == head[(2 * pairs)...])
  }

  /// Channels are on their own; where there is no position yet, nothing is added.
  @Test(arguments: [(1, 32), (3, 32), (3, 45), (4, 64)])
  mutating func aShortConvolutionSumsItsTaps(taps: Int, width: Int) {
    let weights = floats(taps * width)
    let c = floats(width)
    let gates = (0..<taps).map { _ in floats(width) }
    let values = (0..<taps).map { _ in floats(width) }
    let stored = zip(gates, values).map { b, x in
      var input = [UInt16](repeating: 0, count: width)
      qk_convolution_store(&input, b, x, width)
      return input
    }
    for missing in 0..<taps {
      let memory = stored.map { input in
        let copy = UnsafeMutablePointer<UInt16>.allocate(capacity: width)
        copy.initialize(from: input, count: width)
        return copy
      }
      defer { memory.forEach { $0.deallocate() } }
      let inputs = memory.indices.map { $0 < missing ? nil : UnsafePointer(memory[$0]) }
      var y = [Float](repeating: .nan, count: width)
      qk_convolution(&y, c, weights, inputs, taps, width)
      for channel in 0..<width {
        let sum = (missing..<taps).map { Double(weights[$0 * width + channel]) * Double(gates[$0][channel]) * Double(values[$0][channel]) }.reduce(
          0, +)
        // Half precision has 11 bits; products reach 9, times weights and gate of 3 each.
        #expect(abs(Double(y[channel]) - sum * Double(c[channel])) < 81.0 * Double(taps) / 2048)
      }
    }
  }

  @Test func aConvolutionsInputStaysFinite() {
    var input = [UInt16](repeating: 0, count: 3)
    qk_convolution_store(&input, [1e5, -1e5, 1], [1e5, 1e5, 2], 3)
    #expect(input == [0x7BFF, 0xFBFF, 0x4000])
  }
}
