import Scheduling

/// The memory of all blocks that the scheduler hands out. A block takes memory when it is first used, and keeps it.
struct BlockStore: BlockMemory {
  private let layout: KVLayout
  private var blocks: [KVBlock?]

  init(layout: KVLayout, blockCount: Int) {
    self.layout = layout
    blocks = Array(repeating: nil, count: blockCount)
  }

  /// A block's memory.
  subscript(_ id: BlockID) -> KVBlock {
    mutating get {
      if let block = blocks[id.index] { return block }
      let block = KVBlock(layout: layout)
      blocks[id.index] = block
      return block
    }
  }

  mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int) {
    // Positions are not stored one after the other: all of the block is less work than to gather the parts.
    let (source, target) = (self[source], self[target])
    unsafe target.base.copyMemory(from: source.base, byteCount: source.byteCount)
  }

  mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool { false }
  mutating func load(_ page: PageID, into block: BlockID) -> Bool { false }
  mutating func discard(_ page: PageID) {}
}
