/// What a `content.xml` says (OpenDocument 1.3 part 3): paragraphs (section 5), tables (9) and pages (10.2), and which objects stand among them (10.4.6).
struct OpenDocumentContent {
  struct Row {
    /// From 1.
    var number: Int
    var cells: [String]
  }

  enum Item {
    case heading(level: Int, String)
    case paragraph(String)
    case table([Row])
  }

  /// A sheet, a page, or all of a text.
  struct Section {
    var name: String
    var items: [Item] = []
    /// The parts of the package that hold the objects on it.
    var objects: [String] = []

    var isEmpty: Bool { items.allSatisfy { if case .table(let rows) = $0 { rows.isEmpty } else { false } } }
  }

  private(set) var sections: [Section] = []
  private(set) var isChart = false
  /// Whether tables stand among paragraphs, on a page or in a text; elsewhere each is a sheet.
  private var isFlowing: Bool
  /// The tables that have begun, and the rows: a table may stand in a cell of another.
  private var tables: [OpenTable] = []
  private var rows: [OpenRow] = []
  /// Those that have begun; a text box stands within a paragraph, and has its own.
  private var paragraphs: [String] = []
  private var headingLevel = 1
  /// Of text that stands in no cell or paragraph: what was deleted, and help for whoever fills cells in.
  private var asideDepth = 0
  private var elements = OpenElements()

  private struct OpenTable {
    /// Its place among the items of its section.
    var section: Int
    var item: Int
    var rowNumber = 0
  }

  private struct OpenRow {
    var copies: Int
    var cells: [String] = []
    var cell: [String]?
    var cellCopies = 1
  }

  /// Rows of a sheet, as spreadsheets have them: what a row's number of copies may say.
  private static let rowLimit = 1 << 20
  /// Columns of one row; a cell may say that it stands there a million times.
  private static let columnLimit = 1024
  /// Copies of a cell that holds something.
  private static let copyLimit = 16

  /// Whether text right in the last of some elements is no part of the paragraph around it: who made a note and when (14.1), the sign of a footnote (6.3), what
  /// a drawing is called (10.3.17).
  static func isAside(_ elements: OpenElements) -> Bool {
    guard let last = elements.names.last else { return false }
    let parent = elements.names.dropLast().last ?? ""
    return switch last {
    case "note-citation": true
    case "creator", "date", "date-string": parent == "annotation"
    case "title", "desc": !["p", "h", "span", "a"].contains(parent)
    default: false
    }
  }

  init(_ package: OfficePackage, _ part: String, isText: Bool = false) throws(DocumentError) {
    isFlowing = isText
    if isText { sections = [Section(name: "")] }
    var content = self
    try package.parse(part) { event, _ in content.take(event) }
    self = content
  }

  private mutating func take(_ event: XMLEvents.Event) {
    elements.take(event)
    switch event {
    case .start("tracked-changes", _), .start("content-validations", _): asideDepth += 1
    case .end("tracked-changes"), .end("content-validations"): asideDepth -= 1
    case _ where asideDepth > 0: break
    case .start("chart", _): isChart = true
    case .start("object", let attributes):
      guard let name = attributes["xlink:href"] else { return }
      let part = (name.hasPrefix("./") ? String(name.dropFirst(2)) : name) + "/content.xml"
      if let last = sections.indices.last, !sections[last].objects.contains(part) { sections[last].objects.append(part) }
    case .start("table", let attributes):
      if !isFlowing, attributes["table:name"] != nil { sections.append(Section(name: attributes["table:name"] ?? "")) }
      add(.table([]))
      tables.append(OpenTable(section: sections.count - 1, item: sections[sections.count - 1].items.count - 1))
    case .end("table"): _ = tables.popLast()
    case .start("page", let attributes):
      isFlowing = true
      sections.append(Section(name: attributes["draw:name"] ?? ""))
    case .start("table-row", let attributes):
      rows.append(OpenRow(copies: max(1, min(Self.rowLimit, attributes["table:number-rows-repeated"].flatMap { Int($0) } ?? 1))))
    case .start("table-cell", let attributes), .start("covered-table-cell", let attributes):
      change { row in
        row.cell = []
        row.cellCopies = max(1, attributes["table:number-columns-repeated"].flatMap { Int($0) } ?? 1)
      }
    case .end("table-cell"), .end("covered-table-cell"):
      change { row in
        let text = (row.cell ?? []).joined(separator: " ")
        row.cell = nil
        let room = max(0, Self.columnLimit - row.cells.count)
        row.cells.append(contentsOf: repeatElement(text, count: min(row.cellCopies, room, text.isEmpty ? room : Self.copyLimit)))
      }
    case .end("table-row"): endRow()
    case .start("p", _): paragraphs.append("")
    case .start("h", let attributes):
      headingLevel = max(1, min(6, attributes["text:outline-level"].flatMap { Int($0) } ?? 1))
      paragraphs.append("")
    case .start("s", let attributes): add(String(repeating: " ", count: max(0, min(100, attributes["text:c"].flatMap { Int($0) } ?? 1))))
    case .start("tab", _): add("\t")
    case .start("line-break", _): add("\n")
    case .text(let text): if !Self.isAside(elements) { add(text) }
    case .end("p"), .end("h"):
      guard let text = paragraphs.popLast() else { return }
      if elements.names.contains("annotation") {
        // A comment on a cell is none of its values.
        if text.contains(where: { !$0.isWhitespace }) { add(.paragraph("Comment: " + text)) }
        return
      }
      if rows.last?.cell != nil {
        change { $0.cell?.append(text) }
      } else if case .end("h") = event {
        add(.heading(level: headingLevel, text))
      } else {
        add(.paragraph(text))
      }
    default: break
    }
  }

  private mutating func change(_ body: (inout OpenRow) -> Void) { if let last = rows.indices.last { body(&rows[last]) } }

  private mutating func add(_ text: String) { if let last = paragraphs.indices.last { paragraphs[last] += text } }

  private mutating func add(_ item: Item) {
    // A chart's titles come before its table.
    if sections.isEmpty { sections.append(Section(name: "")) }
    sections[sections.count - 1].items.append(item)
  }

  private mutating func endRow() {
    guard var row = rows.popLast(), let last = tables.indices.last else { return }
    tables[last].rowNumber += 1
    let number = tables[last].rowNumber
    tables[last].rowNumber += row.copies - 1
    while row.cells.last?.isEmpty == true { row.cells.removeLast() }
    let (section, item) = (tables[last].section, tables[last].item)
    guard !row.cells.isEmpty, case .table(var known) = sections[section].items[item] else { return }
    // Out of the way, so that adding a row does not copy them all.
    sections[section].items[item] = .table([])
    known.append(Row(number: number, cells: row.cells))
    sections[section].items[item] = .table(known)
  }
}
