/// Files that a PDF carries (PDF 1.7, section 7.11.4): invoices as data, the parts of a portfolio.
struct PDFAttachments {
  /// In the PDF's order.
  let names: [String]
  /// What keeps them from being known.
  let failure: String?

  private let data: [UInt8]
  private let path: String
  private let limits: ReadingLimits

  /// Each is taken out by a process of its own, which reads the whole PDF.
  static let countLimit = 100

  init(_ data: [UInt8], path: String, limits: ReadingLimits) {
    (self.data, self.path, self.limits) = (data, path, limits)
    // Their streams lie in no other stream, so that this can be seen.
    guard data.firstRange(of: "/EmbeddedFile") != nil else {
      (names, failure) = ([], nil)
      return
    }
    do throws(DocumentError) {
      let list = try Self.output(["-list"], data, path: path, limits: limits)
      let isKnown = list.exitCode == 0
      (names, failure) = (
        isKnown ? Self.names(String(decoding: list.bytes, as: UTF8.self)) : [], isKnown ? nil : ConverterProgram.pdfdetach.complaint(list)
      )
    } catch {
      (names, failure) = ([], error.why ?? error.message)
    }
  }

  /// What a file holds.
  ///
  /// - Parameter index: Its place in `names`.
  func content(at index: Int) throws(DocumentError) -> [UInt8] {
    let output = try Self.output(["-save", "\(index + 1)", "-o", "/dev/stdout"], data, path: path, limits: limits)
    guard output.exitCode == 0 else { throw .malformed(path, "PDF", ConverterProgram.pdfdetach.complaint(output)) }
    return output.bytes
  }

  private static func output(
    _ arguments: [String], _ data: [UInt8], path: String, limits: ReadingLimits
  ) throws(DocumentError) -> Converter.Output {
    try ConverterProgram.pdfdetach.convert(data, of: path, ["-enc", "UTF-8"] + arguments + ["fd://0"], limits: limits)
  }

  /// `2 embedded files`, then `1: note.txt`; a name may run over lines.
  private static func names(_ list: String) -> [String] {
    var names: [String] = []
    for line in list.split(separator: "\n").dropFirst() {
      let start = "\(names.count + 1): "
      guard line.hasPrefix(start) else { continue }
      let name = line.dropFirst(start.count).split { $0 == "/" || $0 == "\\" }.last.map { label($0.utf8) } ?? ""
      names.append(name.isEmpty ? "attachment \(names.count + 1)" : name)
    }
    return names
  }
}
