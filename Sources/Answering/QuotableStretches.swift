import Chunking
package import Store

/// Cuts a passage into stretches that make sense when they are quoted alone: sentences of running text, rows of a table, a few lines of code.
package enum QuotableStretches {
  /// Lines of code quoted together at most.
  private static let codeLineLimit = 8
  private static let codeLineCount = 6

  /// UTF-8 ranges in the chunk's text, in order. Headings are left out unless there is nothing else: they are shown beside the quote, and say
  /// little alone.
  package static func ranges(in chunk: StoredChunk) -> [Range<Int>] {
    let bytes = Array(chunk.text.utf8)
    let headings = Set((chunk.headingPath + [chunk.title ?? ""]).map { Array($0.utf8) })
    let all = stretches(in: chunk, bytes)
    let statements = all.filter { !headings.contains(Array(bytes[$0])) }
    return statements.isEmpty ? all : statements
  }

  private static func stretches(in chunk: StoredChunk, _ bytes: [UInt8]) -> [Range<Int>] {
    let isTable = [".csv", ".tsv"].contains { chunk.path.lowercased().hasSuffix($0) }
    return paragraphs(bytes).flatMap { lines -> [Range<Int>] in
      if isTable { return lines }
      if areRows(lines, bytes) {
        // The row of a table's headings answers nothing; a passage from the middle of a table has it in `context` instead.
        return chunk.context == nil && lines.count > 2 ? Array(lines.dropFirst()) : lines
      }
      let whole = lines[0].lowerBound..<lines[lines.count - 1].upperBound
      if lines.count > 1, isCode(bytes[whole]) {
        guard lines.count > codeLineLimit else { return [whole] }
        return stride(from: 0, to: lines.count, by: codeLineCount).map {
          lines[$0].lowerBound..<lines[min($0 + codeLineCount, lines.count) - 1].upperBound
        }
      }
      return SentenceSplitter().ranges(in: Array(bytes[whole])).map { ($0.lowerBound + whole.lowerBound)..<($0.upperBound + whole.lowerBound) }
    }
  }

  /// Lines that are not empty, in groups parted by empty ones.
  private static func paragraphs(_ bytes: [UInt8]) -> [[Range<Int>]] {
    var paragraphs: [[Range<Int>]] = []
    var lines: [Range<Int>] = []
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index] == newline {
      var end = index
      while end > start, isSpace(bytes[end - 1]) { end -= 1 }
      if end > start {
        lines.append(start..<end)
      } else if !lines.isEmpty {
        paragraphs.append(lines)
        lines = []
      }
      start = index + 1
    }
    if !lines.isEmpty { paragraphs.append(lines) }
    return paragraphs
  }

  /// Whether every line has cells, parted by tabs or bars.
  private static func areRows(_ lines: [Range<Int>], _ bytes: [UInt8]) -> Bool {
    lines.allSatisfy { line in bytes[line].count { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "|") } >= 1 }
  }

  /// Whether text is full of signs that running text has few of.
  private static func isCode(_ bytes: ArraySlice<UInt8>) -> Bool {
    let signs = bytes.count { codeSigns.contains($0) }
    let visible = bytes.count { !isSpace($0) }
    return Double(signs) >= 0.06 * Double(visible)
  }

  private static let codeSigns = Set("{}[]();=<>_$&|+*/\\#".utf8)
  private static let newline = UInt8(ascii: "\n")

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
