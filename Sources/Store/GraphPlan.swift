/// Which of a collection's graphs are written, so that each fits into the memory that one may take while it is built.
///
/// A graph that is full stays as it is: what comes later goes into the next one. It is made anew when much of it is gone, and small neighbours become one.
package enum GraphPlan {
  /// A graph that there is. Graphs follow each other as their chunks' keys do.
  package struct Graph {
    /// Vectors in it, those of chunks that are gone included.
    package var count: Int
    /// Chunks that belong to it and are still there.
    package var liveCount: Int
    /// Whether its file can be read.
    package var isUsable: Bool

    package init(count: Int, liveCount: Int, isUsable: Bool) { (self.count, self.liveCount, self.isUsable) = (count, liveCount, isUsable) }

    /// A graph is built anew when so many of its chunks are gone, as a part of it.
    private static let goneFraction = 0.15

    package var isStale: Bool { !isUsable || liveCount > count || Double(count) - Double(liveCount) > Self.goneFraction * Double(count) }
  }

  /// Graphs that become one, or as many as are needed for their size.
  package struct Part: Equatable {
    /// The graphs whose place it takes.
    package var replaced: Range<Int>
    /// Chunks that it will have, which are those of its vectors but where it is extended; where none is left, nothing takes the place.
    package var liveCount: Int
    /// Whether the chunks that are newer than all graphs go into it.
    package var includesNew = false
    /// Whether the one graph that it replaces is extended, not made anew.
    package var isExtension = false

    package init(replaced: Range<Int>, liveCount: Int, includesNew: Bool = false, isExtension: Bool = false) {
      (self.replaced, self.liveCount, self.includesNew, self.isExtension) = (replaced, liveCount, includesNew, isExtension)
    }
  }

  /// The last graph is extended when so many chunks are newer, as a part of it.
  private static let extensionFraction = 0.1

  /// - Parameters:
  ///   - newCount: Chunks that are newer than all graphs.
  ///   - sizeLimit: Vectors that a graph may have.
  ///   - threshold: Newer chunks that are worth a graph of their own.
  /// - Returns: What is written, in the order of the chunks' keys.
  package static func parts(of graphs: [Graph], newCount: Int, sizeLimit: Int, threshold: Int) -> [Part] {
    let living = graphs.indices.filter { graphs[$0].liveCount > 0 }
    let groups = SizeTiers.groups(of: living.map { graphs[$0].liveCount }, limit: sizeLimit).map { group in
      Part(
        replaced: living[group.lowerBound]..<living[group.upperBound - 1] + 1,
        liveCount: living[group].reduce(0) { $0 + graphs[$1].liveCount })
    }
    var parts = groups.filter { $0.replaced.count > 1 || graphs[$0.replaced.lowerBound].isStale }
    let empty = graphs.indices.filter { index in graphs[index].liveCount <= 0 && !parts.contains { $0.replaced.contains(index) } }
    parts += empty.map { Part(replaced: $0..<$0 + 1, liveCount: 0) }
    parts.sort { $0.replaced.lowerBound < $1.replaced.lowerBound }
    guard newCount > 0 else { return parts }
    if let last = parts.last, last.replaced.upperBound == graphs.count, last.liveCount + newCount <= sizeLimit,
      last.liveCount > 0 || newCount >= threshold
    {
      parts[parts.count - 1].liveCount += newCount
      parts[parts.count - 1].includesNew = true
    } else if let last = graphs.last, parts.last?.replaced.upperBound != graphs.count, last.count + newCount <= sizeLimit {
      guard Double(newCount) > extensionFraction * Double(last.count) else { return parts }
      let replaced = graphs.count - 1..<graphs.count
      parts.append(Part(replaced: replaced, liveCount: last.liveCount + newCount, includesNew: true, isExtension: true))
    } else if newCount >= threshold {
      parts.append(Part(replaced: graphs.count..<graphs.count, liveCount: newCount, includesNew: true))
    }
    return parts
  }
}
