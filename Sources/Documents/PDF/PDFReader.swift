import Foundation

/// PDF by way of poppler's `pdftotext` and `pdfinfo`, each a limited child process.
struct PDFReader {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting

  /// Pages that are read at a time: words with their places are a hundred bytes each.
  private static let batchPageCount = 200
  private static let pageLimit = 100_000

  /// Whether poppler's tables of the encodings of Chinese, Japanese and Korean are installed, where Debian and most others put them.
  static var hasEncodings: Bool { FileManager.default.fileExists(atPath: "/usr/share/poppler/cMap") }

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let information = PDFInformation(data, path: path, limits: limits)
    let pageCount = max(1, information.pageCount ?? 1)
    guard pageCount <= Self.pageLimit else { throw .tooLarge(path, "it has \(pageCount) pages; the limit is \(Self.pageLimit)") }
    var builder = BlockBuilder(path: path, limits: limits)
    var scanned = ScannedPages(data, path: path, limits: limits, nesting: nesting)
    var missingMaps: [String] = []
    let batchCount = (pageCount + Self.batchPageCount - 1) / Self.batchPageCount
    // Of equal size, so that what repeats on pages is seen on the last ones too.
    let size = (pageCount + batchCount - 1) / batchCount
    for first in stride(from: 1, through: pageCount, by: size) {
      try nesting.goOn(path, limits: limits)
      let range = information.pageCount == nil ? [] : ["-f", "\(first)", "-l", "\(min(first + size - 1, pageCount))"]
      let output = try ConverterProgram.pdftotext.convert(data, of: path, ["-enc", "UTF-8", "-bbox-layout"] + range + ["-", "-"], limits: limits)
      guard output.exitCode == 0 else { throw failure(output) }
      for map in Self.missingMaps(output) where !missingMaps.contains(map) { missingMaps.append(map) }
      // Poppler passes on what the file says, which need not be valid.
      let pages = PDFPages(PDFLayout(Array(String(decoding: output.bytes, as: UTF8.self).utf8)))
      for (index, parts) in pages.parts.enumerated() {
        let page = (first + index)...(first + index)
        for part in parts { try add(part, on: page, to: &builder) }
        // Running heads alone are no text.
        guard parts.isEmpty else { continue }
        for paragraph in try scanned.paragraphs(ofPage: first + index) {
          try builder.add(.paragraph, paragraph[...], source: SourceSpan(pages: page))
        }
      }
    }
    let attachments = PDFAttachments(data, path: path, limits: limits)
    if builder.blocks.isEmpty, attachments.names.isEmpty {
      if let map = missingMaps.first {
        throw .missingConverter(path, "poppler-data", package: "poppler-data", why: "its text is in the encoding \(map)")
      }
      if let failure = scanned.failure { throw failure }
    }
    var omissions: [ExtractedDocument.Omission] =
      missingMaps.map { .init(name: "text in \($0)", reason: "poppler-data is not installed (apt install poppler-data)", isFailure: true) }
      + scanned.omissions
    if let failure = attachments.failure { omissions.append(.init(name: "attached files", reason: failure, isFailure: true)) }
    let whyEmpty = "it holds no text, and none was found in pictures of its pages"
    guard !attachments.names.isEmpty else {
      return try builder.document(.pdf, title: information.title, omissions: omissions, whyEmpty: whyEmpty)
    }
    var members = MemberDocuments(path: path, limits: limits, nesting: nesting)
    for omission in omissions { members.fail(omission.name, omission.reason) }
    if !builder.blocks.isEmpty { try members.add(try builder.document(.pdf, title: information.title), named: nil) }
    try add(attachments, to: &members)
    return try members.document(.pdf, title: information.title, whyEmpty: whyEmpty)
  }

  /// One after the other, as each may be large.
  private func add(_ attachments: PDFAttachments, to members: inout MemberDocuments) throws(DocumentError) {
    guard nesting.depth < limits.archiveDepth else {
      return members.fail("attached files", "archives and messages lie in each other more than \(limits.archiveDepth) deep")
    }
    for (index, name) in attachments.names.prefix(PDFAttachments.countLimit).enumerated() {
      try nesting.goOn(path, limits: limits)
      let content: [UInt8]
      do throws(DocumentError) { content = try attachments.content(at: index) } catch {
        members.note(error, of: name, isEmpty: false)
        continue
      }
      try members.add(content, named: name)
    }
    let rest = attachments.names.count - PDFAttachments.countLimit
    if rest > 0 { members.fail("\(rest) attached files", "only the first \(PDFAttachments.countLimit) are read") }
  }

  /// Encodings of Chinese, Japanese and Korean whose tables are a package of their own.
  private static func missingMaps(_ output: Converter.Output) -> [String] {
    output.complaint.split(separator: "\n").compactMap { line in
      guard let start = line.firstRange(of: "Missing language pack for '")?.upperBound else { return nil }
      return label(line[start...].prefix { $0 != "'" }.utf8)
    }
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
    if output.complaint.contains("Wrong page range given") {
      return .malformed(path, "PDF", "no page can be found in it: its list of pages is missing or damaged")
    }
    // The last complaint is the one that ended it.
    let lines = output.complaint.split(separator: "\n").map { line in
      line.drop { $0 != ":" }.isEmpty ? String(line) : String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
    }
    return .malformed(
      path, "PDF", lines.last { !$0.isEmpty }.map { "pdftotext says: " + label($0.utf8) } ?? "pdftotext ended with status \(output.exitCode)")
  }
}
