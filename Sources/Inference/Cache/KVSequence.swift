/// The tokens that a model has read, with their keys and values.
struct KVSequence {
  private(set) var tokens: [Int32] = []
  private(set) var blocks: [KVBlock] = []
  private let layout: KVLayout

  init(layout: KVLayout) { self.layout = layout }

  var count: Int { tokens.count }

  /// The sequence cut after `count` tokens: whole blocks are shared, the last one is copied if it is to be written.
  func prefix(_ count: Int) -> KVSequence {
    precondition(count <= tokens.count, "a prefix longer than the sequence")
    var result = KVSequence(layout: layout)
    result.tokens = Array(tokens.prefix(count))
    let wholeCount = count / KVBlock.positionCount
    result.blocks = Array(blocks.prefix(wholeCount))
    if count % KVBlock.positionCount != 0 { result.blocks.append(KVBlock(copying: blocks[wholeCount])) }
    return result
  }

  /// Forgets what comes after `count` tokens; a block that is shared must not be written again, so this is for sequences that share none.
  mutating func cut(to count: Int) {
    precondition(count <= tokens.count, "a cut behind the end")
    tokens.removeLast(tokens.count - count)
    blocks.removeLast(blocks.count - (count + KVBlock.positionCount - 1) / KVBlock.positionCount)
  }

  /// Makes place for more tokens; their keys and values are written by the forward pass.
  mutating func append(_ more: some Sequence<Int32>) {
    tokens += more
    while blocks.count * KVBlock.positionCount < tokens.count { blocks.append(KVBlock(layout: layout)) }
  }

  /// Tokens that both begin with.
  func commonPrefixCount(with other: [Int32]) -> Int {
    zip(tokens, other).prefix { $0 == $1 }.count
  }
}
