/// What the parts of a file before one leave open for it. A file that is read whole is its own first and last part.
struct PartContext {
  var isFirst = true
  var isLast = true
  /// Text and Markdown: the headings that are in force.
  var headings = HeadingStack()
  /// Plain text: the characters that underline headings, by their level.
  var underlines: [UInt8] = []
  /// Markdown: the line that opened the code in which the part before ended.
  var openFence: [UInt8]?
  /// Tables: the names of their columns.
  var rows = TableRows()
  /// Source code without a telling name: as its first line says.
  var codeLanguage: CodeLanguage?

  private var knownDelimiter: UInt8?

  /// What lies between the fields of a table: as its first bytes say.
  mutating func delimiter(of bytes: [UInt8], _ format: DocumentFormat) -> UInt8 {
    let delimiter = knownDelimiter ?? (format == .tsv ? UInt8(ascii: "\t") : DelimitedText.sniffDelimiter(of: bytes))
    knownDelimiter = delimiter
    return delimiter
  }
}
