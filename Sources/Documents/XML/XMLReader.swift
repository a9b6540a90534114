/// XML of any kind: the text of each element that holds text, with the lines where it stands, and the names of what it lies in as its context.
struct XMLReader {
  let path: String
  let limits: ReadingLimits

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    // The text is UTF-8 by now, whatever the declaration says.
    let data = Self.withoutDeclaration(source.bytes)
    let droppedLines = source.line(at: source.bytes.count - data.count) - 1
    var builder = BlockBuilder(path: path, limits: limits)
    var elements: [String] = []
    var text: [UInt8] = []
    var firstLine: Int?
    var title: String?
    var failure: DocumentError?

    func close(at line: Int) -> Bool {
      defer {
        text = []
        firstLine = nil
      }
      let visible = label(text, limit: nil)
      guard !visible.isEmpty else { return true }
      if title == nil, elements.last?.lowercased() == "title" { title = label(visible.utf8) }
      let last = min(source.lineCount, line + droppedLines)
      let first = min(last, (firstLine ?? line) + droppedLines)
      do throws(DocumentError) {
        try builder.add(
          .paragraph, Array(visible.utf8)[...], source: source.span(lines: first...last),
          context: elements.count > 1 ? elements.suffix(2).joined(separator: " › ") : elements.last, after: .line)
        return true
      } catch {
        failure = error
        return false
      }
    }

    try XMLEvents.parse(data, path: path, what: "XML", limits: limits) { event, line in
      switch event {
      case .start(let name, let attributes):
        guard close(at: firstLine ?? line) else { return false }
        elements.append(name)
        // A record of data may hold all it says in attributes.
        let said = attributes.filter { !$0.key.hasPrefix("xmlns") && !$0.key.hasPrefix("xml:") && $0.value.contains(" ") }
        if !said.isEmpty {
          firstLine = line
          text += Array(said.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n").utf8) + [0x0A]
        }
        return true
      case .text(let string):
        if firstLine == nil, !string.allSatisfy(\.isWhitespace) { firstLine = max(1, line - string.utf8.count { $0 == 0x0A }) }
        text += Array(string.utf8)
        return true
      case .end:
        guard close(at: line) else { return false }
        _ = elements.popLast()
        return true
      }
    }
    if let failure { throw failure }
    return try builder.document(.xml, title: title, whyEmpty: "its elements hold no text")
  }

  private static func withoutDeclaration(_ bytes: [UInt8]) -> [UInt8] {
    let start = bytes.firstIndex { !$0.isWhiteSpace } ?? 0
    guard bytes[start...].starts(with: Array("<?xml".utf8)), let end = bytes[start...].firstRange(of: Array("?>".utf8)) else { return bytes }
    return Array(bytes[end.upperBound...])
  }
}
