/// Plain text: paragraphs between blank lines, and the underlined headings that text and reStructuredText share.
struct PlainTextReader {
  let path: String
  let limits: ReadingLimits

  func read(_ source: SourceText, _ context: inout PartContext) throws(DocumentError) -> ExtractedDocument {
    var builder = BlockBuilder(path: path, limits: limits)
    var (headings, levels) = (context.headings, context.underlines)
    defer { (context.headings, context.underlines) = (headings, levels) }
    var title: String?
    var paragraphStart: Int?

    func close(_ builder: inout BlockBuilder, before line: Int) throws(DocumentError) {
      guard let first = paragraphStart else { return }
      paragraphStart = nil
      try add(lines: first...(line - 1), of: source, to: &builder, headingPath: headings.path)
    }

    var line = 1
    while line <= source.lineCount {
      let range = source.lineRange(line)
      if source.trimmed(range).isEmpty {
        try close(&builder, before: line)
      } else if paragraphStart == nil, let underline = underline(below: line, of: source) {
        if !levels.contains(underline) { levels.append(underline) }
        let name = label(source.bytes[range])
        let above = headings.enter(level: 1 + (levels.firstIndex(of: underline) ?? 0), name)
        title = title ?? name
        try builder.add(
          .heading(level: above.count + 1), source.bytes[source.trimmed(range)], source: source.span(lines: line...line), headingPath: above)
        line += 1
      } else if paragraphStart == nil {
        paragraphStart = line
      }
      line += 1
    }
    try close(&builder, before: source.lineCount + 1)
    return try builder.document(.plainText, title: title)
  }

  private func add(lines: ClosedRange<Int>, of source: SourceText, to builder: inout BlockBuilder, headingPath: [String]) throws(DocumentError) {
    let range = source.lineRange(lines.lowerBound).lowerBound..<source.lineRange(lines.upperBound).upperBound
    let inner = source.trimmed(range)
    // The first line's indentation belongs to the block, so that a table drawn with spaces keeps its form.
    let start = source.lineRange(source.line(at: inner.lowerBound)).lowerBound
    try builder.add(.paragraph, source.bytes[start..<inner.upperBound], source: source.span(start..<inner.upperBound), headingPath: headingPath)
  }

  /// The character that underlines this line: at least three of them, about as long as the line, a blank line or the end after it.
  private func underline(below line: Int, of source: SourceText) -> UInt8? {
    guard line < source.lineCount else { return nil }
    let range = source.trimmed(source.lineRange(line + 1))
    guard range.count >= 3, range.count < 200, let mark = source.bytes[range].first, "=-~^#*\"+".utf8.contains(mark) else { return nil }
    guard source.bytes[range].allSatisfy({ $0 == mark }) else { return nil }
    let text = source.bytes[source.trimmed(source.lineRange(line))]
    guard text.count <= range.count + 3, text.contains(where: { $0.isLetter || $0 >= 0x80 }) else { return nil }
    guard line + 2 > source.lineCount || source.trimmed(source.lineRange(line + 2)).isEmpty || mark == UInt8(ascii: "=") else { return nil }
    return mark
  }
}
