/// CSV and TSV: every record a row that reads alone, `column: value · column: value`.
struct TableReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ source: SourceText, _ context: inout PartContext) throws(DocumentError) -> ExtractedDocument {
    var text = DelimitedText(bytes: source.bytes, delimiter: context.delimiter(of: source.bytes, format))
    var builder = BlockBuilder(path: path, limits: limits)
    while let record = text.next() { try context.rows.add(record.fields, source: source.span(record.range), to: &builder) }
    if context.isLast { try context.rows.end(&builder) }
    return try builder.document(format, title: nil, whyEmpty: "it has no rows")
  }
}
