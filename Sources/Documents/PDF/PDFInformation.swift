/// What a PDF says about itself, as poppler's `pdfinfo` prints it; nothing where it says nothing.
struct PDFInformation {
  /// Without what word processors put there by themselves.
  private(set) var title: String?
  private(set) var pageCount: Int?

  init(_ data: [UInt8], path: String, limits: ReadingLimits) {
    guard let output = try? ConverterProgram.pdfinfo.convert(data, of: path, ["-enc", "UTF-8", "-"], limits: limits), output.exitCode == 0 else {
      return
    }
    for line in String(decoding: output.bytes, as: UTF8.self).split(separator: "\n") {
      if title == nil, line.hasPrefix("Title:") { title = Self.title(label(line.dropFirst(6).utf8)) }
      if line.hasPrefix("Pages:") { pageCount = Int(line.dropFirst(6).drop { $0 == " " }) }
    }
  }

  private static func title(_ text: String) -> String? {
    var title = text
    if title.hasPrefix("Microsoft Word - ") || title.hasPrefix("Microsoft PowerPoint - ") {
      title = String(title.drop { $0 != "-" }.dropFirst(2))
    }
    let lower = title.lowercased()
    let isFileName = [".doc", ".docx", ".dvi", ".tex", ".indd", ".qxd", ".ppt", ".pptx", ".pdf", ".ps", ".xls", ".fm"].contains {
      lower.hasSuffix($0)
    }
    return title.isEmpty || isFileName || lower == "untitled" || lower == "(anonymous)" || lower.hasPrefix("untitled document") ? nil : title
  }
}
