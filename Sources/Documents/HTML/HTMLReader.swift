@preconcurrency import CHTML

/// HTML and XHTML, parsed by Gumbo as a browser would: the main text with its headings, lists, tables and code, without scripts and navigation.
struct HTMLReader {
  let path: String
  let limits: ReadingLimits
  /// Whether the page was made of a document of another format, or is a message: then nothing on it is a site's navigation.
  var isConverted = false

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    guard source.bytes.count <= limits.htmlByteCount else {
      throw .tooLarge(path, "a page of \(source.bytes.count) bytes; the limit for HTML is \(limits.htmlByteCount)")
    }
    let depth = Self.depth(of: source.bytes)
    guard depth <= limits.htmlDepth else { throw .tooLarge(path, "its elements are nested \(depth) deep; the limit is \(limits.htmlDepth)") }

    // The tree points into these bytes.
    let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, source.bytes.count))
    defer { bytes.deallocate() }
    _ = source.bytes.withUnsafeBytes { bytes.initialize(from: $0.bindMemory(to: CChar.self)) }
    guard let start = bytes.baseAddress else { preconditionFailure("there is room for a byte at least") }
    if Self.isXHTML(source.bytes) { Self.eraseClosedElements(bytes, count: source.bytes.count) }
    var page: OpaquePointer?
    switch quarry_html_parse(start, source.bytes.count, limits.htmlTreeByteCount, &page) {
    case QUARRY_HTML_READ: break
    case QUARRY_HTML_TOO_LARGE:
      throw .tooLarge(path, "its tree of elements takes more than \(limits.htmlTreeByteCount) bytes: elements that are not closed may be the cause")
    default: throw .tooLarge(path, "there is not enough memory for its tree of elements")
    }
    defer { quarry_html_free(page) }
    guard let page else { throw .malformed(path, "HTML", "the parser gave nothing") }
    return try start.withMemoryRebound(to: UInt8.self, capacity: bytes.count) { (start) throws(DocumentError) in
      try read(root: quarry_html_root(page), start: start, source: source)
    }
  }

  /// From the strictest reading to the loosest, until one gives text: no page is lost because it looks like navigation.
  private func read(root: UnsafePointer<GumboNode>, start: UnsafePointer<UInt8>, source: SourceText) throws(DocumentError) -> ExtractedDocument {
    let main = HTMLTree.main(of: root)
    let title = HTMLTree.title(of: root)
    let navigation = isConverted ? HTMLNavigation() : HTMLNavigation(root: root)
    func makeWalk(isInsideContent: Bool, keepsForms: Bool, keepsContents: Bool) -> HTMLWalk {
      let place = HTMLPlace(isInsideContent: isInsideContent, keepsForms: keepsForms, keepsContents: keepsContents, isConverted: isConverted)
      return HTMLWalk(source: source, start: start, builder: BlockBuilder(path: path, limits: limits), place: place, navigation: navigation)
    }
    var attempts: [(node: UnsafePointer<GumboNode>, keepsForms: Bool, keepsContents: Bool)] = []
    if let main { attempts = [(main, false, false), (main, true, true)] }
    attempts += [(root, false, false), (root, false, true), (root, true, true)]
    for (number, attempt) in attempts.enumerated() {
      var walk = makeWalk(isInsideContent: attempt.node == main, keepsForms: attempt.keepsForms, keepsContents: attempt.keepsContents)
      try walk.run(attempt.node)
      // A page may mark as its main part what is only a part of it.
      if attempt.node == main, walk.hasBody {
        var whole = makeWalk(isInsideContent: false, keepsForms: false, keepsContents: false)
        try whole.run(root)
        if walk.builder.text.count * 2 < whole.builder.text.count { continue }
      }
      let isLast = number == attempts.count - 1
      // A form around nearly everything is how some frameworks write pages.
      if !isLast, walk.droppedFormByteCount > max(200, walk.builder.text.count) || !walk.hasBody { continue }
      if walk.builder.blocks.isEmpty, let title, !title.isEmpty {
        try walk.builder.add(.heading(level: 1), Array(title.utf8)[...], source: source.span(lines: 1...source.lineCount))
      }
      return try walk.builder.document(.html, title: title ?? walk.firstHeading)
    }
    preconditionFailure("the last attempt always returns")
  }

  private static func isXHTML(_ bytes: [UInt8]) -> Bool {
    bytes.drop(while: \.isWhiteSpace).starts(with: Array("<?xml".utf8))
      || bytes.prefix(2048).firstRange(of: "http://www.w3.org/1999/xhtml") != nil
  }

  /// Erases elements that end in their own tag (`<script src="a.js"/>`), as XML has them: HTML knows no such end, and all that follows would
  /// lie in them. Cells and the like stay, as they end by themselves; so does what stands in CDATA.
  private static func eraseClosedElements(_ bytes: UnsafeMutableBufferPointer<CChar>, count: Int) {
    func byte(_ index: Int) -> UInt8 { UInt8(bitPattern: bytes[index]) }
    func isText(_ text: [UInt8], at index: Int) -> Bool {
      index + text.count <= count
        && text.indices.allSatisfy { (byte(index + $0).isUppercaseLetter ? byte(index + $0) + 32 : byte(index + $0)) == text[$0] }
    }
    func find(_ text: String, from index: Int) -> Int {
      let text = Array(text.utf8)
      var index = index
      while index + text.count <= count, !isText(text, at: index) { index += 1 }
      return index + text.count <= count ? index : count
    }
    func write(_ text: String, at index: Int) {
      for (offset, character) in text.utf8.enumerated() { bytes[index + offset] = CChar(bitPattern: character) }
    }
    /// The end of an element that has not begun is nothing to HTML, not even a space.
    func erase(_ range: Range<Int>, isBlock: Bool = false) {
      for place in range { bytes[place] = 0x20 }
      if isBlock { return write("<br>", at: range.lowerBound) }
      write("</x", at: range.lowerBound)
      write(">", at: range.upperBound - 1)
    }
    var index = 0
    while index < count {
      guard byte(index) == UInt8(ascii: "<"), index + 1 < count else {
        index += 1
        continue
      }
      let start = index
      index += 1
      if byte(index) == UInt8(ascii: "!") {
        if isText(Array("![cdata[".utf8), at: index) {
          let text = index + 8
          // To HTML it would be a comment.
          let end = find("]]>", from: text)
          erase(start..<text)
          for place in end..<min(end + 3, count) { bytes[place] = 0x20 }
          index = end
          continue
        }
        index = index + 2 < count && byte(index + 1) == UInt8(ascii: "-") ? find("-->", from: index) : find(">", from: index)
        continue
      }
      guard byte(index).isLetter else { continue }
      var name: [UInt8] = []
      while index < count, byte(index).isLetter || byte(index).isDigit {
        if name.count < 16 { name.append(byte(index) | 0x20) }
        index += 1
      }
      var quote: UInt8?
      var last: UInt8 = 0
      while index < count, quote != nil || byte(index) != UInt8(ascii: ">") && byte(index) != UInt8(ascii: "<") {
        if let open = quote {
          if byte(index) == open { quote = nil }
        } else if last == UInt8(ascii: "="), byte(index) == UInt8(ascii: "\"") || byte(index) == UInt8(ascii: "'") {
          quote = byte(index)
        }
        if !byte(index).isWhiteSpace { last = byte(index) }
        index += 1
      }
      guard index < count else { return }
      // No tag, or one that is cut off.
      if byte(index) == UInt8(ascii: "<") { continue }
      let element = String(decoding: name, as: UTF8.self)
      if byte(index - 1) == UInt8(ascii: "/") {
        if !selfEnding.contains(element) { erase(start..<index + 1, isBlock: blocks.contains(element)) }
      } else if element == "script" || element == "style" {
        index = find("</" + element, from: index)
      }
    }
  }

  private static let blocks: Set<String> = [
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "aside", "header", "footer", "main", "nav", "ul", "ol", "dl", "blockquote",
    "pre", "form", "fieldset", "figure", "figcaption", "address", "center",
  ]

  /// Those that have no end in HTML either, or end where the next one begins.
  private static let selfEnding: Set<String> = [
    "li", "dt", "dd", "tr", "option", "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "td", "th",
  ]

  /// How deep elements are nested, about: Gumbo's time grows with the square of it.
  private static func depth(of bytes: [UInt8]) -> Int {
    var depth = 0
    var deepest = 0
    var index = 0
    while index + 1 < bytes.count {
      guard bytes[index] == UInt8(ascii: "<") else {
        index += 1
        continue
      }
      index += 1
      let isEnd = bytes[index] == UInt8(ascii: "/")
      if isEnd { index += 1 }
      let nameStart = index
      while index < bytes.count, bytes[index].isLetter || bytes[index].isDigit { index += 1 }
      guard index > nameStart else { continue }
      let name = String(decoding: bytes[nameStart..<min(index, nameStart + 12)], as: UTF8.self).lowercased()
      // These end by themselves.
      if unclosed.contains(name) { continue }
      depth = isEnd ? max(0, depth - 1) : depth + 1
      deepest = max(deepest, depth)
    }
    return deepest
  }

  private static let unclosed: Set<String> = [
    "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option", "optgroup", "colgroup", "col", "br", "hr", "img", "input", "meta",
    "link", "area", "base",
    "embed", "param", "source", "track", "wbr", "html", "head", "body",
  ]
}

/// Looks for single nodes of a tree, without recursion.
enum HTMLTree {
  static func children(of node: UnsafePointer<GumboNode>) -> [UnsafePointer<GumboNode>] {
    let vector: GumboVector
    switch node.pointee.type {
    case GUMBO_NODE_ELEMENT, GUMBO_NODE_TEMPLATE: vector = node.pointee.v.element.children
    case GUMBO_NODE_DOCUMENT: vector = node.pointee.v.document.children
    default: return []
    }
    return (0..<Int(vector.length)).compactMap { vector.data[$0].map { UnsafePointer($0.assumingMemoryBound(to: GumboNode.self)) } }
  }

  /// `<main>` or an element of that role.
  static func main(of root: UnsafePointer<GumboNode>) -> UnsafePointer<GumboNode>? {
    first(below: root) { element in
      element.tag == GUMBO_TAG_MAIN || HTMLElement.attribute("role", of: element) == Array("main".utf8)
    }
  }

  static func title(of root: UnsafePointer<GumboNode>) -> String? {
    guard let node = first(below: root, where: { $0.tag == GUMBO_TAG_TITLE && $0.tag_namespace == GUMBO_NAMESPACE_HTML }) else { return nil }
    let text = children(of: node).filter { $0.pointee.type == GUMBO_NODE_TEXT }.compactMap { $0.pointee.v.text.text.map { String(cString: $0) } }
      .joined()
    let title = label(text.utf8)
    return title.isEmpty ? nil : title
  }

  static func contains(_ node: UnsafePointer<GumboNode>, where matches: (GumboElement) -> Bool) -> Bool {
    first(below: node, where: matches) != nil
  }

  /// Bytes of all text, markup not counted.
  static func textByteCount(below node: UnsafePointer<GumboNode>) -> Int {
    var pending = [node]
    var count = 0
    while let node = pending.popLast() {
      if node.pointee.type == GUMBO_NODE_TEXT { count += node.pointee.v.text.original_text.length }
      pending += children(of: node)
    }
    return count
  }

  private static func first(below node: UnsafePointer<GumboNode>, where matches: (GumboElement) -> Bool) -> UnsafePointer<GumboNode>? {
    var pending = Array(children(of: node).reversed())
    while let node = pending.popLast() {
      guard node.pointee.type == GUMBO_NODE_ELEMENT else { continue }
      if matches(node.pointee.v.element) { return node }
      pending += children(of: node).reversed()
    }
    return nil
  }
}
