import Foundation

/// Takes the text out of a file of any format that Quarry knows.
package struct DocumentReader: Sendable {
  package let limits: ReadingLimits

  package init(limits: ReadingLimits = ReadingLimits()) {
    self.limits = limits
  }

  /// The format that a file's name tells; `nil` if it tells none, in which case `read` looks at the bytes.
  package static func format(ofPath path: String) -> DocumentFormat? {
    DocumentFormat(path: path)
  }

  /// - Throws: `DocumentError`; its `isUnsupportedFormat` tells images, archives and the like from documents that could not be read.
  package func read(path: String) throws(DocumentError) -> ExtractedDocument {
    if let kind = ForeignFormat.kind(ofPath: path) { throw .unsupported(path, "it is \(kind)") }
    let data = try bytes(ofFile: path)
    return try read(data, path: path)
  }

  /// The same of bytes that are already read; of a PDF the file itself is still read by its converter.
  func read(_ data: [UInt8], path: String) throws(DocumentError) -> ExtractedDocument {
    let named = DocumentFormat(path: path)
    if let kind = ForeignFormat.kind(of: data) { throw .unsupported(path, "it is \(kind)") }
    guard !data.isEmpty else { throw .empty(path, "the file is empty") }
    let format = named ?? DocumentFormat(sniffing: data)
    if format == .pdf { return try PDFReader(limits: limits).read(path: path) }
    let declared = format == .html ? HTMLCharset.declared(in: data) : nil
    guard let source = TextDecoding.decode(data, declared: declared) else {
      throw named == nil ? .unsupported(path, "its bytes are not text") : .malformed(path, "text", "it holds binary data")
    }
    switch format {
    case .markdown: return try MarkdownReader(path: path, limits: limits).read(source)
    case .html: return try HTMLReader(path: path, limits: limits).read(source)
    case .csv: return try TableReader(path: path, limits: limits, format: .csv).read(source)
    case .tsv: return try TableReader(path: path, limits: limits, format: .tsv).read(source)
    case .json: return try JSONReader(path: path, limits: limits).read(source)
    case .jsonLines: return try JSONLinesReader(path: path, limits: limits).read(source)
    case .sourceCode: return try CodeReader(path: path, limits: limits).read(source)
    case .plainText, .pdf, nil: return try PlainTextReader(path: path, limits: limits).read(source)
    }
  }

  private func bytes(ofFile path: String) throws(DocumentError) -> [UInt8] {
    guard let status = FileStatus(path: path) else { throw .unreadable(path, String(cString: strerror(errno))) }
    // A pipe or a device would block or never end.
    guard status.isRegularFile else { throw .unreadable(path, "it is not a regular file") }
    guard status.byteCount <= limits.fileByteCount else {
      throw .tooLarge(path, "the file has \(status.byteCount) bytes, the limit is \(limits.fileByteCount)")
    }
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var data = [UInt8](repeating: 0, count: Int(status.byteCount))
    var filled = 0
    while filled < data.count {
      let count = data.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
      // The file became shorter while it was read.
      if count == 0 { break }
      filled += count
    }
    data.removeLast(data.count - filled)
    return data
  }
}
