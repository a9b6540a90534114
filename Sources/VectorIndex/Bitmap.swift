/// One bit for each position, packed as FAISS reads them: bit `i % 8` of byte `i / 8`.
package struct Bitmap: Sendable, Equatable {
  package private(set) var bytes: [UInt8]
  package let count: Int

  /// `count` bits, all equal.
  package init(count: Int, repeating value: Bool) {
    precondition(count >= 0, "a bitmap holds no negative number of bits")
    self.count = count
    bytes = [UInt8](repeating: value ? 0xFF : 0, count: (count + 7) / 8)
    // The bits beyond the end stay 0, so that counting needs no mask.
    if value, count % 8 != 0 { bytes[bytes.count - 1] = UInt8(1 << (count % 8)) - 1 }
  }

  package subscript(position: Int) -> Bool {
    get {
      precondition(position >= 0 && position < count, "the position is outside of the bitmap")
      return bytes[position >> 3] & (1 << UInt8(position & 7)) != 0
    }
    set {
      precondition(position >= 0 && position < count, "the position is outside of the bitmap")
      if newValue {
        bytes[position >> 3] |= 1 << UInt8(position & 7)
      } else {
        bytes[position >> 3] &= ~(1 << UInt8(position & 7))
      }
    }
  }

  /// How many bits are 1.
  package var populationCount: Int { bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
}
