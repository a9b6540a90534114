import Foundation

/// Text in pictures, read by tesseract with the languages that are installed.
struct PictureText {
  private let path: String
  private let limits: ReadingLimits
  /// As tesseract names them.
  private let languages: String

  /// - Throws: `document_converter_missing` without tesseract, or the data of a language.
  init(path: String, limits: ReadingLimits) throws(DocumentError) {
    (self.path, self.limits) = (path, limits)
    languages = try Self.languages(of: path, limits)
  }

  /// What tesseract reads from one picture (PNG, JPEG, TIFF, PNM …), its paragraphs from top to bottom.
  func paragraphs(of picture: [UInt8]) throws(DocumentError) -> [[UInt8]] {
    let output = try ConverterProgram.tesseract.convert(picture, of: path, ["stdin", "stdout", "-l", languages], limits: limits)
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
  private static func languages(of path: String, _ limits: ReadingLimits) throws(DocumentError) -> String {
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
