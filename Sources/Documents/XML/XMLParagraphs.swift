/// Makes paragraphs of the events of an XML text: what an element holds is one, with the text of the elements in the midst of it
/// (`<p>A <b>bold</b> word.</p>`).
struct XMLParagraphs {
  struct Paragraph {
    var text: [UInt8]
    var firstLine: Int
    /// The names of the elements that it lies in, from the outermost.
    var elements: ArraySlice<String>
    /// Whether it is what one element holds, and nothing else.
    var isOfOneElement = true
  }

  private var elements: [String] = []
  /// The text that waits for its end.
  private var text: [UInt8] = []
  private var firstLine: Int?
  /// How many of `elements`, or of those that were open, hold all of it.
  private var owner = 0
  private var path: [String] = []
  /// Whether it is what attributes say, and nothing else.
  private var isSaid = false
  private var isOfOneElement = true

  /// Bytes from which on text is a paragraph, though its element goes on.
  private static let longByteCount = 4000

  /// Takes the next event; gives the paragraph that it ends.
  mutating func take(_ event: XMLEvents.Event, line: Int) -> Paragraph? {
    switch event {
    case .start(let name, let attributes):
      // A neighbour of the element that had the text, or the first of the elements of a record.
      let done = elements.count < owner || isSaid || text.count > Self.longByteCount ? close() : nil
      elements.append(name)
      if firstLine != nil { isOfOneElement = false }
      let said = Self.said(by: attributes)
      guard !said.isEmpty else { return done }
      if firstLine == nil {
        begin(at: line)
        isSaid = true
        text = Array((said.joined(separator: "\n") + "\n").utf8)
      } else {
        text += Array(" (\(said.joined(separator: ", "))) ".utf8)
      }
      return done
    case .text(let string):
      // Of pages and pictures; in data these are names like others.
      let mayBeCode = ["style", "script"].contains(elements.last?.lowercased())
      if mayBeCode, string.contains("{") || elements.contains(where: { ["html", "svg"].contains($0.lowercased()) }) { return nil }
      if !string.allSatisfy(\.isWhitespace) {
        if firstLine == nil { begin(at: max(1, line - string.utf8.count { $0 == 0x0A })) }
        isSaid = false
        // What is around the element that had the text goes on with it.
        if elements.count < owner { (owner, path) = (elements.count, elements) }
      }
      if firstLine != nil { text += Array(string.utf8) }
      return nil
    case .end:
      let done = elements.count < owner || text.count > Self.longByteCount ? close() : nil
      _ = elements.popLast()
      return done
    }
  }

  /// What is left at the end of the text.
  mutating func close() -> Paragraph? {
    defer { (text, firstLine, owner, path, isSaid, isOfOneElement) = ([], nil, 0, [], false, true) }
    return firstLine.map { Paragraph(text: text, firstLine: $0, elements: path[...], isOfOneElement: isOfOneElement) }
  }

  private mutating func begin(at line: Int) {
    firstLine = line
    (owner, path) = (elements.count, elements)
  }

  /// A record of data may hold all it says in attributes: those of several words, and those that are named as text is.
  private static func said(by attributes: [String: String]) -> [String] {
    attributes.filter { key, value in
      guard !key.hasPrefix("xmlns"), !key.hasPrefix("xml:") else { return false }
      return value.contains(" ") || isNamedAsText(key) && value.contains(where: \.isLetter) && !value.contains("://")
    }.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
  }

  private static func isNamedAsText(_ key: String) -> Bool {
    let key = key.lowercased()
    return textNames.contains(where: key.hasSuffix)
  }

  private static let textNames = ["title", "label", "text", "caption", "description", "displayname", "summary", "alt"]
}
