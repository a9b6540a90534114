/// What stands in blocks: moved about by whoever has it, on the scheduler's word.
package protocol BlockMemory {
  /// Copies a block's first `positionCount` positions; what follows them in `target` may be anything.
  mutating func copy(_ source: BlockID, to target: BlockID, positionCount: Int)

  /// Copies positions of a block to where they mean others: `slots` of `source`, to `slot` of `target` and those after it, as of positions `distance`
  /// later.
  mutating func move(_ source: BlockID, _ slots: Range<Int>, to target: BlockID, at slot: Int, by distance: Int)

  /// Writes a block to disk, now or soon.
  ///
  /// - Parameters:
  ///   - tokens: The block's own.
  ///   - parent: The page of the block before it; `nil` for the first one of `namespace`.
  /// - Returns: False if it will not be written.
  mutating func save(_ block: BlockID, to page: PageID, tokens: [Int32], parent: PageID?, namespace: String) -> Bool

  /// Reads a block from disk.
  ///
  /// - Returns: False if what is there is not the page that was written.
  mutating func load(_ page: PageID, into block: BlockID) -> Bool

  /// The page's place is free for another one.
  mutating func discard(_ page: PageID)
}
