/// PDF by way of poppler's `pdftotext` and `pdfinfo`, each a limited child process.
struct PDFReader {
  let path: String
  let limits: ReadingLimits

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let output = try ConverterProgram.pdftotext.convert(data, of: path, ["-enc", "UTF-8", "-eol", "unix", "-", "-"], limits: limits)
    guard output.exitCode == 0 else { throw failure(output) }

    // Poppler passes on what the file says, which need not be valid.
    let text = Array(String(decoding: output.bytes, as: UTF8.self).utf8)
    let pages = PDFPages(text)
    var builder = BlockBuilder(path: path, limits: limits)
    for (index, paragraphs) in pages.paragraphs.enumerated() {
      for paragraph in paragraphs {
        try builder.add(.paragraph, paragraph[...], source: SourceSpan(pages: (index + 1)...(index + 1)))
      }
    }
    let information = PDFInformation(data, path: path, limits: limits)
    if builder.blocks.isEmpty { return try ScannedPagesReader(path: path, limits: limits).read(data, information) }
    return try builder.document(.pdf, title: information.title)
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
