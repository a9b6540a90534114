/// Tables of word processors in a form of which pandoc (2.17) reads all cells: it has as many columns as the table's grid says, though Word itself looks at the
/// rows (ECMA-376 part 1, section 17.4).
enum WordTables {
  /// A table that has begun.
  private struct Table {
    let start: Int
    var grid: Range<Int>?
    /// Grids that are open inside each other: an earlier one is kept within that which replaced it (17.13.5.33).
    var gridDepth = 0
    /// Columns of the grid that pandoc counts.
    var columnCount = 0
    /// Of the row that has begun, and of the widest one.
    var width = 0
    var widest = 0
    /// Columns before the first cell of a row.
    var gap = 0
  }

  /// More than any program lets a table have.
  private static let columnLimit = 256
  /// Columns of Word's own tables.
  private static let gapLimit = 63

  /// Grids are as wide as the widest row; empty cells stand where a row begins behind the first column.
  ///
  /// - Returns: `nil` if there is nothing to change.
  static func readable(_ xml: [UInt8]) -> [UInt8]? {
    var open: [Table] = []
    var edits: [(range: Range<Int>, new: [UInt8])] = []
    func value(_ tag: XMLTags.Tag) -> Int {
      let value = tag.value("w:val", in: xml).flatMap { Int($0) } ?? 1
      return max(0, min(value, columnLimit))
    }
    XMLTags.forEach(in: xml) { tag in
      if tag.isNamed("w:tbl"), !tag.isClosed {
        if !tag.isEnd { return open.append(Table(start: tag.range.upperBound)) }
        guard let table = open.popLast(), table.widest > table.columnCount else { return }
        let columns = String(repeating: "<w:gridCol w:w=\"2000\"/>", count: min(table.widest, columnLimit))
        edits.append((table.grid ?? table.start..<table.start, Array("<w:tblGrid>\(columns)</w:tblGrid>".utf8)))
      } else if let last = open.indices.last {
        take(tag, in: xml, value, &open[last], &edits)
      }
    }
    return XMLTags.replacing(edits, in: xml)
  }

  private static func take(
    _ tag: XMLTags.Tag, in xml: [UInt8], _ value: (XMLTags.Tag) -> Int, _ table: inout Table, _ edits: inout [(range: Range<Int>, new: [UInt8])]
  ) {
    if tag.isNamed("w:tblGrid") {
      if table.gridDepth == 0, !tag.isEnd { table.grid = tag.range }
      if !tag.isClosed { table.gridDepth = max(0, table.gridDepth + (tag.isEnd ? -1 : 1)) }
      if table.gridDepth == 0, tag.isEnd, let start = table.grid?.lowerBound { table.grid = start..<tag.range.upperBound }
    } else if tag.isNamed("w:gridCol"), table.gridDepth == 1, !tag.isEnd {
      if tag.attribute("w:w", in: xml) != nil { table.columnCount += 1 }
    } else if tag.isNamed("w:tr"), !tag.isClosed {
      table.widest = max(table.widest, table.width)
      (table.width, table.gap) = (0, 0)
    } else if tag.isNamed("w:tc"), !tag.isEnd {
      table.width += 1
    } else if tag.isNamed("w:gridSpan"), !tag.isEnd {
      table.width += max(0, value(tag) - 1)
    } else if tag.isNamed("w:gridBefore"), !tag.isEnd {
      table.gap = min(value(tag), gapLimit)
    } else if tag.isNamed("w:trPr"), tag.isEnd, table.gap > 0 {
      edits.append((tag.range.upperBound..<tag.range.upperBound, Array(String(repeating: "<w:tc><w:p/></w:tc>", count: table.gap).utf8)))
      table.width += table.gap
      table.gap = 0
    }
  }
}
