/// PDF by way of poppler's `pdftotext` and `pdfinfo`, each a limited child process.
struct PDFReader {
  let limits: ReadingLimits

  func read(path: String) throws(DocumentError) -> ExtractedDocument {
    // A name that begins with a dash must not be read as an option.
    let file = path.hasPrefix("/") ? path : "./" + path
    let output = try run("pdftotext", ["-enc", "UTF-8", "-eol", "unix", file, "-"], path: path)
    guard output.exitCode == 0 else { throw failure(output, path: path) }

    // Poppler passes on what the file says, which need not be valid.
    let text = Array(String(decoding: output.bytes, as: UTF8.self).utf8)
    let pages = PDFPages(text)
    var builder = BlockBuilder(path: path, limits: limits)
    for (index, paragraphs) in pages.paragraphs.enumerated() {
      for paragraph in paragraphs {
        try builder.add(.paragraph, paragraph[...], source: SourceSpan(pages: (index + 1)...(index + 1)))
      }
    }
    guard !builder.blocks.isEmpty else {
      throw .empty(path, "its pages hold pictures only, as in a scan", remedy: "run it through OCR first, for example: ocrmypdf in.pdf out.pdf")
    }
    return try builder.document(.pdf, title: title(file: file, path: path))
  }

  private func run(_ program: String, _ arguments: [String], path: String) throws(DocumentError) -> Converter.Output {
    let converter = Converter(
      program: program, seconds: limits.converterSeconds, memoryByteCount: limits.converterMemoryByteCount, outputByteCount: limits.textByteCount)
    do {
      return try converter.run(arguments)
    } catch {
      switch error {
      case .missing: throw .converter(path, program, "it is not installed", remedy: "apt install poppler-utils")
      case .notStarted(let reason): throw .converter(path, program, reason)
      case .tooSlow: throw .tooLarge(path, "\(program) took more than \(limits.converterSeconds) seconds")
      case .tooMuchOutput: throw .tooLarge(path, "its text is longer than \(limits.textByteCount) bytes")
      case .killed(let signal): throw .converter(path, program, "it was stopped by signal \(signal), out of memory or time, or crashed")
      }
    }
  }

  private func failure(_ output: Converter.Output, path: String) -> DocumentError {
    if output.complaint.contains("Incorrect password") { return .encrypted(path) }
    // The last complaint is the one that ended it.
    let lines = output.complaint.split(separator: "\n").map { line in
      line.drop { $0 != ":" }.isEmpty ? String(line) : String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
    }
    return .malformed(
      path, "PDF", lines.last { !$0.isEmpty }.map { "pdftotext says: " + label($0.utf8) } ?? "pdftotext ended with status \(output.exitCode)")
  }

  /// What the metadata give for a title, without what word processors put there by themselves.
  private func title(file: String, path: String) -> String? {
    guard let output = try? run("pdfinfo", ["-enc", "UTF-8", file], path: path), output.exitCode == 0 else { return nil }
    let text = String(decoding: output.bytes, as: UTF8.self)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Title:") }) else { return nil }
    var title = label(line.dropFirst(6).utf8)
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
