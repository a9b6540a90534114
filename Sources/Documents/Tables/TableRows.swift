/// Writes the rows of one table as blocks that read alone: each value stands behind its column's name, where the first row has names.
struct TableRows {
  /// A field that holds something, and its column from 0.
  typealias Cell = (column: Int, text: [UInt8])

  /// A row that may have the names of columns, as the row after it will show.
  private var candidate: (cells: [Cell], source: SourceSpan)?
  private var names: [Int: [UInt8]] = [:]
  private var hasBegun = false
  private var isBehindGap = false
  /// Cells of the row that has most.
  private var widest = 0
  private let headingPath: [String]
  private let hasHeader: Bool?

  /// - Parameter hasHeader: Whether the first row has the columns' names; `nil` where that is to be seen from what stands there.
  init(headingPath: [String] = [], hasHeader: Bool? = nil) {
    self.headingPath = headingPath
    self.hasHeader = hasHeader
  }

  /// Takes the next row; one without visible text is a gap.
  mutating func add(_ fields: [[UInt8]], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    try add(cells: fields.enumerated().map { ($0, $1) }, source: source, to: &builder)
  }

  /// The same of a row of which only some cells are there, in the order of their columns.
  mutating func add(cells: [Cell], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    let filledCount = cells.count { !Self.isBlank($0.text) }
    guard filledCount > 0 else { return addGap() }
    defer { (isBehindGap, widest) = (false, max(widest, filledCount)) }
    if let (header, place) = candidate {
      candidate = nil
      // A title above the names.
      if !hasBegun, hasHeader == nil, filledCount > 1, header.count(where: { !Self.isBlank($0.text) }) == 1 {
        try write(header, source: place, to: &builder)
        candidate = (cells, source)
        return
      }
      let isHeader = hasBegun ? isInnerHeader(header, next: cells) : hasHeader ?? Self.isHeaderOfTable(header, next: cells)
      hasBegun = true
      if isHeader {
        names = Dictionary(header.map { ($0.column, Array(label($0.text, limit: 80).utf8)) }) { $1 }
        return try write(cells, source: source, to: &builder)
      }
      try write(header, source: place, to: &builder)
    }
    if !hasBegun || hasHeader == nil && filledCount > 1 && isLikelyBorder(filledCount) && Self.isHeader(cells) {
      candidate = (cells, source)
      return
    }
    try write(cells, source: source, to: &builder)
  }

  /// Whether a row of so many cells may begin another table: behind a gap, or wider than those before it.
  private func isLikelyBorder(_ filledCount: Int) -> Bool { isBehindGap || filledCount > (names.isEmpty ? widest : names.count + 1) }

  /// Whether a row within a table has the names of another one. A row of words is one like others where it stands in columns that have names, unless most of
  /// what stands below is none.
  private func isInnerHeader(_ cells: [Cell], next: [Cell]) -> Bool {
    guard Self.isHeader(cells, of: next) else { return false }
    let filled = cells.filter { !Self.isBlank($0.text) }
    guard filled.allSatisfy({ names[$0.column]?.isEmpty == false }) else { return true }
    let values = next.count { Self.isValue($0.text) }
    return values * 2 >= filled.count
  }

  /// Tells of empty rows: what comes behind them may be another table, with names of its own.
  mutating func addGap() { isBehindGap = true }

  /// A table of one row has no names of columns.
  mutating func end(_ builder: inout BlockBuilder) throws(DocumentError) {
    if let (cells, source) = candidate { try write(cells, source: source, to: &builder) }
    candidate = nil
  }

  private mutating func write(_ cells: [Cell], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    var parts: [[UInt8]] = []
    for cell in cells {
      let value = Array(label(cell.text, limit: nil).utf8)
      guard !value.isEmpty else { continue }
      let name = names[cell.column] ?? []
      parts.append(name.isEmpty ? value : name + Array(": ".utf8) + value)
    }
    let row = Array(parts.joined(separator: " · ".utf8))
    try builder.add(.tableRow, row[...], source: source, headingPath: headingPath, after: parts.count > 1 ? .line : .blankLine)
  }

  /// Whether some rows are a form of two columns, what a value is called and the value, which is now a number and now a word.
  static func isForm(_ rows: some Sequence<[Cell]>) -> Bool {
    var (words, others) = (0, 0)
    for row in rows {
      guard row.count <= 2, row.allSatisfy({ $0.column <= 1 }) else { return false }
      guard let value = row.first(where: { $0.column == 1 && !isBlank($0.text) }) else { continue }
      if isWord(value.text) { words += 1 } else { others += 1 }
    }
    // Above a column of numbers one word is its name.
    return others > 0 && words > 2 && words * 4 > others
  }

  /// Names of columns are words, all different, and mostly there, and no value stands behind them; beside words they may be years.
  private static func isHeader(_ cells: [Cell]) -> Bool {
    let filled = cells.map { label($0.text, limit: nil) }.filter { !$0.isEmpty }
    let width = 1 + (cells.last?.column ?? 0) - (cells.first?.column ?? 0)
    guard filled.count * 2 > width, Set(filled).count == filled.count, filled.allSatisfy({ $0.utf8.count <= 80 && !$0.hasSuffix(":") })
    else { return false }
    // One date is a value; where there are some in a row, columns are days.
    let signs = filled.filter { Double($0) == nil && $0.utf8.contains(where: \.isDigit) && $0.utf8.allSatisfy { !$0.isLetter && $0 < 0x80 } }
    let patterns = Set(signs.map { $0.split(omittingEmptySubsequences: false, whereSeparator: \.isNumber).map(String.init) })
    guard !signs.contains(where: isNumberOfOthers), signs.isEmpty || signs.count > 1 && signs.count * 2 >= filled.count && patterns.count == 1
    else { return false }
    let numbers = filled.compactMap { Double($0) }
    return numbers.isEmpty || numbers.count < filled.count && isRowOfYears(numbers)
  }

  /// Whether it is a number with a decimal comma, or in groups of three; dates and ranges are none.
  private static func isNumberOfOthers(_ text: String) -> Bool {
    let digits = text.utf8.drop { "-+".utf8.contains($0) }
    let parts = digits.split(omittingEmptySubsequences: false) { ".,' ".utf8.contains($0) }
    guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isDigit) }) else { return false }
    return parts.dropFirst().dropLast().allSatisfy { $0.count == 3 }
  }

  /// Years one after the other, in either direction and at equal distances, as no two columns of data have them.
  static func isRowOfYears(_ numbers: [Double]) -> Bool {
    let steps = Set(zip(numbers, numbers.dropFirst()).map { $1 - $0 })
    guard numbers.count > 1, steps.count == 1, let step = steps.first, numbers.count > 2 || abs(step) == 1 else { return false }
    return numbers.allSatisfy { $0 == $0.rounded() && (1800...2200).contains($0) }
  }

  /// Whether the first row has the names of the rest; in a single column words may be all there is.
  private static func isHeaderOfTable(_ cells: [Cell], next: [Cell]) -> Bool {
    isHeader(cells) && (cells.count > 1 || isHeader(cells, of: next))
  }

  /// Whether a row has the names of the one below it: that has numbers, dates and the like where it has words.
  private static func isHeader(_ cells: [Cell], of next: [Cell]) -> Bool {
    let columns = Set(cells.filter { isWord($0.text) }.map(\.column))
    return next.contains { columns.contains($0.column) && isValue($0.text) }
  }

  /// Begins with a digit, or a sign before one.
  private static func isValue(_ text: [UInt8]) -> Bool {
    let text = text.drop(while: \.isWhiteSpace)
    return (text.first?.isDigit ?? false) || text.count > 1 && "+-.".utf8.contains(text[text.startIndex]) && text[text.startIndex + 1].isDigit
  }

  private static func isBlank(_ text: [UInt8]) -> Bool { text.allSatisfy(\.isWhiteSpace) }

  private static func isWord(_ text: [UInt8]) -> Bool { !isValue(text) && !isBlank(text) }
}

extension BlockBuilder {
  /// Adds a table.
  ///
  /// - Parameter hasHeader: As in `TableRows`.
  mutating func add(rows: [[String]], headingPath: [String] = [], hasHeader: Bool? = nil, source: SourceSpan) throws(DocumentError) {
    var table = TableRows(headingPath: headingPath, hasHeader: hasHeader)
    for row in rows { try table.add(row.map { Array($0.utf8) }, source: source, to: &self) }
    try table.end(&self)
  }
}
