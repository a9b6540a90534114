/// CSV and TSV: every record a row that reads alone, `column: value · column: value`.
struct TableReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    let delimiter = format == .tsv ? UInt8(ascii: "\t") : DelimitedText.sniffDelimiter(of: source.bytes)
    var text = DelimitedText(bytes: source.bytes, delimiter: delimiter)
    var builder = BlockBuilder(path: path, limits: limits)
    var first: DelimitedText.Record?
    var names: [[UInt8]] = []
    while let record = text.next() {
      if record.fields.allSatisfy({ $0.allSatisfy(\.isWhiteSpace) }) { continue }
      guard let header = first else {
        first = record
        continue
      }
      if builder.blocks.isEmpty {
        if isHeader(header.fields, above: record.fields) {
          names = header.fields.map { Array(label($0, limit: 80).utf8) }
        } else {
          try add(header, names: [], source: source, to: &builder)
        }
      }
      try add(record, names: names, source: source, to: &builder)
    }
    if builder.blocks.isEmpty, let first { try add(first, names: [], source: source, to: &builder) }
    return try builder.document(format, title: nil, whyEmpty: "it has no rows")
  }

  private func add(_ record: DelimitedText.Record, names: [[UInt8]], source: SourceText, to builder: inout BlockBuilder) throws(DocumentError) {
    var parts: [[UInt8]] = []
    for (index, field) in record.fields.enumerated() {
      let value = Array(label(field, limit: nil).utf8)
      guard !value.isEmpty else { continue }
      parts.append(index < names.count && !names[index].isEmpty ? names[index] + Array(": ".utf8) + value : value)
    }
    let row = Array(parts.joined(separator: " · ".utf8))
    try builder.add(.tableRow, row[...], source: source.span(record.range), after: parts.count > 1 ? .line : .blankLine)
  }

  /// Names of columns are words, all different, and mostly there.
  private func isHeader(_ fields: [[UInt8]], above second: [[UInt8]]) -> Bool {
    let names = fields.map { label($0, limit: nil) }
    let filled = names.filter { !$0.isEmpty }
    guard filled.count * 2 > names.count, Set(filled).count == filled.count, filled.allSatisfy({ $0.utf8.count <= 80 }) else { return false }
    return !filled.contains { Double($0) != nil }
  }
}
