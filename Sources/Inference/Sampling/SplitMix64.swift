/// Random numbers by SplitMix64 (Steele et al. 2014). The n-th number is a function of the seed and n.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number in [0, 1), of 53 bits.
  mutating func uniform() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
