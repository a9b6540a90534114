/// Spreadsheets (XLSX): a sheet is a heading, its rows are rows with the names of their columns, cited by their numbers as lines; what its shapes, the
/// titles of its charts and comments on its cells say comes behind.
struct SpreadsheetReader {
  let path: String
  let limits: ReadingLimits

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let package = try OfficePackage(
      data, path: path, limits: limits,
      parts: [
        "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/*sheet*.xml", "xl/*.rels", "xl/comments*.xml", "xl/threadedComments/*.xml",
        "xl/drawings/drawing*.xml", "xl/charts/chart*.xml", "docProps/core.xml",
      ])
    try package.require("xl/workbook.xml", "XLSX", "it holds no workbook")
    let targets = try package.relationships(of: "xl/workbook.xml")
    var sheets: [(name: String, part: String)] = []
    var omissions: [ExtractedDocument.Omission] = []
    var startsIn1904 = false
    try package.parse("xl/workbook.xml") { event, _ in
      switch event {
      case .start("workbookPr", let attributes): startsIn1904 = ["1", "true"].contains(attributes["date1904"])
      case .start("sheet", let attributes):
        let name = attributes["name"] ?? ""
        if let id = attributes.first(where: { $0.key.hasSuffix(":id") })?.value, let part = targets[id] {
          sheets.append((name, part))
        } else {
          omissions.append(.init(name: "sheet \(name)", reason: "the workbook does not say where it is", isFailure: true))
        }
      default: break
      }
    }
    let values = try CellValues(package, startsIn1904: startsIn1904)
    var builder = BlockBuilder(path: path, limits: limits)
    for sheet in sheets {
      let name = label(sheet.name.utf8)
      let content = try package.sound(sheet.part, isMain: true, omissions: &omissions) { () throws(DocumentError) in
        try package.require(sheet.part, "XLSX", "there is no such part among the sheets")
        return try SheetRows(package, sheet.part, values, path: path, limits: limits)
      }
      if let count = content?.missingCount, count > 0 {
        omissions.append(.init(name: sheet.part, reason: "\(count) of its cells refer to texts that are not there", isFailure: true))
      }
      if let count = content?.uncomputedCount, count > 0 {
        let reason = "\(count) of its formulas have no values (a program that computes them stores them) and stand for themselves"
        omissions.append(.init(name: sheet.part, reason: reason, isFailure: false))
      }
      let rows = content?.rows ?? []
      let drawn = try texts(on: sheet.part, of: package, omissions: &omissions)
      guard !rows.isEmpty || !drawn.isEmpty else { continue }
      let first = rows.first?.number ?? 1
      try builder.add(.heading(level: 1), Array(name.utf8)[...], source: SourceSpan(lines: first...first))
      let cells = rows.lazy.map { row in row.cells.map { (column: $0.column, text: Array($0.text.utf8)) } }
      var table = TableRows(headingPath: [name], hasHeader: TableRows.isForm(cells) ? false : nil)
      for (index, (row, cells)) in zip(rows, cells).enumerated() {
        if index > 0, row.number > rows[index - 1].number + 1 { table.addGap() }
        try table.add(cells: cells, source: SourceSpan(lines: row.number...row.number), to: &builder)
      }
      try table.end(&builder)
      for text in drawn { try builder.add(.paragraph, Array(text.utf8)[...], source: SourceSpan(lines: first...first), headingPath: [name]) }
    }
    let title = try package.title(omissions: &omissions)
    return try builder.document(.xlsx, title: title, omissions: omissions, whyEmpty: "its sheets hold no text")
  }

  /// What stands in shapes on a sheet, over its charts, whose values are in the cells as most of their names are, and in comments; what is damaged of it does not cost them.
  private func texts(on sheet: String, of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]) throws(DocumentError)
    -> [String]
  {
    var (parts, comments): ([String], [String]) = ([], [])
    try package.sound("drawings of \(sheet)", omissions: &omissions) { () throws(DocumentError) in
      let targets = try package.relationships(of: sheet).values.sorted()
      for drawing in targets where drawing.hasPrefix("xl/drawings/drawing") {
        parts.append(drawing)
        parts += try package.relationships(of: drawing).values.sorted().filter { $0.hasPrefix("xl/charts/chart") }
      }
      // In this order, as the older form says of a thread's cell the same, with advice for older programs.
      comments = targets.filter { $0.hasPrefix("xl/threadedcomments/") } + targets.filter { $0.hasPrefix("xl/comments") }
    }
    return try DrawingContent.read(parts, of: package, omissions: &omissions).flatMap { $0.paragraphs + $0.ownNames }
      + OfficeComments.read(comments, of: package, omissions: &omissions)
  }
}
