import HeapModule

/// A block's place in the tree.
package struct NodeID: Hashable, Sendable {
  let index: Int
}

/// All prefixes whose keys and values are kept: in memory, on disk, or both.
///
/// A node is a block: the tokens of up to `blockSize` neighbouring positions. Its children are the blocks that came after it, sorted by their
/// tokens, so that the longest match is next to where a text would be inserted; tokens are compared one by one, and no hash decides. Only a
/// leaf may hold fewer tokens. Each namespace has a root of its own: what one asked is not found, nor timed, by another.
///
/// The tree holds one reference on each of its blocks; sequences that use one hold more. What only the tree holds is *idle* and may be evicted,
/// leaves first.
package struct PrefixTree {
  struct Node {
    var parent: Int
    /// Of a root; empty for others.
    var namespace = ""
    var tokens: [Int32]
    /// Blocks from the root, this one not counted.
    var depth: Int
    /// Sorted by tokens.
    var children: [Int] = []
    var block: BlockID?
    var page: PageID?
    var residentChildCount = 0
    var pagedChildCount = 0
    var isPinned = false
    var useCount = 0
    var score = 0.0
    /// Entries of the queues that carry another number are out of date.
    var stamp = 0
  }

  /// A node that may be evicted, if it has not been used since.
  struct Candidate: Comparable {
    let score: Double
    let node: Int
    let stamp: Int

    static func < (a: Candidate, b: Candidate) -> Bool { (a.score, a.node, a.stamp) < (b.score, b.node, b.stamp) }
  }

  package let blockSize: Int
  let policy: EvictionPolicy
  /// Blocks that may be kept from eviction at most.
  let pinLimit: Int
  var blocks: PlacePool
  var pages: PlacePool
  var nodes: [Node] = []
  private var freeNodes: [Int] = []
  private var roots: [String: Int] = [:]
  var blockQueue = Heap<Candidate>()
  var pageQueue = Heap<Candidate>()
  private var time = 0.0
  private var floor = 0.0
  package private(set) var pinnedCount = 0
  /// Blocks that only the tree holds and that are not pinned: they can be had.
  package private(set) var idleCount = 0
  package private(set) var evictionCount = 0
  package private(set) var pageEvictionCount = 0

  /// - Parameters:
  ///   - blockSize: Tokens of a block.
  ///   - blockCount: Blocks in memory, those of running sequences included.
  ///   - pageCount: Blocks on disk; 0 for none.
  package init(blockSize: Int, blockCount: Int, pageCount: Int = 0, policy: EvictionPolicy) {
    self.blockSize = blockSize
    self.policy = policy
    pinLimit = blockCount / 8
    blocks = PlacePool(capacity: blockCount)
    pages = PlacePool(capacity: pageCount)
  }

  package var blockCount: Int { blocks.capacity }
  package var usedBlockCount: Int { blocks.usedCount }
  package var pageCount: Int { pages.capacity }
  package var usedPageCount: Int { pages.usedCount }

  /// Blocks that are free or can be made so.
  package var availableCount: Int { blocks.freeCount + idleCount }

  // MARK: Looking up

  /// What is known of a text.
  package struct Match {
    /// Whole blocks from the beginning.
    package var nodes: [NodeID] = []
    /// The block that goes on like the text for some tokens.
    package var partial: (node: NodeID, tokenCount: Int)?
  }

  /// The longest beginning of `tokens` that is kept, cut to `limit` tokens.
  package func match(_ tokens: [Int32], namespace: String, limit: Int) -> Match {
    var match = Match()
    guard var node = roots[namespace] else { return match }
    var start = 0
    while start < limit {
      let rest = tokens[start..<limit]
      guard let (child, count) = closestChild(of: node, to: rest), count > 0 else { break }
      guard isKept(child) else { break }
      if count < blockSize {
        match.partial = (NodeID(index: child), count)
        break
      }
      match.nodes.append(NodeID(index: child))
      node = child
      start += blockSize
    }
    return match
  }

  func isRoot(_ node: Int) -> Bool { nodes[node].parent < 0 }

  func isKept(_ node: Int) -> Bool { nodes[node].block != nil || nodes[node].page != nil }

  /// The child that has the most tokens in common with the beginning of a text, and how many. Of several the first that is kept.
  private func closestChild(of node: Int, to tokens: ArraySlice<Int32>) -> (child: Int, count: Int)? {
    let children = nodes[node].children
    let place = insertionPlace(of: tokens, in: children)
    // The longest common prefix stands beside the place in the sorted list.
    return [place - 1, place].filter(children.indices.contains)
      .map { (children[$0], Self.commonCount(nodes[children[$0]].tokens, tokens)) }
      .max { ($0.1, isKept($0.0) ? 1 : 0) < ($1.1, isKept($1.0) ? 1 : 0) }
  }

  /// The first child whose tokens are not before the text's.
  private func insertionPlace(of tokens: ArraySlice<Int32>, in children: [Int]) -> Int {
    var (low, high) = (0, children.count)
    while low < high {
      let middle = (low + high) / 2
      if nodes[children[middle]].tokens.lexicographicallyPrecedes(tokens) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  static func commonCount(_ a: some Sequence<Int32>, _ b: some Sequence<Int32>) -> Int {
    var count = 0
    var others = b.makeIterator()
    for token in a {
      guard token == others.next() else { break }
      count += 1
    }
    return count
  }

  package func block(of node: NodeID) -> BlockID? { nodes[node.index].block }
  package func page(of node: NodeID) -> PageID? { nodes[node.index].page }
  package func tokens(of node: NodeID) -> [Int32] { nodes[node.index].tokens }

  // MARK: Using

  /// One more sequence uses a block that is in memory.
  mutating func retain(_ node: NodeID) {
    guard let block = nodes[node.index].block else { preconditionFailure("a node without a block") }
    if isIdle(node.index) { idleCount -= 1 }
    blocks.retain(block.index)
    touch(node.index)
  }

  /// A sequence no longer uses it.
  mutating func release(_ node: NodeID) {
    guard let block = nodes[node.index].block else { preconditionFailure("a node without a block") }
    blocks.release(block.index)
    if isIdle(node.index) {
      idleCount += 1
      enqueue(node.index)
    }
  }

  func isIdle(_ node: NodeID) -> Bool { isIdle(node.index) }

  private func isIdle(_ node: Int) -> Bool {
    guard let block = nodes[node].block else { return false }
    return blocks.referenceCount(of: block.index) == 1 && !nodes[node].isPinned
  }

  private mutating func touch(_ node: Int) {
    time += 1
    nodes[node].useCount += 1
    nodes[node].score = policy.score(
      time: time, floor: floor, useCount: nodes[node].useCount, depth: nodes[node].depth, isFull: nodes[node].tokens.count == blockSize,
      capacity: blocks.capacity)
    enqueue(node)
  }

  /// Puts a node into the queues it belongs to, with its present score.
  mutating func enqueue(_ node: Int) {
    nodes[node].stamp += 1
    let candidate = Candidate(score: nodes[node].score, node: node, stamp: nodes[node].stamp)
    if isIdle(node), nodes[node].residentChildCount == 0 { Self.insert(candidate, into: &blockQueue, nodes) }
    if nodes[node].page != nil, nodes[node].pagedChildCount == 0 { Self.insert(candidate, into: &pageQueue, nodes) }
  }

  /// Entries that are out of date are dropped when they come first, or, if that never happens, when they are most of the queue.
  private static func insert(_ candidate: Candidate, into queue: inout Heap<Candidate>, _ nodes: [Node]) {
    if queue.count > 2 * nodes.count + 64 { queue = Heap(queue.unordered.filter { nodes[$0.node].stamp == $0.stamp }) }
    queue.insert(candidate)
  }

  /// A block of which the tree holds the one reference is there.
  mutating func noteIdle(_ node: Int) {
    idleCount += 1
    enqueue(node)
  }

  // MARK: Growing

  /// Puts a block after another one; the caller's reference on it stays the caller's.
  ///
  /// - Returns: Its node. If the same tokens are there already the node is that one, and if that has a block of its own the caller has to use it
  ///   (`retain`) in place of his.
  package mutating func insert(_ tokens: ArraySlice<Int32>, block: BlockID, after parent: NodeID?, namespace: String, isPinned: Bool = false)
    -> NodeID
  {
    precondition(!tokens.isEmpty && tokens.count <= blockSize, "a block holds 1 to \(blockSize) tokens")
    let parent = parent?.index ?? root(of: namespace)
    let node = child(of: parent, with: tokens)
    if nodes[node].block == nil {
      nodes[node].block = block
      nodes[parent].residentChildCount += 1
      blocks.retain(block.index)
      touch(node)
    }
    if isPinned { pin(node) }
    dropBeginnings(of: node)
    return NodeID(index: node)
  }

  /// Keeps blocks that follow each other from the root, and are in memory, from eviction, as far as that is allowed.
  mutating func pin(_ path: ArraySlice<NodeID>) {
    for node in path { pin(node.index) }
  }

  /// Keeps a block from eviction, if that is not allowed to too many already.
  private mutating func pin(_ node: Int) {
    let parent = nodes[node].parent
    // Without what is before it a block is of no use, so that is pinned as well.
    guard pinnedCount < pinLimit, !nodes[node].isPinned, isRoot(parent) || nodes[parent].isPinned else { return }
    if isIdle(node) { idleCount -= 1 }
    nodes[node].isPinned = true
    pinnedCount += 1
  }

  /// Puts a page that was found on disk after another one.
  package mutating func restore(_ tokens: [Int32], page: PageID, after parent: NodeID?, namespace: String) -> NodeID {
    let parent = parent?.index ?? root(of: namespace)
    let node = child(of: parent, with: tokens[...])
    precondition(nodes[node].page == nil, "a page that is there twice")
    pages.claim(page.index)
    attach(page, to: node)
    touch(node)
    return NodeID(index: node)
  }

  mutating func attach(_ page: PageID, to node: Int) {
    nodes[node].page = page
    nodes[nodes[node].parent].pagedChildCount += 1
  }

  var liveRoots: [Int] { Array(roots.values) }

  private mutating func root(of namespace: String) -> Int {
    if let root = roots[namespace] { return root }
    let root = makeNode(Node(parent: -1, namespace: namespace, tokens: [], depth: -1))
    roots[namespace] = root
    return root
  }

  private mutating func child(of parent: Int, with tokens: ArraySlice<Int32>) -> Int {
    let place = insertionPlace(of: tokens, in: nodes[parent].children)
    if place < nodes[parent].children.count {
      let child = nodes[parent].children[place]
      if nodes[child].tokens.elementsEqual(tokens) { return child }
    }
    let node = makeNode(Node(parent: parent, tokens: Array(tokens), depth: nodes[parent].depth + 1))
    nodes[parent].children.insert(node, at: place)
    return node
  }

  private mutating func makeNode(_ node: Node) -> Int {
    guard let index = freeNodes.popLast() else {
      nodes.append(node)
      return nodes.count - 1
    }
    let stamp = nodes[index].stamp + 1
    nodes[index] = node
    nodes[index].stamp = stamp
    return index
  }

  /// Leaves whose tokens a longer block begins with are of no more use.
  private mutating func dropBeginnings(of node: Int) {
    let parent = nodes[node].parent
    // They stand before it in the sorted list, longest last.
    while let place = nodes[parent].children.firstIndex(of: node), place > 0 {
      let other = nodes[parent].children[place - 1]
      guard nodes[other].tokens.count < nodes[node].tokens.count, nodes[node].tokens.starts(with: nodes[other].tokens) else { return }
      guard nodes[other].block == nil || isIdle(other), nodes[other].page == nil else { return }
      if nodes[other].block != nil { dropBlock(of: other) }
      removeIfEmpty(other)
    }
  }

  // MARK: Shrinking

  /// A free block, taken from the one that is worth least if there is no other; `nil` when all are in use. It has one reference, the caller's.
  package mutating func allocateBlock(_ memory: inout some BlockMemory) -> BlockID? {
    if let index = blocks.allocate() { return BlockID(index) }
    while let candidate = blockQueue.popMin() {
      let node = candidate.node
      guard nodes[node].stamp == candidate.stamp, isIdle(node), nodes[node].residentChildCount == 0 else { continue }
      savePath(to: node, &memory)
      floor = max(floor, candidate.score)
      evictionCount += 1
      dropBlock(of: node)
      removeIfEmpty(node)
      return blocks.allocate().map(BlockID.init)
    }
    return nil
  }

  /// The block is free; its parent may be the next to go.
  private mutating func dropBlock(of node: Int) {
    guard let block = nodes[node].block else { preconditionFailure("a node without a block") }
    precondition(isIdle(node), "a block in use is not dropped")
    idleCount -= 1
    nodes[node].block = nil
    blocks.release(block.index)
    let parent = nodes[node].parent
    nodes[parent].residentChildCount -= 1
    if nodes[parent].residentChildCount == 0, !isRoot(parent) { enqueue(parent) }
  }

  mutating func dropPage(of node: Int, _ memory: inout some BlockMemory) {
    guard let page = nodes[node].page else { preconditionFailure("a node without a page") }
    nodes[node].page = nil
    pages.release(page.index)
    memory.discard(page)
    let parent = nodes[node].parent
    nodes[parent].pagedChildCount -= 1
    if nodes[parent].pagedChildCount == 0, !isRoot(parent) { enqueue(parent) }
  }

  /// Removes a node that holds nothing, and those above it for which it was the last reason to be there.
  mutating func removeIfEmpty(_ node: Int) {
    var node = node
    while nodes[node].children.isEmpty, !isKept(node), !isRoot(node) {
      let parent = nodes[node].parent
      let place = insertionPlace(of: nodes[node].tokens[...], in: nodes[parent].children)
      precondition(nodes[parent].children[place] == node, "a child that its parent does not know")
      nodes[parent].children.remove(at: place)
      nodes[node].stamp += 1
      nodes[node].tokens = []
      freeNodes.append(node)
      node = parent
    }
    if isRoot(node), nodes[node].children.isEmpty {
      roots[nodes[node].namespace] = nil
      nodes[node].stamp += 1
      freeNodes.append(node)
    }
  }

  /// Counts a disk page's eviction.
  mutating func notePageEviction() { pageEvictionCount += 1 }
}
