import Scheduling

/// The memory of all blocks that the scheduler hands out, and their pages on disk. A block takes memory when it is first used, and keeps it.
struct BlockStore: BlockMemory {
  private let transformer: Transformer
  private var blocks: [KVBlock?]
  private let pages: PageFile?
  /// Whether saving waits for the disk when much is to be written already, rather than not to save.
  var waitsForDisk = false
  /// What stands in which page, by its number.
  private var records: [PageRecord?]

  init(transformer: Transformer, blockCount: Int, pages: PageFile?) {
    self.transformer = transformer
    self.pages = pages
    blocks = Array(repeating: nil, count: blockCount)
    records = Array(repeating: nil, count: pages?.slotCount ?? 0)
    for record in pages?.found ?? [] { records[record.slot] = record }
  }

  /// A block's memory.
  subscript(_ id: BlockID) -> KVBlock {
    mutating get {
      if let block = blocks[id.index] { return block }
      let block = KVBlock(layout: transformer.layout)
      blocks[id.index] = block
      return block
    }
  }

  mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int) {
    // Positions are not stored one after the other: all of the block is less work than to gather the parts.
    let (source, target) = (self[source], self[target])
    unsafe target.base.copyMemory(from: source.base, byteCount: source.byteCount)
  }

  mutating func move(_ source: BlockID, _ slots: Range<Int>, to target: BlockID, at slot: Int, by distance: Int) {
    transformer.move(self[source], slots, to: self[target], at: slot, by: distance)
  }

  mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool {
    guard let pages else { return false }
    let parentDigest: PageDigest
    if let parent {
      guard let record = records[parent.index] else { return false }
      parentDigest = record.digest
    } else {
      parentDigest = PageDigest(ofNamespace: namespace)
    }
    let record = PageRecord(
      slot: page.index, digest: PageDigest(of: tokens, after: parentDigest), parent: parentDigest, namespace: namespace, tokens: tokens)
    let memory = self[block]
    let bytes = unsafe UnsafeRawBufferPointer(start: memory.base, count: memory.byteCount)
    var isTaken = unsafe pages.write(record, bytes)
    if !isTaken, waitsForDisk {
      pages.flush()
      isTaken = unsafe pages.write(record, bytes)
    }
    if isTaken { records[page.index] = record }
    return isTaken
  }

  mutating func load(_ page: PageID, into block: BlockID) -> Bool {
    guard let pages, let record = records[page.index] else { return false }
    let memory = self[block]
    return unsafe pages.read(record, into: UnsafeMutableRawBufferPointer(start: memory.base, count: memory.byteCount))
  }

  mutating func discard(_ page: PageID) {
    records[page.index] = nil
    pages?.invalidate(slot: page.index)
  }

  /// Pages that could not be written.
  var failedPageWriteCount: Int { pages?.failedWriteCount ?? 0 }

  /// Waits until what is to be saved is written.
  func flush() { pages?.flush() }
}

extension PrefixTree {
  /// Takes over the pages that were found on disk.
  mutating func restore(_ records: [PageRecord]) {
    var nodes: [PageDigest: NodeID] = [:]
    for record in records {
      nodes[record.digest] = restore(
        record.tokens, page: PageID(record.slot), after: nodes[record.parent], namespace: record.namespace)
    }
  }
}
