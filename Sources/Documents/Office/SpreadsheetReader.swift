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

  /// What stands in shapes on a sheet, over its charts, whose values are in the cells, and in comments; what is damaged of it does not cost them.
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
    return try DrawingContent.read(parts, of: package, omissions: &omissions).flatMap(\.paragraphs)
      + OfficeComments.read(comments, of: package, omissions: &omissions)
  }
}

/// What a cell's stored value means: shared strings, and numbers that are dates or percentages (ECMA-376 part 1, sections 18.4 and 18.8.30).
private struct CellValues {
  private var strings: [String] = []
  /// How a number is shown.
  private struct Style {
    var date = false
    var time = false
    var percent = false
  }

  private var styles: [Style] = []
  private let startsIn1904: Bool

  init(_ package: OfficePackage, startsIn1904: Bool) throws(DocumentError) {
    self.startsIn1904 = startsIn1904
    var strings: [String] = []
    var isText = false
    var isPhonetic = false
    try package.parse("xl/sharedStrings.xml") { event, _ in
      switch event {
      case .start("si", _): strings.append("")
      case .start("rPh", _): isPhonetic = true
      case .end("rPh"): isPhonetic = false
      case .start("t", _): isText = true
      case .end("t"): isText = false
      case .text(let text): if isText, !isPhonetic, !strings.isEmpty { strings[strings.count - 1] += text }
      default: break
      }
    }
    self.strings = strings.map(Self.unescaped)

    var formats: [String: String] = [:]
    var styles: [Style] = []
    var isCellFormats = false
    try package.parse("xl/styles.xml") { event, _ in
      switch event {
      case .start("numFmt", let attributes):
        if let id = attributes["numFmtId"], let code = attributes["formatCode"] { formats[id] = code }
      case .start("cellXfs", _): isCellFormats = true
      case .end("cellXfs"): isCellFormats = false
      case .start("xf", let attributes): if isCellFormats { styles.append(Self.kind(of: attributes["numFmtId"] ?? "0", formats)) }
      default: break
      }
    }
    self.styles = styles
  }

  /// - Parameters:
  ///   - type: The cell's `t`.
  ///   - style: The cell's `s`.
  /// - Returns: `nil` for a shared string that is not there.
  func text(_ value: String, type: String?, style: Int?) -> String? {
    switch type {
    case "s": return value.isEmpty ? "" : Int(value).flatMap { strings.indices.contains($0) ? strings[$0] : nil }
    case "b": return value == "1" ? "true" : "false"
    case nil, "n":
      guard let number = Double(value) else { return value }
      let shown = style.flatMap { styles.indices.contains($0) ? styles[$0] : nil } ?? Style()
      if shown.date || shown.time, let date = Self.date(number, shown, startsIn1904: startsIn1904) { return date }
      return shown.percent ? Self.plain(number * 100) + "%" : Self.plain(number)
    default: return Self.unescaped(value)
    }
  }

  /// `_x000D_` is a sign that XML cannot hold or would change, `_x005F_` the `_` before what only looks like one (ST_Xstring, section 22.9.2.19).
  private static func unescaped(_ text: String) -> String {
    guard text.contains("_x") else { return text }
    return text.replacing(/_x([0-9A-Fa-f]{4})_/) { match in UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { "\($0)" } ?? "" }
  }

  /// The shortest text of up to 15 digits, as spreadsheets show them.
  private static func plain(_ number: Double) -> String {
    let rounded = (number * 1e10).rounded() / 1e10
    let shown = abs(number) < 1e5 && abs(rounded - number) <= abs(number) * 1e-14 ? rounded : number
    return Int64(exactly: shown).map { String($0) } ?? "\(shown)"
  }

  private static func kind(of format: String, _ codes: [String: String]) -> Style {
    guard let code = codes[format] else {
      // Those that every spreadsheet knows without being told.
      switch Int(format) ?? 0 {
      case 9, 10: return Style(percent: true)
      case 14...17, 27...31, 34...36, 50...58: return Style(date: true)
      case 22: return Style(date: true, time: true)
      case 18...21, 32, 33, 45...47: return Style(time: true)
      default: return Style()
      }
    }
    var letters = ""
    var isQuoted = false
    var bracket: String?
    var isEscaped = false
    for character in code.lowercased() {
      if isEscaped {
        isEscaped = false
      } else if isQuoted {
        isQuoted = character != "\""
      } else if let inside = bracket {
        // [h] counts hours; [red], [$-409] mean nothing here.
        bracket = character == "]" ? nil : inside + String(character)
        if character == "]", inside.allSatisfy({ "hms".contains($0) }) { letters += inside }
      } else if character == ";" {
        break
      } else {
        switch character {
        case "\"": isQuoted = true
        case "[": bracket = ""
        case "\\", "_", "*": isEscaped = true
        default: letters.append(character)
        }
      }
    }
    if letters.contains("general") { return Style() }
    return Style(
      date: letters.contains("y") || letters.contains("d"), time: letters.contains("h") || letters.contains("s"), percent: letters.contains("%"))
  }

  /// Days since the last of 1899 (or the first of 1904) as a date of ISO 8601; `nil` for what no calendar has.
  private static func date(_ serial: Double, _ kind: Style, startsIn1904: Bool) -> String? {
    guard serial >= 0, serial < 2_958_466 else { return nil }
    let seconds = Int((serial * 86_400).rounded())
    let (day, second) = (seconds / 86_400, seconds % 86_400)
    func pad(_ number: Int, _ width: Int = 2) -> String { String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
    let time = "\(pad(second / 3600)):\(pad(second / 60 % 60))" + (second % 60 == 0 ? "" : ":\(pad(second % 60))")
    if !kind.date { return day == 0 ? time : "\(day * 24 + second / 3600):\(pad(second / 60 % 60)):\(pad(second % 60))" }
    // Days since 1970, then Howard Hinnant's "civil from days". The year 1900 has a leap day there that never was.
    let z = day + (startsIn1904 ? 1462 : day < 60 ? 1 : 0) - 25_569 + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let text = "\(pad(year, 4))-\(pad(month))-\(pad(dayOfYear - (153 * shifted + 2) / 5 + 1))"
    return kind.time && second != 0 ? text + " " + time : text
  }
}

/// The cells of one sheet that hold something, row by row.
private struct SheetRows {
  /// A shared text is held once, however many cells show it.
  private(set) var rows: [(number: Int, cells: [(column: Int, text: String)])] = []
  /// Cells whose shared text is not there.
  private(set) var missingCount = 0

  /// Excel's own limits.
  private static let columnLimit = 16_384
  private static let rowLimit = 1 << 20

  init(_ package: OfficePackage, _ part: String, _ values: CellValues, path: String, limits: ReadingLimits) throws(DocumentError) {
    var rows: [(number: Int, cells: [(column: Int, text: String)])] = []
    var byteCount = 0
    var missingCount = 0
    var merged: [MergedCells] = []
    var number = 0
    var cells: [(column: Int, text: String)] = []
    var column = 0
    var type: String?
    var style: Int?
    var value = ""
    var isValue = false
    try package.parse(part) { event, _ in
      switch event {
      case .start("row", let attributes):
        number = min(Self.rowLimit, attributes["r"].flatMap { Int($0) } ?? number + 1)
        cells = []
        column = 0
      case .start("c", let attributes):
        column = attributes["r"].flatMap(Self.column) ?? column
        type = attributes["t"]
        style = attributes["s"].flatMap { Int($0) }
        value = ""
      case .start("v", _), .start("t", _): isValue = true
      case .end("v"), .end("t"): isValue = false
      case .text(let text): if isValue { value += text }
      case .end("c"):
        let known = values.text(value, type: type, style: style)
        if known == nil { missingCount += 1 }
        let text = known ?? ""
        byteCount += text.utf8.count
        if !text.isEmpty, column < Self.columnLimit, byteCount <= limits.textByteCount { cells.append((column, text)) }
        column += 1
      case .end("row"): if !cells.isEmpty { rows.append((max(1, number), Self.ordered(cells))) }
      case .start("mergeCell", let attributes):
        if let cells = attributes["ref"].flatMap(MergedCells.init), cells.rows.lowerBound < cells.rows.upperBound { merged.append(cells) }
      default: break
      }
    }
    guard byteCount <= limits.textByteCount else { throw .tooLarge(path, "its text is longer than \(limits.textByteCount) bytes") }
    Self.repeatMerged(merged, in: &rows, byteLimit: limits.textByteCount - byteCount)
    (self.rows, self.missingCount) = (rows, missingCount)
  }

  /// The first column of cells that are shown as one, and their rows.
  private struct MergedCells {
    let column: Int
    let rows: ClosedRange<Int>

    /// - Parameter reference: "A2:B5".
    init?(_ reference: String) {
      let corners = reference.split(separator: ":")
      guard corners.count == 2, let column = SheetRows.column(String(corners[0])) else { return nil }
      let numbers = corners.compactMap { Int($0.drop { !$0.isNumber }) }.map { min($0, SheetRows.rowLimit) }
      guard numbers.count == 2, numbers[0] <= numbers[1] else { return nil }
      (self.column, rows) = (column, numbers[0]...numbers[1])
    }
  }

  /// What cells that are merged downwards show belongs to each of their rows.
  ///
  /// - Parameter byteLimit: What may be added; the rest is left as it is.
  private static func repeatMerged(
    _ merged: [MergedCells], in rows: inout [(number: Int, cells: [(column: Int, text: String)])], byteLimit: Int
  ) {
    guard !merged.isEmpty else { return }
    let beginning = Dictionary(grouping: merged, by: \.rows.lowerBound)
    var rest = byteLimit
    /// By column: what is shown, and down to which row.
    var shown: [Int: (text: String, end: Int)] = [:]
    for index in rows.indices {
      let number = rows[index].number
      guard !shown.isEmpty || beginning[number] != nil else { continue }
      let known = Dictionary(rows[index].cells.map { ($0.column, $0.text) }) { $1 }
      var added: [(column: Int, text: String)] = []
      for (column, (text, end)) in shown {
        if end < number { shown[column] = nil } else if known[column] == nil { added.append((column, text)) }
      }
      rest -= added.reduce(0) { $0 + $1.text.utf8.count + MemoryLayout.stride(ofValue: $1) }
      guard rest >= 0 else { return }
      for cells in beginning[number] ?? [] { shown[cells.column] = known[cells.column].map { ($0, cells.rows.upperBound) } }
      if !added.isEmpty { rows[index].cells = ordered(rows[index].cells + added) }
    }
  }

  /// By their columns, which rise in what spreadsheets write; of two in one the later.
  private static func ordered(_ cells: [(column: Int, text: String)]) -> [(column: Int, text: String)] {
    if zip(cells, cells.dropFirst()).allSatisfy({ $0.column < $1.column }) { return cells }
    return Dictionary(cells.map { ($0.column, $0.text) }) { $1 }.sorted { $0.key < $1.key }.map { ($0, $1) }
  }

  /// "B7" is column 1.
  private static func column(_ reference: String) -> Int? {
    var column = 0
    for byte in reference.utf8 {
      guard (byte | 0x20).isLowercaseLetter else { break }
      column = column * 26 + Int(byte | 0x20) - 0x60
      guard column <= columnLimit else { return nil }
    }
    return column > 0 ? column - 1 : nil
  }
}
