/// A file's text in UTF-8 with the way back from each of its bytes to the bytes and lines of the file.
struct SourceText: Sendable {
  /// Valid UTF-8 without a byte order mark; line ends as in the file.
  let bytes: [UInt8]
  /// How the file writes its characters, for the way back to its bytes.
  let encoding: TextEncoding
  /// Pairs of (offset in `bytes`, offset in the file), ascending, at least one; between two of them the encoding counts.
  private let anchors: [(decoded: Int, source: Int)]
  /// Offsets in `bytes` at which lines begin; the first is 0.
  let lineStarts: [Int]
  /// Line ends of the file before `bytes`, where these are only a part of it. Lines are counted without them; spans are the file's.
  let precedingLineCount: Int

  init(bytes: [UInt8], encoding: TextEncoding, anchors: [(decoded: Int, source: Int)]) {
    self.init(bytes: bytes, encoding: encoding, anchors: anchors, lineStarts: Self.lineStarts(of: bytes), precedingLineCount: 0)
  }

  private init(bytes: [UInt8], encoding: TextEncoding, anchors: [(decoded: Int, source: Int)], lineStarts: [Int], precedingLineCount: Int) {
    self.bytes = bytes
    self.encoding = encoding
    self.anchors = anchors
    self.lineStarts = lineStarts
    self.precedingLineCount = precedingLineCount
  }

  /// The text up to `end`, as a part of a file that has so many line ends before it.
  func part(upTo end: Int, precedingLineCount: Int) -> SourceText {
    SourceText(
      bytes: end == bytes.count ? bytes : Array(bytes[..<end]), encoding: encoding, anchors: anchors,
      lineStarts: end == bytes.count ? lineStarts : Array(lineStarts.prefix { $0 <= end }), precedingLineCount: precedingLineCount)
  }

  /// UTF-8 as it stands in the file, which starts at `sourceStart` (after a byte order mark).
  init(utf8 bytes: [UInt8], sourceStart: Int = 0) {
    self.init(bytes: bytes, encoding: .utf8, anchors: [(0, sourceStart)])
  }

  /// Lines end with `\n`, `\r\n` or a lone `\r`.
  private static func lineStarts(of bytes: [UInt8]) -> [Int] {
    var starts = [0]
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") || (byte == UInt8(ascii: "\r") && !(position < bytes.count && bytes[position] == UInt8(ascii: "\n"))) {
        starts.append(position)
      }
    }
    return starts
  }

  /// Lines of the file; a line end at the end of the file opens no further one.
  var lineCount: Int {
    lineStarts.count > 1 && lineStarts[lineStarts.count - 1] == bytes.count ? lineStarts.count - 1 : lineStarts.count
  }

  /// The line, counted from 1, that holds the byte at `offset`.
  func line(at offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The bytes of a line, counted from 1, without its end.
  func lineRange(_ line: Int) -> Range<Int> {
    guard line >= 1, line <= lineStarts.count else { return bytes.count..<bytes.count }
    let start = lineStarts[line - 1]
    var end = line < lineStarts.count ? lineStarts[line] : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }

  /// Where a stretch of `bytes` stands in the file.
  func span(_ range: Range<Int>) -> SourceSpan {
    let first = line(at: range.lowerBound)
    let last = range.isEmpty ? first : line(at: range.upperBound - 1)
    return SourceSpan(
      byteRange: sourceOffset(of: range.lowerBound)..<sourceOffset(of: range.upperBound), lines: fileLine(first)...fileLine(max(first, last)))
  }

  /// The same of whole lines, counted from 1; white space at both ends is not covered.
  func span(lines: ClosedRange<Int>) -> SourceSpan {
    let range = trimmed(lineRange(lines.lowerBound).lowerBound..<max(lineRange(lines.lowerBound).lowerBound, lineRange(lines.upperBound).upperBound))
    return SourceSpan(
      byteRange: sourceOffset(of: range.lowerBound)..<sourceOffset(of: range.upperBound),
      lines: fileLine(lines.lowerBound)...fileLine(lines.upperBound))
  }

  /// The number in the file of a line of `bytes`.
  func fileLine(_ line: Int) -> Int { line + precedingLineCount }

  /// `range` without white space at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var range = range
    while let first = range.first, bytes[first].isWhiteSpace { range = (first + 1)..<range.upperBound }
    while let last = range.last, bytes[last].isWhiteSpace { range = range.lowerBound..<last }
    return range
  }

  /// The file's byte that `bytes[offset]` came from.
  func sourceOffset(of offset: Int) -> Int {
    var low = 0
    var high = anchors.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if anchors[middle].decoded <= offset { low = middle } else { high = middle }
    }
    let anchor = anchors[low]
    let limit = low + 1 < anchors.count ? anchors[low + 1].source : Int.max
    return min(limit, anchor.source + encoding.sourceByteCount(of: bytes, in: anchor.decoded..<max(anchor.decoded, offset)))
  }
}

/// The encodings that are detected.
enum TextEncoding: String, Sendable {
  case utf8, utf16LittleEndian, utf16BigEndian, utf32LittleEndian, utf32BigEndian, windows1252
  /// A `ForeignEncoding`; those of East Asia take two bytes for most characters beyond ASCII.
  case foreignSingleByte, foreignDoubleByte

  /// How many of some bytes are whole characters: the last one may be cut off.
  func wholeByteCount(of bytes: [UInt8]) -> Int {
    func isSurrogate(_ high: Int) -> Bool { bytes[high] & 0xFC == 0xD8 }
    let even = bytes.count & ~1
    switch self {
    case .windows1252, .foreignSingleByte, .foreignDoubleByte: return bytes.count
    case .utf32LittleEndian, .utf32BigEndian: return bytes.count & ~3
    case .utf16LittleEndian: return even >= 2 && isSurrogate(even - 1) ? even - 2 : even
    case .utf16BigEndian: return even >= 2 && isSurrogate(even - 2) ? even - 2 : even
    case .utf8:
      for length in 1...3 where length <= bytes.count {
        let first = bytes[bytes.count - length]
        if first.isContinuation { continue }
        let needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
        return needed > length ? bytes.count - length : bytes.count
      }
      return bytes.count
    }
  }

  /// How many bytes of this encoding a stretch of UTF-8 takes.
  func sourceByteCount(of bytes: [UInt8], in range: Range<Int>) -> Int {
    switch self {
    case .utf8: return range.count
    case .foreignDoubleByte: return range.reduce(0) { $0 + (bytes[$1].isContinuation ? 0 : bytes[$1] < 0x80 ? 1 : 2) }
    case .windows1252, .foreignSingleByte: return range.reduce(0) { $0 + (bytes[$1].isContinuation ? 0 : 1) }
    case .utf16LittleEndian, .utf16BigEndian:
      return range.reduce(0) { $0 + (bytes[$1].isContinuation ? 0 : bytes[$1] >= 0xF0 ? 4 : 2) }
    case .utf32LittleEndian, .utf32BigEndian: return range.reduce(0) { $0 + (bytes[$1].isContinuation ? 0 : 4) }
    }
  }
}
