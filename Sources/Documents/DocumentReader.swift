import Foundation

/// Takes the text out of a file of any format that Quarry knows.
package struct DocumentReader: Sendable {
  package let limits: ReadingLimits

  /// Rises when files are read that failed before.
  private static let version = 6

  /// Whether HTML is a page of a site, which stands in the midst of its navigation.
  private let isPage: Bool

  package init(limits: ReadingLimits = ReadingLimits()) { self.init(limits: limits, isPage: true) }

  private init(limits: ReadingLimits, isPage: Bool) {
    self.limits = limits
    self.isPage = isPage
  }

  /// What reads the text of messages.
  static func ofMessages(limits: ReadingLimits) -> DocumentReader { DocumentReader(limits: limits, isPage: false) }

  /// Changes with everything beside a file that decides whether it can be read: limits, and programs that are installed.
  package var fingerprint: String {
    let programs = ConverterProgram.all.filter(\.isInstalled).map(\.name)
    let data = PDFReader.hasEncodings ? ["poppler-data"] : []
    return "reader-\(Self.version)-\(limits.fingerprint)-\((programs + data).joined(separator: "+"))"
  }

  /// The format that a file's name tells; `nil` if it tells none, in which case `read` looks at the bytes.
  package static func format(ofPath path: String) -> DocumentFormat? {
    DocumentFormat(path: path)
  }

  /// - Throws: `DocumentError`; its `isUnsupportedFormat` tells images, archives and the like from documents that could not be read.
  package func read(path: String) throws(DocumentError) -> ExtractedDocument { try read(try content(ofFile: path), path: path) }

  /// The same of a file's content.
  ///
  /// - Parameter isCancelled: Asked between the steps of long work: documents inside of it, batches of pages.
  package func read(
    _ content: [UInt8], path: String, isCancelled: @escaping () -> Bool = { false }
  ) throws(DocumentError) -> ExtractedDocument { try read(content, path: path, nesting: Nesting(limits, isCancelled: isCancelled)) }

  /// - Parameter path: What it is called, for its format and for errors.
  func read(_ data: [UInt8], path: String, nesting: Nesting) throws(DocumentError) -> ExtractedDocument {
    if let kind = ForeignFormat.kind(of: data, path: path) { throw .unsupported(path, "it is \(kind)") }
    guard !data.isEmpty else { throw .empty(path, "the file is empty") }
    guard let format = DocumentFormat.detect(data, path: path) else { return try text(data, path: path, format: nil) }
    if [.email, .mailbox, .archive, .compressed].contains(format), nesting.depth >= limits.archiveDepth {
      throw .tooLarge(path, "archives and messages lie in each other more than \(limits.archiveDepth) deep")
    }
    switch format {
    case .pdf: return try PDFReader(path: path, limits: limits, nesting: nesting).read(data)
    case .docx, .odt, .rtf, .epub, .notebook: return try PandocReader(path: path, limits: limits, format: format).read(data)
    case .pptx: return try PresentationReader(path: path, limits: limits).read(data)
    case .xlsx: return try SpreadsheetReader(path: path, limits: limits).read(data)
    case .ods, .odp: return try OpenDocumentReader(path: path, limits: limits, format: format).read(data)
    case .email, .mailbox: return try MailReader(path: path, limits: limits, nesting: nesting, format: format).read(data)
    case .archive: return try ArchiveReader(path: path, limits: limits, nesting: nesting).read(data)
    case .compressed: return try CompressedReader(path: path, limits: limits, nesting: nesting).read(data)
    case .image: return try image(data, path: path)
    case .markdown, .html, .plainText, .sourceCode, .csv, .tsv, .json, .jsonLines, .xml, .restructuredText, .org, .latex, .man, .subtitles:
      return try text(data, path: path, format: format)
    }
  }

  /// Without tesseract a picture is one of the things that Quarry does not read.
  private func image(_ data: [UInt8], path: String) throws(DocumentError) -> ExtractedDocument {
    guard ConverterProgram.tesseract.isInstalled else {
      throw .unsupported(path, "it is an image, whose text would be read with tesseract (apt install tesseract-ocr)")
    }
    return try ImageReader(path: path, limits: limits).read(data)
  }

  func text(_ data: [UInt8], path: String, format: DocumentFormat?) throws(DocumentError) -> ExtractedDocument {
    let declared = [.html, .xml].contains(format) ? HTMLCharset.declared(in: data, isXML: format == .xml) : nil
    guard let source = TextDecoding.decode(data, declared: declared) else {
      throw .noText(path)
    }
    switch format {
    case .html: return try HTMLReader(path: path, limits: limits, isConverted: !isPage).read(source)
    case .json: return try JSONReader(path: path, limits: limits).read(source)
    case .xml: return try XMLReader(path: path, limits: limits).read(source)
    case let format? where PandocReader.name(of: format) != nil: return try markup(source, path: path, format: format)
    default:
      var context = PartContext()
      return try part(source, path: path, format: format, &context)
    }
  }

  /// Text in one of the formats that can be read in parts.
  func part(_ source: SourceText, path: String, format: DocumentFormat?, _ context: inout PartContext) throws(DocumentError) -> ExtractedDocument {
    switch format {
    case .markdown: try MarkdownReader(path: path, limits: limits).read(source, &context)
    case .csv: try TableReader(path: path, limits: limits, format: .csv).read(source, &context)
    case .tsv: try TableReader(path: path, limits: limits, format: .tsv).read(source, &context)
    case .jsonLines: try JSONLinesReader(path: path, limits: limits).read(source)
    case .sourceCode: try CodeReader(path: path, limits: limits).read(source, &context)
    case .subtitles: try SubtitleReader(path: path, limits: limits).read(source)
    default: try PlainTextReader(path: path, limits: limits).read(source, &context)
    }
  }

  /// Markup that is readable as it is: where pandoc is missing or does not understand it, it is read as plain text.
  private func markup(_ source: SourceText, path: String, format: DocumentFormat) throws(DocumentError) -> ExtractedDocument {
    // Of pages in mdoc(7), which have `.Sh`, pandoc leaves out what stands in macros.
    let isMarkup = format != .man || source.bytes.prefix(8192).firstRange(of: ".SH") != nil
    if ConverterProgram.pandoc.isInstalled, isMarkup,
      let document = try? PandocReader(path: path, limits: limits, format: format).read(source.bytes, source: source)
    {
      return document
    }
    var context = PartContext()
    return try PlainTextReader(path: path, limits: limits).read(source, &context)
  }

  /// A file's bytes, unless its name and the first of them say that nothing here reads it.
  package func content(ofFile path: String) throws(DocumentError) -> [UInt8] {
    let file = try OpenFile(path: path)
    let head = try file.bytes(at: 0, count: ForeignFormat.headByteCount)
    if let kind = ForeignFormat.kind(of: head, path: path) { throw .unsupported(path, "it is \(kind)") }
    guard file.byteCount <= limits.fileByteCount else {
      throw .tooLarge(path, "the file has \(file.byteCount) bytes, the limit is \(limits.fileByteCount)")
    }
    return head.count < file.byteCount ? try file.bytes(at: 0, count: Int(file.byteCount)) : head
  }

  /// A file of text that is too long to be held, to be read part by part; `nil` for one that is read whole.
  ///
  /// - Parameter byteCount: Of its bytes that count; what has been written behind them since does not.
  package func partedFile(_ path: String, byteCount: Int64 = .max) throws(DocumentError) -> PartedFile? {
    try PartedFile(path: path, byteCount: byteCount, reader: self)
  }
}
