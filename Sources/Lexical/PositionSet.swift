/// Some positions of a segment, a bit each.
package struct PositionSet: Sendable, Equatable {
  private(set) var words: [UInt64]
  /// Positions that there are, in the set or not.
  package let positionCount: Int

  package init(positionCount: Int, repeating value: Bool = false) {
    words = Array(repeating: value ? ~0 : 0, count: (positionCount + 63) / 64)
    self.positionCount = positionCount
    if value, positionCount % 64 != 0 { words[words.count - 1] = (1 << (positionCount % 64)) - 1 }
  }

  package subscript(position: Int) -> Bool {
    get { words[position >> 6] >> (position & 63) & 1 == 1 }
    set {
      precondition(position < positionCount, "a position is below the segment's count")
      let bit: UInt64 = 1 << (position & 63)
      if newValue { words[position >> 6] |= bit } else { words[position >> 6] &= ~bit }
    }
  }

  /// Positions in the set.
  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  package mutating func formIntersection(_ other: PositionSet) {
    precondition(positionCount == other.positionCount, "sets of the same segment")
    for index in words.indices { words[index] &= other.words[index] }
  }
}
