/// XML of any kind: the text of each element that holds text, with the lines where it stands, and the names of what it lies in as its context.
struct XMLReader {
  let path: String
  let limits: ReadingLimits

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    // The text is UTF-8 by now, whatever the declaration says.
    let data = Self.withoutDeclaration(source.bytes)
    let droppedLines = source.line(at: source.bytes.count - data.count) - 1
    var builder = BlockBuilder(path: path, limits: limits)
    var paragraphs = XMLParagraphs()
    var title: String?
    var failure: DocumentError?

    /// - Returns: Whether there is room for more.
    func add(_ paragraph: XMLParagraphs.Paragraph?, endingAt line: Int) -> Bool {
      guard let paragraph, !Self.isEncodedData(paragraph.text) else { return true }
      // Text that was put together speaks of tags, if there are some in it.
      let plain = paragraph.isOfOneElement && Self.isHTML(paragraph.text) ? HTMLText.plain(paragraph.text, isPage: false) : []
      let visible = label(plain.isEmpty ? paragraph.text : plain, limit: nil)
      guard !visible.isEmpty else { return true }
      let names = paragraph.elements
      if title == nil, names.last?.lowercased() == "title" { title = label(visible.utf8) }
      let last = min(source.lineCount, line + droppedLines)
      let first = min(last, paragraph.firstLine + droppedLines)
      do throws(DocumentError) {
        try builder.add(
          .paragraph, Array(visible.utf8)[...], source: source.span(lines: first...last),
          context: names.count > 1 ? names.suffix(2).joined(separator: " › ") : names.last, after: .line)
        return true
      } catch {
        failure = error
        return false
      }
    }

    var lastLine = 1
    /// The line of the last event that gave text: where the paragraph ends.
    var textLine = 1
    try XMLEvents.parse(data, path: path, what: "XML", limits: limits) { event, line in
      lastLine = line
      let done = paragraphs.take(event, line: line)
      defer {
        if case .text(let string) = event, !string.allSatisfy(\.isWhitespace) { textLine = line } else if case .start = event { textLine = line }
      }
      return add(done, endingAt: max(textLine, done?.firstLine ?? 1))
    }
    if failure == nil { _ = add(paragraphs.close(), endingAt: lastLine) }
    if let failure { throw failure }
    return try builder.document(.xml, title: title, whyEmpty: "its elements hold no text")
  }

  /// Whether text is HTML that was written as text, as feeds have it: it begins with a tag, or closes one.
  private static func isHTML(_ text: [UInt8]) -> Bool {
    guard let sign = text.firstIndex(of: UInt8(ascii: "<")) else { return false }
    var rest = text[sign...]
    var isFirst = text[..<sign].allSatisfy(\.isWhiteSpace)
    for _ in 0..<50 {
      let isEnd = rest.dropFirst().first == UInt8(ascii: "/")
      let name = rest.dropFirst(isEnd ? 2 : 1).prefix(12).prefix { $0.isLetter || $0.isDigit }
      if isEnd || isFirst || name.elementsEqual("br".utf8), let next = rest[name.endIndex...].first, " >/".utf8.contains(next),
        htmlNames.contains(String(decoding: name, as: UTF8.self).lowercased())
      {
        return true
      }
      isFirst = false
      guard let next = rest.dropFirst().firstIndex(of: UInt8(ascii: "<")) else { return false }
      rest = rest[next...]
    }
    return false
  }

  private static let htmlNames: Set<String> = [
    "p", "br", "div", "span", "a", "b", "i", "em", "strong", "ul", "ol", "li", "img", "table", "h1", "h2", "h3", "blockquote", "pre", "code", "html",
  ]

  /// Whether it is bytes in Base64: pictures and the like, in one line or in long lines of one length.
  private static func isEncodedData(_ text: [UInt8]) -> Bool {
    guard text.count > 1000, text.allSatisfy({ $0.isLetter || $0.isDigit || "+/= \r\n\t".utf8.contains($0) }) else { return false }
    let lines = text.split(whereSeparator: \.isWhiteSpace)
    guard let length = lines.first?.count, length >= 60, text.contains(where: \.isDigit) else { return false }
    return lines.dropLast().allSatisfy { $0.count == length } && (lines.last?.count ?? 0) <= length
  }

  private static func withoutDeclaration(_ bytes: [UInt8]) -> [UInt8] {
    let start = bytes.firstIndex { !$0.isWhiteSpace } ?? 0
    guard bytes[start...].starts(with: Array("<?xml".utf8)), let end = bytes[start...].firstRange(of: "?>") else { return bytes }
    return Array(bytes[end.upperBound...])
  }
}
