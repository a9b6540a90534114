import Foundation

/// Text in pictures, read by tesseract with the languages that are installed.
struct PictureText {
  let path: String
  let limits: ReadingLimits

  /// What tesseract reads from one picture (PNG, JPEG, TIFF, PNM …), its paragraphs from top to bottom.
  func paragraphs(of picture: [UInt8]) throws(DocumentError) -> [[UInt8]] {
    let output = try ConverterProgram.tesseract.convert(picture, of: path, ["stdin", "stdout", "-l", try languages()], limits: limits)
    guard output.exitCode == 0 else { throw .malformed(path, "image", ConverterProgram.tesseract.complaint(output)) }
    let text = Array(String(decoding: output.bytes, as: UTF8.self).utf8)
    let source = SourceText(utf8: text)
    var paragraphs: [[UInt8]] = []
    var lines: [ArraySlice<UInt8>] = []
    for line in 1...max(1, source.lineCount) {
      let range = source.trimmed(source.lineRange(line))
      if range.isEmpty {
        if !lines.isEmpty { paragraphs.append(Array(lines.joined(separator: [UInt8(ascii: "\n")]))) }
        lines = []
      } else {
        lines.append(text[range])
      }
    }
    if !lines.isEmpty { paragraphs.append(Array(lines.joined(separator: [UInt8(ascii: "\n")]))) }
    // Noise in a photograph is read as single marks.
    return paragraphs.filter { $0.count { $0.isLetter || $0.isDigit || $0 >= 0x80 } * 2 > $0.count }
  }

  /// At most three: each takes its time on every page.
  private func languages() throws(DocumentError) -> String {
    let output = try ConverterProgram.tesseract.convert([], of: path, ["--list-langs"], limits: limits)
    let installed = String(decoding: output.bytes, as: UTF8.self).split(separator: "\n").dropFirst().map(String.init).filter { $0 != "osd" }
    guard !installed.isEmpty else { throw .missingConverter(path, "tesseract's data", package: "tesseract-ocr-eng") }
    let preferred = installed.contains("eng") ? ["eng"] + installed.filter { $0 != "eng" } : installed
    return preferred.prefix(3).joined(separator: "+")
  }
}

/// A picture as a document of one page.
struct ImageReader {
  let path: String
  let limits: ReadingLimits

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    var builder = BlockBuilder(path: path, limits: limits)
    for paragraph in try PictureText(path: path, limits: limits).paragraphs(of: data) {
      try builder.add(.paragraph, paragraph[...], source: SourceSpan(pages: 1...1))
    }
    // A photograph: not a document that failed.
    guard !builder.blocks.isEmpty else { throw .unsupported(path, "it is an image, and no text was found in it") }
    return try builder.document(.image, title: nil)
  }
}

/// A PDF whose pages are pictures: each is drawn by poppler and read by tesseract.
struct ScannedPagesReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting

  /// Dots per inch, as tesseract's documentation recommends at least.
  private static let resolution = 300

  func read(_ data: [UInt8], _ information: PDFInformation) throws(DocumentError) -> ExtractedDocument {
    guard ConverterProgram.tesseract.isInstalled else {
      throw .missingConverter(path, "tesseract", package: "tesseract-ocr", why: "its pages hold pictures only, as in a scan")
    }
    let pageCount = information.pageCount ?? 1
    guard pageCount <= limits.scannedPageCount else {
      throw .tooLarge(path, "it is a scan of \(pageCount) pages; the limit is \(limits.scannedPageCount)")
    }
    var builder = BlockBuilder(path: path, limits: limits)
    for page in 1...max(1, pageCount) {
      try nesting.goOn(path, limits: limits)
      let picture = try ConverterProgram.pdftoppm.convert(
        data, of: path, ["-f", "\(page)", "-l", "\(page)", "-r", "\(Self.resolution)", "-scale-to", "4000", "-gray", "-"], limits: limits)
      guard picture.exitCode == 0, !picture.bytes.isEmpty else { continue }
      for paragraph in try PictureText(path: path, limits: limits).paragraphs(of: picture.bytes) {
        try builder.add(.paragraph, paragraph[...], source: SourceSpan(pages: page...page))
      }
    }
    return try builder.document(.pdf, title: information.title, whyEmpty: "its pages hold pictures only, and no text was found in them")
  }
}
