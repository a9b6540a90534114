/// A broken promise of the bookkeeping.
package struct BrokenInvariant: Error, CustomStringConvertible {
  package let description: String
}

extension Scheduler {
  /// Counts everything again, for tests: references, idle and pinned blocks, children in order, no block in two places.
  package func checkInvariants() throws(BrokenInvariant) {
    func expect(_ condition: Bool, _ promise: String) throws(BrokenInvariant) {
      if !condition { throw BrokenInvariant(description: promise) }
    }
    var references: [Int: Int] = [:]
    for sequence in sequences.values {
      for node in sequence.nodes {
        guard let block = tree.block(of: node) else { throw BrokenInvariant(description: "a sequence uses a node without a block") }
        references[block.index, default: 0] += 1
        try expect(tree.namespace(of: node) == sequence.namespace, "a block is seen by two namespaces")
      }
      for block in sequence.own { references[block.index, default: 0] += 1 }
      try expect(
        (sequence.nodes.count + sequence.own.count) * tree.blockSize >= sequence.computedCount, "computed tokens without a block")
      try expect(sequence.computedCount < sequence.tokens.count, "a sequence with nothing to compute")
      try expect(running.contains(sequence.id) != waiting.contains(sequence.id), "a sequence that neither runs nor waits, or does both")
      try expect(running.contains(sequence.id) || sequence.nodes.isEmpty && sequence.own.isEmpty, "a waiting sequence holds blocks")
    }
    try tree.check(otherReferences: references)
  }
}

extension PrefixTree {
  func namespace(of node: NodeID) -> String {
    var index = node.index
    while !isRoot(index) { index = nodes[index].parent }
    return nodes[index].namespace
  }

  fileprivate func check(otherReferences: [Int: Int]) throws(BrokenInvariant) {
    func expect(_ condition: Bool, _ promise: String) throws(BrokenInvariant) {
      if !condition { throw BrokenInvariant(description: promise) }
    }
    var references = otherReferences
    var pageCount = 0
    var idle = 0
    var pinned = 0
    var pending = liveRoots
    while let node = pending.popLast() {
      let entry = nodes[node]
      pending += entry.children
      try expect(
        zip(entry.children, entry.children.dropFirst()).allSatisfy { nodes[$0].tokens.lexicographicallyPrecedes(nodes[$1].tokens) },
        "children out of order")
      try expect(entry.children.allSatisfy { nodes[$0].parent == node && nodes[$0].depth == entry.depth + 1 }, "a child of another")
      try expect(entry.children.count { nodes[$0].block != nil } == entry.residentChildCount, "resident children miscounted")
      try expect(entry.children.count { nodes[$0].page != nil } == entry.pagedChildCount, "paged children miscounted")
      try expect(isRoot(node) || entry.children.isEmpty || entry.tokens.count == blockSize, "something follows a block that is not full")
      if entry.page != nil { pageCount += 1 }
      guard let block = entry.block else { continue }
      try expect(isRoot(entry.parent) || nodes[entry.parent].block != nil, "a block in memory after one that is not")
      if blocks.referenceCount(of: block.index) == 1, !entry.isPinned { idle += 1 }
      if entry.isPinned { pinned += 1 }
      references[block.index, default: 0] += 1
    }
    for (block, count) in references { try expect(blocks.referenceCount(of: block) == count, "references miscounted") }
    try expect(references.count == blocks.usedCount, "a block is lost")
    try expect(pageCount == pages.usedCount, "a page is lost")
    try expect(idle == idleCount, "idle blocks miscounted")
    try expect(pinned == pinnedCount && pinned <= pinLimit, "pinned blocks miscounted")
  }
}
