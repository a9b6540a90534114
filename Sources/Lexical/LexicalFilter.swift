/// Which chunks of an index may be found. Made once and used for any number of searches in that index.
package struct LexicalFilter: Sendable {
  /// Of each segment the positions that are allowed and alive.
  let sets: [PositionSet]

  /// Chunks that may be found.
  package var count: Int { sets.reduce(0) { $0 + $1.count } }

  /// - Parameter isAllowed: Asked once for every chunk.
  package init(_ index: LexicalIndex, where isAllowed: (Int64) -> Bool) {
    sets = zip(index.segments, index.live).map { segment, live in
      var set = PositionSet(positionCount: segment.count)
      for position in 0..<segment.count where isAllowed(segment.id(at: position)) { set[position] = true }
      if let live { set.formIntersection(live) }
      return set
    }
  }

  /// - Parameter ids: Rising.
  package init(_ index: LexicalIndex, ids: [Int64]) {
    var next = 0
    sets = zip(index.segments, index.live).map { segment, live in
      var set = PositionSet(positionCount: segment.count)
      let (first, last) = (segment.id(at: 0), segment.id(at: segment.count - 1))
      let isDense = last - first == Int64(segment.count - 1)
      while next < ids.count, ids[next] < first { next += 1 }
      var position = 0
      while next < ids.count, ids[next] <= last {
        precondition(next == 0 || ids[next - 1] < ids[next], "the ids of chunks rise")
        if isDense {
          set[Int(ids[next] - first)] = true
        } else {
          position = segment.position(notBefore: ids[next], from: position)
          if segment.id(at: position) == ids[next] { set[position] = true }
        }
        next += 1
      }
      if let live { set.formIntersection(live) }
      return set
    }
  }
}

extension LexicalSegment {
  /// The first position from `start` on whose chunk is not smaller, found in steps that double; there is one.
  fileprivate func position(notBefore id: Int64, from start: Int) -> Int {
    var (low, step) = (start, 1)
    while low + step < count, self.id(at: low + step) < id {
      low += step
      step *= 2
    }
    var high = min(low + step, count - 1)
    while low < high {
      let middle = low + (high - low) / 2
      if self.id(at: middle) < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
