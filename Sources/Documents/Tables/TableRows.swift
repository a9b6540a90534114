/// Writes the rows of one table as blocks that read alone: each value stands behind its column's name, where the first row has names.
struct TableRows {
  private var first: (fields: [[UInt8]], source: SourceSpan)?
  private var names: [[UInt8]] = []
  private var hasRows = false
  private let headingPath: [String]

  init(headingPath: [String] = []) {
    self.headingPath = headingPath
  }

  /// Takes the next row; one without visible text is left out.
  mutating func add(_ fields: [[UInt8]], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    if fields.allSatisfy({ $0.allSatisfy(\.isWhiteSpace) }) { return }
    guard let header = first else {
      first = (fields, source)
      return
    }
    if !hasRows {
      if Self.isHeader(header.fields) {
        names = header.fields.map { Array(label($0, limit: 80).utf8) }
      } else {
        try write(header.fields, source: header.source, to: &builder)
      }
    }
    try write(fields, source: source, to: &builder)
  }

  /// A table of one row has no names of columns.
  mutating func end(_ builder: inout BlockBuilder) throws(DocumentError) {
    if !hasRows, let first { try write(first.fields, source: first.source, to: &builder) }
  }

  private mutating func write(_ fields: [[UInt8]], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    hasRows = true
    var parts: [[UInt8]] = []
    for (index, field) in fields.enumerated() {
      let value = Array(label(field, limit: nil).utf8)
      guard !value.isEmpty else { continue }
      parts.append(index < names.count && !names[index].isEmpty ? names[index] + Array(": ".utf8) + value : value)
    }
    let row = Array(parts.joined(separator: " · ".utf8))
    try builder.add(.tableRow, row[...], source: source, headingPath: headingPath, after: parts.count > 1 ? .line : .blankLine)
  }

  /// Names of columns are words, all different, and mostly there.
  private static func isHeader(_ fields: [[UInt8]]) -> Bool {
    let names = fields.map { label($0, limit: nil) }
    let filled = names.filter { !$0.isEmpty }
    guard filled.count * 2 > names.count, Set(filled).count == filled.count, filled.allSatisfy({ $0.utf8.count <= 80 }) else { return false }
    return !filled.contains { Double($0) != nil }
  }
}
