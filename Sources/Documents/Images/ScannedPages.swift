/// Pages of a PDF that hold no text, as in a scan: each is drawn by poppler and read by tesseract.
struct ScannedPages {
  let path: String
  let limits: ReadingLimits
  let nesting: Nesting
  let data: [UInt8]

  private var reader: PictureText?
  private var drawnCount = 0
  /// Pages that may have something on them and were not read, and why: one that cannot be read does not cost the others.
  private var leftOut: [(error: DocumentError, pages: [Int])] = []

  /// Dots per inch, as tesseract's documentation recommends at least.
  private static let resolution = 300

  init(_ data: [UInt8], path: String, limits: ReadingLimits, nesting: Nesting) {
    (self.data, self.path, self.limits, self.nesting) = (data, path, limits, nesting)
  }

  /// What is written on a page, from top to bottom; nothing if it is blank, or left out.
  mutating func paragraphs(ofPage page: Int) throws(DocumentError) -> [[UInt8]] {
    try nesting.goOn(path, limits: limits)
    do {
      return try read(page)
    } catch {
      if let index = leftOut.firstIndex(where: { $0.error == error }) { leftOut[index].pages.append(page) } else { leftOut.append((error, [page])) }
      return []
    }
  }

  private mutating func read(_ page: Int) throws(DocumentError) -> [[UInt8]] {
    if let missing = leftOut.first(where: { $0.error.isMissingConverter }) { throw missing.error }
    guard drawnCount < limits.scannedPageCount else {
      throw .tooLarge(path, "more than \(limits.scannedPageCount) of its pages hold no text, as in a scan")
    }
    // Text that is there is not to be lost for what takes long.
    if nesting.isHalfOver(limits) { throw .tooLarge(path, "reading the file has taken more than \(limits.fileSeconds / 2) s") }
    drawnCount += 1
    let picture = try ConverterProgram.pdftoppm.convert(
      data, of: path, ["-f", "\(page)", "-l", "\(page)", "-r", "\(Self.resolution)", "-scale-to", "4000", "-gray", "-"], limits: limits)
    let isBlank = Self.isBlank(picture.bytes)
    // A picture that is damaged leaves a page white.
    var isBroken = picture.exitCode != 0
    if !isBroken, isBlank, picture.complaint.contains("Error") { isBroken = try holdsPicture(page) }
    if isBroken { throw .malformed(path, "PDF", "a page cannot be drawn: " + ConverterProgram.pdftoppm.complaint(picture)) }
    if isBlank { return [] }
    guard ConverterProgram.tesseract.isInstalled else {
      throw .missingConverter(path, "tesseract", package: "tesseract-ocr", why: "pages of it hold pictures and no text, as in a scan")
    }
    if reader == nil { reader = try PictureText(path: path, limits: limits) }
    return try reader?.paragraphs(of: picture.bytes) ?? []
  }

  /// Behind two lines of names poppler lists a picture a line.
  private func holdsPicture(_ page: Int) throws(DocumentError) -> Bool {
    let list = try ConverterProgram.pdfimages.convert(data, of: path, ["-list", "-f", "\(page)", "-l", "\(page)", "-"], limits: limits)
    return list.bytes.split(separator: UInt8(ascii: "\n")).count > 2
  }

  /// Whether all of a PGM is of one grey; its first bytes say how large it is.
  private static func isBlank(_ picture: [UInt8]) -> Bool {
    let pixels = picture.dropFirst(20)
    guard let first = pixels.first else { return true }
    return pixels.allSatisfy { $0 == first }
  }

  /// Why the first page was left out that was.
  var failure: DocumentError? { leftOut.first?.error }

  var omissions: [ExtractedDocument.Omission] {
    leftOut.map { error, pages in
      let name = pages.count == 1 ? "page \(pages[0])" : "\(pages.count) of pages \(pages[0]) to \(pages[pages.count - 1])"
      return .init(name: name, reason: error.why ?? error.message, isFailure: true)
    }
  }
}
