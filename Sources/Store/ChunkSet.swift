import Lexical
import Synchronization
import VectorIndex

/// Some of a collection's chunks, asked by key in constant time, and in the forms that the indexes take, which are made once.
package final class ChunkSet: Sendable {
  /// Bits from `first` on.
  private let bits: Bitmap
  private let first: Int64
  /// Rising.
  private let ids: [Int64]
  private let words = Mutex<(identity: WordSnapshot.Identity, filter: LexicalFilter)?>(nil)
  private let positions = Mutex<[Positions]>([])

  /// The set among the vectors of an index, of which so many were alive; it goes when another is asked for after the index.
  private struct Positions {
    weak var index: VectorIndex?
    let liveCount: Int
    let bitmap: Bitmap
  }

  package var count: Int { ids.count }

  /// - Parameter ids: Rising.
  init(_ ids: [Int64]) {
    first = ids.first ?? 0
    var bits = Bitmap(count: ids.isEmpty ? 0 : Int(ids[ids.count - 1] - first) + 1, repeating: false)
    for id in ids { bits[Int(id - first)] = true }
    self.bits = bits
    self.ids = ids
  }

  package var isEmpty: Bool { ids.isEmpty }

  package func contains(_ id: Int64) -> Bool {
    let place = id - first
    return place >= 0 && place < bits.count && bits[Int(place)]
  }

  /// Those that are alive in a snapshot of the words.
  func filter(_ snapshot: WordSnapshot) -> LexicalFilter {
    words.withLock { known in
      if let known, known.identity === snapshot.identity { return known.filter }
      let filter = LexicalFilter(snapshot.index, ids: ids)
      known = (snapshot.identity, filter)
      return filter
    }
  }

  /// Their positions among vectors that were loaded together, of those that are alive.
  func positions(in segment: VectorSegment) -> Bitmap {
    positions.withLock { known in
      if let entry = known.first(where: { $0.index === segment.index && $0.liveCount == segment.liveCount }) { return entry.bitmap }
      // Those of earlier states go.
      known.removeAll { entry in entry.index == nil || entry.index === segment.index }
      let bitmap = segment.positions(of: ids)
      known.append(Positions(index: segment.index, liveCount: segment.liveCount, bitmap: bitmap))
      return bitmap
    }
  }
}
