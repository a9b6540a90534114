/// OpenDocument spreadsheets and presentations (ODS, ODP): `content.xml` by the standard's section 9 (tables) and 10.2 (pages); behind what a sheet or page
/// says comes what the objects on it say, charts above all (11).
struct OpenDocumentReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let package = try OfficePackage(data, path: path, limits: limits, parts: ["content.xml", "*/content.xml", "meta.xml"])
    try package.require("content.xml", format.rawValue.uppercased(), "it holds no content")
    let content = try OpenDocumentContent(package, "content.xml")
    var omissions: [ExtractedDocument.Omission] = []
    var builder = BlockBuilder(path: path, limits: limits)
    for (number, section) in content.sections.enumerated() {
      let name = label(section.name.utf8)
      let isPage = format == .odp
      func source(row: Int) -> SourceSpan { isPage ? SourceSpan(pages: (number + 1)...(number + 1)) : SourceSpan(lines: row...row) }
      let objects = objects(on: section, of: package, omissions: &omissions)
      if section.isEmpty && objects.allSatisfy(\.isEmpty) { continue }
      if !isPage, !name.isEmpty { try builder.add(.heading(level: 1), Array(name.utf8)[...], source: source(row: section.rows.first?.number ?? 1)) }
      let headingPath = isPage || name.isEmpty ? [] : [name]
      for paragraph in section.paragraphs {
        try builder.add(.paragraph, Array(paragraph.utf8)[...], source: source(row: 1), headingPath: headingPath, after: .line)
      }
      var table = TableRows(headingPath: headingPath)
      for row in section.rows { try table.add(row.cells.map { Array($0.utf8) }, source: source(row: row.number), to: &builder) }
      try table.end(&builder)
      for object in objects {
        let source = source(row: 1)
        for paragraph in object.paragraphs {
          try builder.add(.paragraph, Array(paragraph.utf8)[...], source: source, headingPath: headingPath, after: .line)
        }
        try builder.add(rows: object.rows.map(\.cells), headingPath: headingPath, hasHeader: true, source: source)
      }
    }
    var document = try builder.document(format, title: try package.title(), whyEmpty: "it holds no text")
    document.omissions = omissions
    return document
  }

  /// What the objects on a sheet or page say; one that cannot be read costs itself.
  private func objects(
    on section: OpenDocumentContent.Section, of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]
  ) -> [OpenDocumentContent.Section] {
    section.objects.filter(package.names.contains).flatMap { part in
      do throws(DocumentError) {
        let content = try OpenDocumentContent(package, part)
        // A chart on a sheet shows cells that were read.
        guard format == .ods, content.isChart else { return content.sections }
        return content.sections.map { OpenDocumentContent.Section(name: $0.name, paragraphs: $0.paragraphs) }
      } catch {
        omissions.append(.init(name: part, reason: error.why ?? error.message, isFailure: true))
        return []
      }
    }
  }
}

/// The tables and pages of a `content.xml`.
private struct OpenDocumentContent {
  struct Section {
    var name: String
    var paragraphs: [String] = []
    var rows: [(number: Int, cells: [String])] = []
    /// The parts of the package that hold the objects on it.
    var objects: [String] = []

    var isEmpty: Bool { paragraphs.isEmpty && rows.isEmpty }
  }

  private(set) var sections: [Section] = []
  private(set) var isChart = false
  private var rowNumber = 0
  private var rowRepeat = 1
  private var cells: [String]?
  private var cell: [String]?
  private var cellRepeat = 1
  /// Those that have begun; a text box stands within a paragraph, and has its own.
  private var paragraphs: [String] = []
  private var isOnPage = false

  /// Rows of a sheet, as spreadsheets have them: what a row's number of copies may say.
  private static let rowLimit = 1 << 20
  /// Columns of one row; a cell may say that it stands there a million times.
  private static let columnLimit = 1024
  /// Copies of a cell that holds something.
  private static let copyLimit = 16

  init(_ package: OfficePackage, _ part: String) throws(DocumentError) {
    var content = self
    try package.parse(part) { event, _ in content.take(event) }
    self = content
  }

  private mutating func add(_ text: String) { if let last = paragraphs.indices.last { paragraphs[last] += text } }

  private mutating func take(_ event: XMLEvents.Event) {
    switch event {
    case .start("chart", _): isChart = true
    case .start("object", let attributes):
      guard let name = attributes["xlink:href"] else { return }
      let part = (name.hasPrefix("./") ? String(name.dropFirst(2)) : name) + "/content.xml"
      if let last = sections.indices.last, !sections[last].objects.contains(part) { sections[last].objects.append(part) }
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
    case .start("p", _), .start("h", _): paragraphs.append("")
    case .start("s", let attributes): add(String(repeating: " ", count: max(0, min(100, attributes["text:c"].flatMap { Int($0) } ?? 1))))
    case .start("tab", _): add("\t")
    case .start("line-break", _): add("\n")
    case .text(let text): add(text)
    case .end("p"), .end("h"):
      guard let text = paragraphs.popLast() else { return }
      if cell != nil {
        cell?.append(text)
      } else {
        // A chart's titles come before its table.
        if sections.isEmpty { sections.append(Section(name: "")) }
        sections[sections.count - 1].paragraphs.append(text)
      }
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
