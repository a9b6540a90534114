/// CSV and TSV: every record a row that reads alone, `column: value · column: value`.
struct TableReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    let delimiter = format == .tsv ? UInt8(ascii: "\t") : DelimitedText.sniffDelimiter(of: source.bytes)
    var text = DelimitedText(bytes: source.bytes, delimiter: delimiter)
    var builder = BlockBuilder(path: path, limits: limits)
    var rows = TableRows()
    while let record = text.next() { try rows.add(record.fields, source: source.span(record.range), to: &builder) }
    try rows.end(&builder)
    return try builder.document(format, title: nil, whyEmpty: "it has no rows")
  }
}
