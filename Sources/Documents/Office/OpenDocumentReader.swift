/// OpenDocument spreadsheets and presentations (ODS, ODP): `content.xml` by the standard's section 9 (tables) and 10.2 (pages).
struct OpenDocumentReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let package = try OfficePackage(data, path: path, limits: limits, parts: ["content.xml", "meta.xml"])
    try package.require("content.xml", format.rawValue.uppercased(), "it holds no content")
    var content = OpenDocumentContent()
    try package.parse("content.xml") { event, _ in content.take(event) }
    var builder = BlockBuilder(path: path, limits: limits)
    for (number, section) in content.sections.enumerated() {
      let name = label(section.name.utf8)
      let isPage = format == .odp
      func source(row: Int) -> SourceSpan { isPage ? SourceSpan(pages: (number + 1)...(number + 1)) : SourceSpan(lines: row...row) }
      if section.isEmpty { continue }
      if !isPage, !name.isEmpty { try builder.add(.heading(level: 1), Array(name.utf8)[...], source: source(row: section.rows.first?.number ?? 1)) }
      let headingPath = isPage || name.isEmpty ? [] : [name]
      for paragraph in section.paragraphs {
        try builder.add(.paragraph, Array(paragraph.utf8)[...], source: source(row: 1), headingPath: headingPath, after: .line)
      }
      var table = TableRows(headingPath: headingPath)
      for row in section.rows { try table.add(row.cells.map { Array($0.utf8) }, source: source(row: row.number), to: &builder) }
      try table.end(&builder)
    }
    return try builder.document(format, title: try package.title(), whyEmpty: "it holds no text")
  }
}

/// The tables and pages of a `content.xml`.
private struct OpenDocumentContent {
  struct Section {
    var name: String
    var paragraphs: [String] = []
    var rows: [(number: Int, cells: [String])] = []

    var isEmpty: Bool { paragraphs.isEmpty && rows.isEmpty }
  }

  private(set) var sections: [Section] = []
  private var rowNumber = 0
  private var rowRepeat = 1
  private var cells: [String]?
  private var cell: [String]?
  private var cellRepeat = 1
  private var paragraph: String?
  private var isOnPage = false

  /// Rows of a sheet, as spreadsheets have them: what a row's number of copies may say.
  private static let rowLimit = 1 << 20
  /// Columns of one row; a cell may say that it stands there a million times.
  private static let columnLimit = 1024
  /// Copies of a cell that holds something.
  private static let copyLimit = 16

  mutating func take(_ event: XMLEvents.Event) {
    switch event {
    case .start("table", let attributes):
      // A table on a page belongs to the page.
      if sections.isEmpty || attributes["table:name"] != nil && !isOnPage { sections.append(Section(name: attributes["table:name"] ?? "")) }
      rowNumber = 0
    case .start("page", let attributes):
      isOnPage = true
      sections.append(Section(name: attributes["draw:name"] ?? ""))
    case .end("page"): isOnPage = false
    case .start("table-row", let attributes):
      cells = []
      rowRepeat = max(1, min(Self.rowLimit, attributes["table:number-rows-repeated"].flatMap { Int($0) } ?? 1))
    case .start("table-cell", let attributes), .start("covered-table-cell", let attributes):
      cell = []
      cellRepeat = max(1, attributes["table:number-columns-repeated"].flatMap { Int($0) } ?? 1)
    case .start("p", _), .start("h", _): paragraph = ""
    case .start("s", let attributes): paragraph? += String(repeating: " ", count: max(0, min(100, attributes["text:c"].flatMap { Int($0) } ?? 1)))
    case .start("tab", _): paragraph? += "\t"
    case .start("line-break", _): paragraph? += "\n"
    case .text(let text): paragraph? += text
    case .end("p"), .end("h"):
      guard let text = paragraph else { return }
      paragraph = nil
      if cell != nil { cell?.append(text) } else if let last = sections.indices.last { sections[last].paragraphs.append(text) }
    case .end("table-cell"), .end("covered-table-cell"):
      let text = (cell ?? []).joined(separator: " ")
      cell = nil
      let room = Self.columnLimit - (cells?.count ?? 0)
      cells?.append(contentsOf: repeatElement(text, count: min(cellRepeat, max(0, room), text.isEmpty ? room : Self.copyLimit)))
    case .end("table-row"):
      rowNumber += 1
      while cells?.last?.isEmpty == true { cells?.removeLast() }
      if let cells, !cells.isEmpty, let last = sections.indices.last { sections[last].rows.append((rowNumber, cells)) }
      rowNumber += rowRepeat - 1
      cells = nil
    default: break
    }
  }
}
