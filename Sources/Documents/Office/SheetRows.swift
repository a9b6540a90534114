/// The cells of one sheet that hold something, row by row.
struct SheetRows {
  /// A shared text is held once, however many cells show it.
  private(set) var rows: [(number: Int, cells: [(column: Int, text: String)])] = []
  /// Cells whose shared text is not there.
  private(set) var missingCount = 0
  /// Cells with a formula whose value nobody has stored.
  private(set) var uncomputedCount = 0

  /// Excel's own limits.
  private static let columnLimit = 16_384
  private static let rowLimit = 1 << 20

  init(_ package: OfficePackage, _ part: String, _ values: CellValues, path: String, limits: ReadingLimits) throws(DocumentError) {
    var rows: [(number: Int, cells: [(column: Int, text: String)])] = []
    var byteCount = 0
    var (missingCount, uncomputedCount) = (0, 0)
    var merged: [MergedCells] = []
    var number = 0
    var cells: [(column: Int, text: String)] = []
    var column = 0
    var type: String?
    var style: Int?
    var value = ""
    var isValue = false
    var hasValue = false
    var isReading = false
    var formula: String?
    var isFormula = false
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
        hasValue = false
        formula = nil
      case .start("v", _), .start("t", _):
        isValue = true
        hasValue = true
      case .end("v"), .end("t"): isValue = false
      // How it is read, beside the text itself.
      case .start("rPh", _): isReading = true
      case .end("rPh"): isReading = false
      case .start("f", _):
        isFormula = true
        formula = ""
      case .end("f"): isFormula = false
      case .text(let text):
        if isFormula { formula?.append(text) } else if isValue, !isReading { value += text }
      case .end("c"):
        // A text may be empty.
        if let formula, value.isEmpty, !(type == "str" && hasValue) {
          uncomputedCount += 1
          (value, type) = (formula.isEmpty ? "" : "=" + formula, "str")
        }
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
    (self.rows, self.missingCount, self.uncomputedCount) = (rows, missingCount, uncomputedCount)
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
