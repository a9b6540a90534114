import VectorIndex

/// Some of a collection's chunks, asked by key in constant time.
package struct ChunkSet: Sendable {
  /// Bits from `first` on.
  private let bits: Bitmap
  private let first: Int64
  package let count: Int

  /// - Parameter ids: Rising.
  init(_ ids: [Int64]) {
    first = ids.first ?? 0
    var bits = Bitmap(count: ids.isEmpty ? 0 : Int(ids[ids.count - 1] - first) + 1, repeating: false)
    for id in ids { bits[Int(id - first)] = true }
    self.bits = bits
    count = ids.count
  }

  package var isEmpty: Bool { count == 0 }

  package func contains(_ id: Int64) -> Bool {
    let place = id - first
    return place >= 0 && place < bits.count && bits[Int(place)]
  }
}
