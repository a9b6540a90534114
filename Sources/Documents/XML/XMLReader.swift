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
      let isHTML = paragraph.isOfOneElement && Self.isHTML(paragraph.text)
      let plain = isHTML ? HTMLText.plain(Self.withoutOpenTag(paragraph.text), isPage: false) : []
      // Nothing is seen of a picture; a tag alone is spoken of.
      let isShown = plain.isEmpty && !(isHTML && paragraph.text.contains(UInt8(ascii: "=")))
      let visible = label(isShown ? paragraph.text : plain, limit: nil)
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

  /// A sign at which no tag ends would take all behind it along.
  private static func withoutOpenTag(_ text: [UInt8]) -> [UInt8] {
    guard let sign = text.lastIndex(of: UInt8(ascii: "<")), !text[sign...].contains(UInt8(ascii: ">")) else { return text }
    return text[..<sign] + Array("&lt;".utf8) + text[(sign + 1)...]
  }

  /// Whether text is HTML that was written as text, as feeds have it: it begins with a tag, closes one, or has one that says more than its name or stands
  /// between words without a space.
  private static func isHTML(_ text: [UInt8]) -> Bool {
    guard let sign = text.firstIndex(of: UInt8(ascii: "<")) else { return false }
    var rest = text[sign...]
    var isFirst = text[..<sign].allSatisfy(\.isWhiteSpace)
    for _ in 0..<50 {
      let isEnd = rest.dropFirst().first == UInt8(ascii: "/")
      let name = rest.dropFirst(isEnd ? 2 : 1).prefix(12).prefix { $0.isLetter || $0.isDigit }
      let end = rest.firstIndex(of: UInt8(ascii: ">"))
      let isTight = rest.startIndex > 0 && isWordPart(text[rest.startIndex - 1]) && end.flatMap { text[($0 + 1)...].first }.map(isWordPart) == true
      let hasValues = end.map { rest[name.endIndex..<$0].contains(UInt8(ascii: "=")) } ?? false
      let isMarkup = isEnd || isFirst || name.elementsEqual("br".utf8) || hasValues || isTight
      if isMarkup, let next = rest[name.endIndex...].first, " >/".utf8.contains(next),
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

  private static func isWordPart(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte >= 0x80 || ".,;:!?".utf8.contains(byte) }

  private static let htmlNames: Set<String> = [
    "p", "br", "div", "span", "a", "b", "i", "em", "strong", "ul", "ol", "li", "img", "table", "h1", "h2", "h3", "blockquote", "pre", "code", "html",
  ]

  /// Whether it is bytes in Base64: pictures and the like, in one line or in long lines of one length.
  private static func isEncodedData(_ text: [UInt8]) -> Bool {
    guard text.count > 1000, text.allSatisfy({ $0.isLetter || $0.isDigit || "+/= \r\n\t".utf8.contains($0) }) else { return false }
    let lines = text.split(whereSeparator: \.isWhiteSpace)
    // Digests, and numbers of any length.
    let hexadecimal = lines.lazy.filter { $0.count <= 128 && $0.allSatisfy { $0.isDigit || (0x61...0x66).contains($0 | 0x20) } }
    if 2 * hexadecimal.count > lines.count || !text.contains(where: \.isLetter) { return false }
    guard let length = lines.first?.count, length >= 60, text.contains(where: \.isDigit) else { return false }
    return lines.dropLast().allSatisfy { $0.count == length } && (lines.last?.count ?? 0) <= length
  }

  private static func withoutDeclaration(_ bytes: [UInt8]) -> [UInt8] {
    let start = bytes.firstIndex { !$0.isWhiteSpace } ?? 0
    guard bytes[start...].starts(with: Array("<?xml".utf8)), let end = bytes[start...].firstRange(of: "?>") else { return bytes }
    return Array(bytes[end.upperBound...])
  }
}
