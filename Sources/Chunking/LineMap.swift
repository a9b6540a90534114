import Documents

/// Narrows a block's source to parts of the block, for blocks that stand in the file as they stand in the text.
///
/// If text and file have the same number of lines, they are the same lines; if they have the same number of bytes, the same bytes.
struct LineMap {
  let blockStart: Int
  private let block: Block
  /// Offsets of the line breaks inside the block.
  private let breaks: [Int]

  init(block: Block, bytes: [UInt8]) {
    self.block = block
    blockStart = block.textRange.lowerBound
    breaks = block.textRange.filter { bytes[$0] == UInt8(ascii: "\n") }
  }

  func source(of range: Range<Int>) -> SourceSpan {
    var source = block.source
    if let lines = source.lines, breaks.count + 1 == lines.count {
      source.lines = (lines.lowerBound + breakCount(before: range.lowerBound))...(lines.lowerBound + breakCount(before: range.upperBound))
    }
    if let whole = source.byteRange, whole.count == block.textRange.count {
      let start = whole.lowerBound + range.lowerBound - blockStart
      source.byteRange = start..<(start + range.count)
    }
    return source
  }

  private func breakCount(before offset: Int) -> Int {
    var low = 0
    var high = breaks.count
    while low < high {
      let middle = (low + high) / 2
      if breaks[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
