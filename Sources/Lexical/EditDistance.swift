/// How many bytes have to be put in, left out, replaced or exchanged with their neighbour (optimal string alignment) to make other texts of one word.
///
/// Bit-parallel, a few operations for each byte of the other text: Hyyrö, "A bit-vector algorithm for computing Levenshtein and Damerau edit
/// distances", Nordic Journal of Computing 10 (2003).
package struct EditDistance {
  /// Bytes of a word at most.
  package static let byteLimit = 64

  /// Of each byte the places at which the word has it.
  private var places = [UInt64](repeating: 0, count: 256)
  private let byteCount: Int

  /// `nil` for an empty word and one of more than `byteLimit` bytes.
  package init?(_ word: String) {
    byteCount = word.utf8.count
    guard (1...Self.byteLimit).contains(byteCount) else { return nil }
    for (place, byte) in word.utf8.enumerated() { places[Int(byte)] |= 1 << UInt64(place) }
  }

  package func callAsFunction(_ other: UnsafeBufferPointer<UInt8>) -> Int {
    var (vertical, negative): (UInt64, UInt64) = (.max, 0)
    var (diagonal, before): (UInt64, UInt64) = (0, 0)
    let last = UInt64(1) << UInt64(byteCount - 1)
    var distance = byteCount
    for index in other.indices {
      let here = unsafe places[Int(other[index])]
      let exchanged = ((~diagonal & here) << 1) & before
      diagonal = (((here & vertical) &+ vertical) ^ vertical) | here | negative | exchanged
      var horizontal = negative | ~(diagonal | vertical)
      let falling = diagonal & vertical
      if horizontal & last != 0 { distance += 1 }
      if falling & last != 0 { distance -= 1 }
      horizontal = horizontal << 1 | 1
      vertical = falling << 1 | ~(diagonal | horizontal)
      negative = horizontal & diagonal
      before = here
    }
    return distance
  }
}
