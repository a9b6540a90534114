@preconcurrency import CHTML

/// The rows of a table of data, each a line of text; its first row of header cells explains all others.
struct HTMLTable {
  struct Row {
    var text: [UInt8]
    var context: String?
    /// Bytes of the page; `nil` for a row without text.
    var source: Range<Int>?
    var isFirst: Bool
  }

  private var cells: [[UInt8]] = []
  private var isHeaderRow = true
  private var rowSource: Range<Int>?
  private var header: String?
  private var rowCount = 0
  private var span = (columns: 1, rows: 1)
  /// Cells that reach down from rows above, by column.
  private var hanging: [Int: (text: [UInt8], rows: Int)] = [:]
  private(set) var isInCell = false

  /// A table that only arranges a page: others inside it, headings, code, or its own word for it. A line of code may be data below a header.
  static func isLayout(_ node: UnsafePointer<GumboNode>) -> Bool {
    if let role = HTMLElement.attribute("role", of: node.pointee.v.element), role == Array("presentation".utf8) || role == Array("none".utf8) {
      return true
    }
    var (hasCode, headerCount) = (false, 0)
    let arranges = HTMLTree.contains(node) { element in
      switch element.tag {
      case GUMBO_TAG_TABLE, GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3, GUMBO_TAG_ARTICLE, GUMBO_TAG_MAIN: return true
      case GUMBO_TAG_PRE where element.start_pos.line < element.end_pos.line: return true
      case GUMBO_TAG_PRE: hasCode = true
      case GUMBO_TAG_TH: headerCount += 1
      default: break
      }
      return false
    }
    // DocBook sets a note beside its sign, below one.
    return arranges || hasCode && headerCount < 2
  }

  mutating func beginRow() {
    cells = []
    isHeaderRow = true
    rowSource = nil
    isInCell = false
  }

  mutating func beginCell(_ element: GumboElement) {
    fillHanging()
    isInCell = true
    if element.tag != GUMBO_TAG_TH { isHeaderRow = false }
    func number(_ name: String) -> Int {
      let value = HTMLElement.attribute(name, of: element).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 1
      return min(max(1, value), 50)
    }
    span = (number("colspan"), number("rowspan"))
  }

  mutating func endCell(_ inline: HTMLInline) {
    isInCell = false
    if let first = inline.anchors.first?.source, !inline.isEmpty {
      let range = first..<max(first, inline.sourceEnd)
      rowSource = rowSource.map { min($0.lowerBound, range.lowerBound)..<max($0.upperBound, range.upperBound) } ?? range
    }
    let text = Array(label(inline.text, limit: nil).utf8)
    if span.rows > 1 { hanging[cells.count] = (text, span.rows - 1) }
    cells.append(text)
    for _ in 1..<max(1, span.columns) { cells.append([]) }
  }

  /// The row, unless it is empty.
  mutating func endRow() -> Row? {
    fillHanging()
    while let last = cells.last, last.isEmpty { cells.removeLast() }
    guard rowSource != nil, !cells.isEmpty else { return nil }
    let text = TableRow.line(cells)
    let isHeader = isHeaderRow && (rowCount == 0 || header != nil && rowCount == 1 && cells.count > 1)
    defer {
      rowCount += 1
      if isHeader { header = String(decoding: text, as: UTF8.self) }
    }
    return Row(text: text, context: isHeader ? nil : header, source: rowSource, isFirst: rowCount == 0)
  }

  private mutating func fillHanging() {
    while let cell = hanging[cells.count] {
      hanging[cells.count] = cell.rows > 1 ? (cell.text, cell.rows - 1) : nil
      cells.append(cell.text)
    }
  }
}
