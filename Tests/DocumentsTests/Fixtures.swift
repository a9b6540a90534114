import Documents
import Foundation
import Testing

/// Where the tests find documents.
enum Fixtures {
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  static let folder = repository.appending(path: "Corpora/fixtures").path(percentEncoded: false)
  /// Real and hostile files that are not part of the repository.
  static let evaluation = repository.appending(path: "../shared/eval/documents").standardizedFileURL.path(percentEncoded: false)

  static func read(_ name: String) throws -> ExtractedDocument {
    try DocumentReader().read(path: folder + "/" + name)
  }

  /// A document of an office program with these parts.
  static func package(_ parts: [String: Data], in folder: String, as name: String) throws -> String {
    let source = folder + "/" + UUID().uuidString
    for (name, data) in parts {
      let file = URL(filePath: source + "/" + name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: file)
    }
    let packer = Process()
    packer.executableURL = URL(filePath: "/usr/bin/bsdtar")
    let members = Set(parts.keys.map { String($0.prefix { $0 != "/" }) }).sorted()
    packer.arguments = ["-C", source, "--format=zip", "--options", "zip:compression=store", "-cf", "\(folder)/\(name)"] + members
    try packer.run()
    packer.waitUntilExit()
    try #require(packer.terminationStatus == 0)
    return "\(folder)/\(name)"
  }

  /// The namespace of texts of Word.
  static let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

  /// A DOCX.
  ///
  /// - Parameters:
  ///   - document: Its main part.
  ///   - relationships: The namespace of its kinds of parts.
  static func docx(
    _ document: String, relationships: String = "http://schemas.openxmlformats.org/officeDocument/2006/relationships", others: [String: Data] = [:],
    in folder: String
  ) throws -> String {
    let names = "http://schemas.openxmlformats.org/package/2006"
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    let type = "<Override PartName=\"/word/document.xml\" ContentType=\"\(main)\"/>"
    let target = "<Relationship Id=\"a\" Type=\"\(relationships)/officeDocument\" Target=\"word/document.xml\"/>"
    let parts = [
      "[Content_Types].xml": "<Types xmlns=\"\(names)/content-types\">\(type)</Types>",
      "_rels/.rels": "<Relationships xmlns=\"\(names)/relationships\">\(target)</Relationships>", "word/document.xml": document,
    ]
    return try package(parts.mapValues { Data($0.utf8) }.merging(others) { first, _ in first }, in: folder, as: "a.docx")
  }

  /// A folder that is removed after `body`.
  static func withTemporaryFolder<R>(_ body: (String) throws -> R) throws -> R {
    let folder = NSTemporaryDirectory() + "quarry-documents-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  static func read(_ bytes: some Sequence<UInt8>, as name: String, limits: ReadingLimits = ReadingLimits()) throws -> ExtractedDocument {
    try withTemporaryFolder { folder in
      let path = folder + "/" + name
      try Data(bytes).write(to: URL(filePath: path))
      return try DocumentReader(limits: limits).read(path: path)
    }
  }

  static func read(_ text: String, as name: String) throws -> ExtractedDocument { try read(text.utf8, as: name) }
}

extension ExtractedDocument {
  func text(of block: Block) -> String { String(decoding: Array(text.utf8)[block.textRange], as: UTF8.self) }
  var texts: [String] { blocks.map { text(of: $0) } }

  /// `kind lines text` of every block: what the exact tests compare.
  var outline: [String] {
    blocks.map { block in
      let kind =
        switch block.kind {
        case .heading(let level): "h\(level)"
        case .paragraph: "p"
        case .listItem: "li"
        case .code: "code"
        case .tableRow: "row"
        case .record: "record"
        }
      let place =
        block.source.lines.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        ?? "page \(block.source.pages?.lowerBound ?? 0)"
      return "\(kind) \(place) \(text(of: block).replacingOccurrences(of: "\n", with: "⏎"))"
    }
  }

  /// Empty when blocks are in order, on scalar borders, without NUL, and only white space lies between them.
  var faults: [String] {
    var result: [String] = []
    let bytes = Array(text.utf8)
    var end = 0
    for block in blocks {
      if block.textRange.lowerBound < end || block.textRange.upperBound > bytes.count || block.textRange.isEmpty {
        return ["block \(block.textRange) after \(end)"]
      }
      if bytes[end..<block.textRange.lowerBound].contains(where: { $0 > 0x20 }) { result.append("text before \(block.textRange)") }
      if bytes[block.textRange.lowerBound] & 0xC0 == 0x80 { result.append("\(block.textRange) begins inside a character") }
      if let lines = block.source.lines, lines.lowerBound < 1 { result.append("line 0") }
      if block.anchors.contains(where: { !block.textRange.contains($0.offset) }) { result.append("anchor outside \(block.textRange)") }
      end = block.textRange.upperBound
    }
    if bytes[end...].contains(where: { $0 > 0x20 }) { result.append("text after the last block") }
    if bytes.contains(0) { result.append("NUL") }
    return result
  }
}
