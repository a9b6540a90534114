/// Files that a PDF carries (PDF 1.7, section 7.11.4): invoices as data, the parts of a portfolio.
struct PDFAttachments {
  private(set) var files: [(name: String, data: [UInt8])] = []
  /// What is not among them, and why.
  private(set) var omissions: [ExtractedDocument.Omission] = []

  /// Each is taken out by a process of its own, which reads the whole PDF.
  private static let countLimit = 100

  init(_ data: [UInt8], path: String, limits: ReadingLimits, nesting: Nesting) {
    // Their streams lie in no other stream, so that this can be seen.
    guard data.firstRange(of: Array("/EmbeddedFile".utf8)) != nil else { return }
    func output(_ arguments: [String]) throws(DocumentError) -> Converter.Output {
      try ConverterProgram.pdfdetach.convert(data, of: path, ["-enc", "UTF-8"] + arguments + ["fd://0"], limits: limits)
    }
    func note(_ name: String, _ reason: String) { omissions.append(.init(name: name, reason: reason, isFailure: true)) }
    let names: [String]
    do throws(DocumentError) {
      let list = try output(["-list"])
      // A PDF that is damaged is read as far as it goes: the pages say so.
      guard list.exitCode == 0 else { return }
      names = Self.names(String(decoding: list.bytes, as: UTF8.self))
    } catch {
      note("attached files", error.why ?? error.message)
      return
    }
    guard names.isEmpty || nesting.depth < limits.archiveDepth else {
      note("attached files", "archives and messages lie in each other more than \(limits.archiveDepth) deep")
      return
    }
    for (index, name) in names.prefix(Self.countLimit).enumerated() {
      do throws(DocumentError) {
        let content = try output(["-save", "\(index + 1)", "-o", "/dev/stdout"])
        if content.exitCode == 0 { files.append((name, content.bytes)) } else { note(name, ConverterProgram.pdfdetach.complaint(content)) }
      } catch {
        note(name, error.why ?? error.message)
      }
    }
    if names.count > Self.countLimit { note("\(names.count - Self.countLimit) attached files", "only the first \(Self.countLimit) are read") }
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
