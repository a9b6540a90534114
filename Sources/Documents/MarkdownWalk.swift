import CMarkGFM

/// Goes once over the nodes of a Markdown document and makes blocks of them. It does not recurse: nesting may be deep.
struct MarkdownWalk {
  private typealias Node = OpaquePointer

  /// Stands for a footnote's colon in what cmark sees; in no text that means anything.
  static let footnoteColon: UInt8 = 0x1A

  let source: SourceText
  /// Lines of the file before the first line that cmark saw.
  let firstLine: Int
  var builder: BlockBuilder
  var title: String?

  /// Those that are open, also before the first node.
  var headings = HeadingStack()
  private var lists: [ListState] = []
  /// The inline text of the block that is being read.
  private var inline: [UInt8] = []
  private var cells: [[UInt8]] = []
  private var tableHeader: String?

  init(source: SourceText, firstLine: Int, builder: BlockBuilder) {
    self.source = source
    self.firstLine = firstLine
    self.builder = builder
  }

  private struct ListState {
    /// The number of the next item, `nil` in lists without numbers.
    var nextNumber: Int?
    /// The marker of an item whose first paragraph has not come yet.
    var pendingMarker: String?
    /// Whether the list has given a block.
    var hasBlocks = false
  }

  mutating func run(_ root: OpaquePointer) throws(DocumentError) {
    guard let iterator = cmark_iter_new(root) else { preconditionFailure("cmark has no memory for an iterator") }
    defer { cmark_iter_free(iterator) }
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return }
      guard let node = cmark_iter_get_node(iterator) else { continue }
      if event == CMARK_EVENT_ENTER { try enter(node) } else { try exit(node) }
    }
  }

  private mutating func enter(_ node: Node) throws(DocumentError) {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_LIST:
      let isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
      lists.append(ListState(nextNumber: isOrdered ? Int(cmark_node_get_list_start(node)) : nil))
    case CMARK_NODE_ITEM:
      let isTask = typeName(of: node) == "tasklist"
      beginItem(node, mark: isTask ? cmark_gfm_extensions_get_tasklist_item_checked(node) ? "[x] " : "[ ] " : "")
    case CMARK_NODE_PARAGRAPH, CMARK_NODE_HEADING: inline = []
    case CMARK_NODE_CODE_BLOCK: try addCode(node)
    case CMARK_NODE_HTML_BLOCK:
      let text = HTMLText.plain(literal(of: node))
      try builder.add(.paragraph, text[...], source: span(of: node), headingPath: headings.path)
    case CMARK_NODE_TEXT, CMARK_NODE_CODE: inline += literal(of: node)
    case CMARK_NODE_HTML_INLINE:
      if literal(of: node).starts(with: "<br".utf8) { inline.append(0x0A) }
    case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: inline.append(0x0A)
    default:
      // The extensions' types are variables of the library, which Swift 6 does not let through; their names are as good.
      switch typeName(of: node) {
      case "table": tableHeader = nil
      case "table_row", "table_header": cells = []
      case "table_cell": inline = []
      default: break
      }
    }
  }

  private mutating func exit(_ node: Node) throws(DocumentError) {
    switch cmark_node_get_type(node) {
    case CMARK_NODE_LIST: lists.removeLast()
    case CMARK_NODE_HEADING:
      let level = Int(cmark_node_get_heading_level(node))
      let name = label(inline)
      let above = headings.enter(level: level, name)
      if level == 1, title == nil, !name.isEmpty { title = name }
      try builder.add(.heading(level: level), Array(name.utf8)[...], source: span(of: node), headingPath: above)
    case CMARK_NODE_PARAGRAPH: try addParagraph(node)
    default:
      switch typeName(of: node) {
      case "table_cell": cells.append(Array(label(inline, limit: nil).utf8))
      case "table_header", "table_row": try addRow(node, isHeader: typeName(of: node) == "table_header")
      default: break
      }
    }
  }

  private mutating func beginItem(_ node: Node, mark: String) {
    guard let last = lists.indices.last else { return }
    if let number = lists[last].nextNumber {
      lists[last].pendingMarker = "\(number). \(mark)"
      lists[last].nextNumber = number &+ 1
    } else {
      lists[last].pendingMarker = "- \(mark)"
    }
  }

  private mutating func addParagraph(_ node: Node) throws(DocumentError) {
    guard let last = lists.indices.last else {
      try builder.add(.paragraph, inline[...], source: span(of: node), headingPath: headings.path)
      return
    }
    let depth = min(lists.count - 1, 8)
    let marker = lists[last].pendingMarker ?? "  "
    let isFirst = !lists.contains { $0.hasBlocks }
    lists[last].pendingMarker = nil
    lists[last].hasBlocks = true
    let text = Array((String(repeating: "  ", count: depth) + marker).utf8) + inline
    try builder.add(.listItem, text[...], source: span(of: node), headingPath: headings.path, after: isFirst ? .blankLine : .line)
  }

  private mutating func addRow(_ node: Node, isHeader: Bool) throws(DocumentError) {
    let row = TableRow.line(cells)
    if isHeader {
      tableHeader = cells.contains { !$0.isEmpty } ? String(decoding: row, as: UTF8.self) : nil
      if tableHeader == nil { return }
    }
    try builder.add(
      .tableRow, row[...], source: span(of: node), headingPath: headings.path, context: isHeader ? nil : tableHeader,
      after: isHeader ? .blankLine : .line)
  }

  private mutating func addCode(_ node: Node) throws(DocumentError) {
    var text = literal(of: node)
    while text.last == 0x0A { text.removeLast() }
    let lineCount = 1 + text.count { $0 == 0x0A }
    // The fence is no part of the code.
    let first = line(cmark_node_get_start_line(node)) + (isFenced(node) ? 1 : 0)
    let last = min(max(first, source.lineCount), first + lineCount - 1)
    try builder.add(.code, text[...], source: source.span(lines: min(first, last)...last), headingPath: headings.path)
  }

  private func isFenced(_ node: Node) -> Bool {
    let line = source.bytes[source.lineRange(self.line(cmark_node_get_start_line(node)))]
    let column = Int(cmark_node_get_start_column(node)) - 1
    return [UInt8(ascii: "`"), UInt8(ascii: "~")].contains(line.dropFirst(max(0, column)).first)
  }

  private func literal(of node: Node) -> [UInt8] {
    guard let text = cmark_node_get_literal(node) else { return [] }
    return UnsafeRawBufferPointer(start: text, count: byteCount(of: text)).map { $0 == Self.footnoteColon ? UInt8(ascii: ":") : $0 }
  }

  private func typeName(of node: Node) -> String {
    cmark_node_get_type_string(node).map { String(cString: $0) } ?? ""
  }

  private func line(_ number: Int32) -> Int {
    min(max(1, Int(number) + firstLine), source.lineCount)
  }

  /// From where the node begins, after quote and list markers, to the end of its last line.
  private func span(of node: Node) -> SourceSpan {
    let first = line(cmark_node_get_start_line(node))
    var last = max(first, line(cmark_node_get_end_line(node)))
    while last > first, source.trimmed(source.lineRange(last)).isEmpty { last -= 1 }
    let column = max(0, Int(cmark_node_get_start_column(node)) - 1)
    let start = source.lineRange(first)
    let range = source.trimmed(min(start.lowerBound + column, start.upperBound)..<max(start.upperBound, source.lineRange(last).upperBound))
    var span = source.span(lines: first...last)
    if let whole = span.byteRange, !range.isEmpty {
      span.byteRange = max(whole.lowerBound, source.sourceOffset(of: range.lowerBound))..<whole.upperBound
    }
    return span
  }
}

/// Bytes before the NUL that ends a C string.
private func byteCount(of text: UnsafePointer<CChar>) -> Int {
  var count = 0
  while text[count] != 0 { count += 1 }
  return count
}

/// A table's row as one line of text.
enum TableRow {
  static func line(_ cells: [[UInt8]]) -> [UInt8] {
    Array(cells.joined(separator: " | ".utf8))
  }
}
