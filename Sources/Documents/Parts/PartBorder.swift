/// Where a part of a text may end, so that what is before and behind it can be read alone.
struct PartBorder {
  /// Behind the last byte of the part.
  var offset: Int
  /// Markdown: the line that opened the code in which the border lies.
  var openFence: [UInt8]?

  /// The best border in a stretch of a file that goes on behind it; `nil` if only more of the file would show one.
  ///
  /// - Parameter isLongest: Whether there will be no more.
  init?(in source: SourceText, _ format: DocumentFormat, _ context: inout PartContext, isLongest: Bool) {
    switch format {
    case .csv, .tsv:
      // A quote that nothing closes is none.
      let end = DelimitedText.lastRecordEnd(source.bytes, delimiter: context.delimiter(of: source.bytes, format)).end
      guard let offset = end ?? (isLongest ? Self.lastLine(of: source) : nil) else { return nil }
      self.init(offset: offset)
    case .jsonLines:
      guard let offset = Self.lastLine(of: source) else { return nil }
      self.init(offset: offset)
    case .markdown:
      self = Self.paragraph(ofMarkdown: source, openFence: context.openFence)
    case .sourceCode:
      // A line that is not indented is seldom in the middle of something.
      let outer = Self.lastParagraph(of: source) { source.bytes[$0].isWhiteSpace == false }
      self.init(offset: outer ?? Self.lastParagraph(of: source) ?? Self.lastLine(of: source) ?? Self.lastWord(of: source))
    default:
      self.init(offset: Self.lastParagraph(of: source) ?? Self.lastLine(of: source) ?? Self.lastWord(of: source))
    }
  }

  private init(offset: Int, openFence: [UInt8]? = nil) {
    self.offset = offset
    self.openFence = openFence
  }

  /// Line starts that are certain, but the first. Whether a carriage return at the end is half of a line end is not known.
  private static func lines(of source: SourceText) -> ArraySlice<Int> {
    let isUncertain = source.bytes.last == 0x0D && source.lineStarts.last == source.bytes.count
    return isUncertain ? source.lineStarts.dropFirst().dropLast() : source.lineStarts.dropFirst()
  }

  private static func lastLine(of source: SourceText) -> Int? { lines(of: source).last }

  /// The last line in the second half that a blank line stands before, and that fits.
  private static func lastParagraph(of source: SourceText, where fits: (Int) -> Bool = { _ in true }) -> Int? {
    let starts = lines(of: source)
    for index in starts.indices.reversed() where starts[index] < source.bytes.count {
      guard starts[index] > source.bytes.count / 2 else { return nil }
      if source.trimmed(source.lineRange(index)).isEmpty, fits(starts[index]) { return starts[index] }
    }
    return nil
  }

  /// Behind the last white space of a stretch that is all one line, or behind its last character.
  private static func lastWord(of source: SourceText) -> Int {
    let half = source.bytes.count / 2
    return (source.bytes[half...].lastIndex(where: \.isWhiteSpace) ?? source.bytes.count - 1) + 1
  }

  /// Outside of code if there is such a place in the second half.
  private static func paragraph(ofMarkdown source: SourceText, openFence: [UInt8]?) -> PartBorder {
    var fence = openFence
    var best: (outside: PartBorder?, inside: PartBorder?, line: PartBorder?)
    let half = source.bytes.count / 2
    for (index, start) in zip(1..., lines(of: source)) {
      let line = source.bytes[source.trimmed(source.lineRange(index))]
      fence = MarkdownFence.open(after: line, fence)
      let border = PartBorder(offset: start, openFence: fence)
      best.line = border
      guard line.isEmpty, start > half else { continue }
      if fence == nil { best.outside = border } else { best.inside = border }
    }
    return best.outside ?? best.inside ?? best.line ?? PartBorder(offset: lastWord(of: source), openFence: fence)
  }
}

/// Code between lines of backticks or tildes (CommonMark 0.31, section 4.5), in quotes and lists too.
enum MarkdownFence {
  /// The line that opened the code which goes on behind a line; `nil` where there is none.
  ///
  /// - Parameters:
  ///   - line: Without white space at its ends.
  ///   - open: What was open before it.
  static func open(after line: ArraySlice<UInt8>, _ open: [UInt8]?) -> [UInt8]? {
    let text = line.drop { $0 == UInt8(ascii: ">") || $0.isWhiteSpace }
    guard let mark = text.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else { return open }
    let length = text.prefix { $0 == mark }.count
    let rest = text.dropFirst(length)
    guard length >= 3 else { return open }
    if let open {
      let isEnd = open.first == mark && length >= open.prefix { $0 == mark }.count && rest.allSatisfy(\.isWhiteSpace)
      return isEnd ? nil : open
    }
    return mark == UInt8(ascii: "`") && rest.contains(mark) ? nil : Array(text)
  }
}
