/// PDF by way of poppler's `pdftotext` and `pdfinfo`, each a limited child process.
struct PDFReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting

  /// Pages that are read at a time: words with their places are a hundred bytes each.
  private static let batchPageCount = 200
  private static let pageLimit = 100_000

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let information = PDFInformation(data, path: path, limits: limits)
    let pageCount = max(1, information.pageCount ?? 1)
    guard pageCount <= Self.pageLimit else { throw .tooLarge(path, "it has \(pageCount) pages; the limit is \(Self.pageLimit)") }
    var builder = BlockBuilder(path: path, limits: limits)
    let batchCount = (pageCount + Self.batchPageCount - 1) / Self.batchPageCount
    // Of equal size, so that what repeats on pages is seen on the last ones too.
    let size = (pageCount + batchCount - 1) / batchCount
    for first in stride(from: 1, through: pageCount, by: size) {
      try nesting.goOn(path, limits: limits)
      let range = information.pageCount == nil ? [] : ["-f", "\(first)", "-l", "\(min(first + size - 1, pageCount))"]
      let output = try ConverterProgram.pdftotext.convert(data, of: path, ["-enc", "UTF-8", "-bbox-layout"] + range + ["-", "-"], limits: limits)
      guard output.exitCode == 0 else { throw failure(output) }
      // Poppler passes on what the file says, which need not be valid.
      let pages = PDFPages(PDFLayout(Array(String(decoding: output.bytes, as: UTF8.self).utf8)))
      for (index, parts) in pages.parts.enumerated() {
        let page = (first + index)...(first + index)
        for part in parts { try add(part, on: page, to: &builder) }
      }
    }
    if builder.blocks.isEmpty { return try ScannedPagesReader(path: path, limits: limits, nesting: nesting).read(data, information) }
    return try builder.document(.pdf, title: information.title)
  }

  private func add(_ part: PDFPages.Part, on page: ClosedRange<Int>, to builder: inout BlockBuilder) throws(DocumentError) {
    switch part {
    case .paragraph(let text, let lines):
      let box = lines.dropFirst().reduce(lines.first?.box) { $0?.union($1.box) }
      try builder.add(
        .paragraph, text[...], source: SourceSpan(pages: page, box: box),
        anchors: lines.map { SourceAnchor(offset: $0.offset, source: SourceSpan(pages: page, box: $0.box)) })
    case .table(let table):
      var rows = TableRows(hasHeader: table.hasHeader)
      for row in table.rows { try rows.add(cells: row.cells, source: SourceSpan(pages: page, box: row.box), to: &builder) }
      try rows.end(&builder)
    }
  }

  private func failure(_ output: Converter.Output) -> DocumentError {
    if output.complaint.contains("Incorrect password") { return .encrypted(path) }
    // The last complaint is the one that ended it.
    let lines = output.complaint.split(separator: "\n").map { line in
      line.drop { $0 != ":" }.isEmpty ? String(line) : String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
    }
    return .malformed(
      path, "PDF", lines.last { !$0.isEmpty }.map { "pdftotext says: " + label($0.utf8) } ?? "pdftotext ended with status \(output.exitCode)")
  }
}
