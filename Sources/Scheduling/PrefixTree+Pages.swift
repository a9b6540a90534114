import HeapModule

extension PrefixTree {
  /// Writes a block to disk with all before it, so that it can be found there again.
  mutating func savePath(to node: Int, _ memory: inout some BlockMemory) {
    guard pages.capacity > 0 else { return }
    var path: [Int] = []
    var above = node
    while !isRoot(above) {
      path.append(above)
      above = nodes[above].parent
    }
    for node in path.reversed() where nodes[node].page == nil {
      guard save(node, namespace: nodes[above].namespace, &memory) else { return }
    }
  }

  private mutating func save(_ node: Int, namespace: String, _ memory: inout some BlockMemory) -> Bool {
    guard let block = nodes[node].block, let page = allocatePage(for: node, &memory) else { return false }
    let parent = nodes[nodes[node].parent].page
    guard memory.save(block, to: page, tokens: nodes[node].tokens, parent: parent, namespace: namespace) else {
      pages.release(page.index)
      return false
    }
    attach(page, to: node)
    enqueue(node)
    return true
  }

  /// A free page, taken from the one that is worth least if there is no other; never one that `node` stands on.
  private mutating func allocatePage(for node: Int, _ memory: inout some BlockMemory) -> PageID? {
    if let index = pages.allocate() { return PageID(index) }
    var putBack: [Candidate] = []
    defer { for candidate in putBack { pageQueue.insert(candidate) } }
    while let candidate = pageQueue.popMin() {
      let other = candidate.node
      guard nodes[other].stamp == candidate.stamp, nodes[other].page != nil, nodes[other].pagedChildCount == 0 else { continue }
      guard !stands(node, on: other) else {
        putBack.append(candidate)
        continue
      }
      notePageEviction()
      dropPage(of: other, &memory)
      removeIfEmpty(other)
      return pages.allocate().map(PageID.init)
    }
    return nil
  }

  private func stands(_ node: Int, on other: Int) -> Bool {
    var node = node
    while node >= 0 {
      if node == other { return true }
      node = nodes[node].parent
    }
    return false
  }

  /// Reads a node's page into memory, if it is not there.
  ///
  /// - Returns: False if there is no room, or the page is not what it was; it is forgotten then.
  mutating func makeResident(_ node: NodeID, _ memory: inout some BlockMemory) -> Bool {
    if nodes[node.index].block != nil { return true }
    guard let page = nodes[node.index].page else { return false }
    guard let block = allocateBlock(&memory) else { return false }
    // Making room may have taken the page itself, to save another block.
    guard nodes[node.index].page == page else {
      blocks.release(block.index)
      return false
    }
    guard memory.load(page, into: block) else {
      blocks.release(block.index)
      dropPage(of: node.index, &memory)
      return false
    }
    adopt(block, node.index)
    return true
  }

  /// The tree's own reference is the one that the block came with.
  private mutating func adopt(_ block: BlockID, _ node: Int) {
    nodes[node].block = block
    nodes[nodes[node].parent].residentChildCount += 1
    noteIdle(node)
  }

  /// Writes those of a sequence's blocks that were used before: what is common to many should outlive a crash.
  mutating func saveOften(_ path: [NodeID], _ memory: inout some BlockMemory) {
    guard let last = path.last(where: { nodes[$0.index].useCount > 1 }), nodes[last.index].page == nil else { return }
    savePath(to: last.index, &memory)
  }

  /// Writes what is in memory and not on disk, as far as there is room, the most valuable first: before the process ends.
  package mutating func saveAll(_ memory: inout some BlockMemory) {
    guard pages.capacity > 0 else { return }
    let resident = nodes.indices.filter { nodes[$0].block != nil && nodes[$0].page == nil }
    for node in resident.sorted(by: { (nodes[$0].score, $1) > (nodes[$1].score, $0) }) where nodes[node].page == nil {
      guard pages.freeCount > 0 else { return }
      savePath(to: node, &memory)
    }
  }
}
