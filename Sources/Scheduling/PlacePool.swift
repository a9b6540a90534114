/// A place for the keys and values of `BlockPool.positionCount` neighbouring tokens.
package struct BlockID: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// A place for a block on disk.
package struct PageID: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// Counts who uses which of a fixed number of places. It knows their numbers, not what is in them.
package struct PlacePool {
  package let capacity: Int
  private var referenceCounts: [Int32]
  private var free: [Int] = []
  /// Places from here on were never used; they are handed out last, so that memory grows only when it must.
  private var firstUnused = 0

  package init(capacity: Int) {
    precondition(capacity >= 0, "a pool of no size")
    self.capacity = capacity
    referenceCounts = Array(repeating: 0, count: capacity)
  }

  package var freeCount: Int { free.count + capacity - firstUnused }
  package var usedCount: Int { capacity - freeCount }

  /// A place that nobody uses, with one reference; `nil` if there is none.
  package mutating func allocate() -> Int? {
    let index: Int
    if let last = free.popLast() {
      index = last
    } else if firstUnused < capacity {
      index = firstUnused
      firstUnused += 1
    } else {
      return nil
    }
    referenceCounts[index] = 1
    return index
  }

  /// Takes a certain place that nobody uses, as at a start with places that are filled already.
  package mutating func claim(_ index: Int) {
    precondition(referenceCounts[index] == 0, "a place that is in use")
    while firstUnused <= index {
      free.append(firstUnused)
      firstUnused += 1
    }
    guard let place = free.lastIndex(of: index) else { preconditionFailure("a free place that is not in the list") }
    free.remove(at: place)
    referenceCounts[index] = 1
  }

  package mutating func retain(_ index: Int) {
    precondition(referenceCounts[index] > 0, "a place that nobody uses cannot be shared")
    referenceCounts[index] += 1
  }

  /// Gives back one reference.
  package mutating func release(_ index: Int) {
    precondition(referenceCounts[index] > 0, "a place given back twice")
    referenceCounts[index] -= 1
    if referenceCounts[index] == 0 { free.append(index) }
  }

  package func referenceCount(of index: Int) -> Int { Int(referenceCounts[index]) }
}
