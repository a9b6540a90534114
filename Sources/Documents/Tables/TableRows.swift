/// Writes the rows of one table as blocks that read alone: each value stands behind its column's name, where the first row has names.
struct TableRows {
  /// A field that holds something, and its column from 0.
  typealias Cell = (column: Int, text: [UInt8])

  private var first: (cells: [Cell], source: SourceSpan)?
  private var names: [Int: [UInt8]] = [:]
  private var hasRows = false
  private let headingPath: [String]
  private let hasHeader: Bool?

  /// - Parameter hasHeader: Whether the first row has the columns' names; `nil` where that is to be seen from what stands there.
  init(headingPath: [String] = [], hasHeader: Bool? = nil) {
    self.headingPath = headingPath
    self.hasHeader = hasHeader
  }

  /// Takes the next row; one without visible text is left out.
  mutating func add(_ fields: [[UInt8]], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    try add(cells: fields.enumerated().map { ($0, $1) }, source: source, to: &builder)
  }

  /// The same of a row of which only some cells are there, in the order of their columns.
  mutating func add(cells: [Cell], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    if cells.allSatisfy({ $0.text.allSatisfy(\.isWhiteSpace) }) { return }
    guard let header = first else {
      first = (cells, source)
      return
    }
    if !hasRows {
      if hasHeader ?? Self.isHeader(header.cells) {
        for cell in header.cells { names[cell.column] = Array(label(cell.text, limit: 80).utf8) }
      } else {
        try write(header.cells, source: header.source, to: &builder)
      }
    }
    try write(cells, source: source, to: &builder)
  }

  /// A table of one row has no names of columns.
  mutating func end(_ builder: inout BlockBuilder) throws(DocumentError) {
    if !hasRows, let first { try write(first.cells, source: first.source, to: &builder) }
  }

  private mutating func write(_ cells: [Cell], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    hasRows = true
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

  /// Names of columns are words, all different, and mostly there.
  private static func isHeader(_ cells: [Cell]) -> Bool {
    let filled = cells.map { label($0.text, limit: nil) }.filter { !$0.isEmpty }
    let width = 1 + (cells.last?.column ?? 0)
    guard filled.count * 2 > width, Set(filled).count == filled.count, filled.allSatisfy({ $0.utf8.count <= 80 }) else { return false }
    return !filled.contains { Double($0) != nil }
  }
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
