import Documents
import Foundation
import Testing

/// Long texts, read in parts of a few hundred bytes: the same blocks at the same places as those of the text that is read whole.
@Suite struct PartsTests {
  private static func limits(record: Int = 4096) -> ReadingLimits {
    var limits = ReadingLimits()
    (limits.partByteCount, limits.recordByteCount) = (400, record)
    return limits
  }

  private static func parts(_ bytes: [UInt8], as name: String, limits: ReadingLimits = limits()) throws -> [ExtractedDocument] {
    try withFile(bytes, name) { path in
      let file = try #require(try DocumentReader(limits: limits).partedFile(path))
      var parts = file.parts()
      var (documents, consumed): ([ExtractedDocument], [UInt8]) = ([], [])
      while let part = try parts.next(consumed: { consumed += $0 }) {
        #expect(part.faults == [])
        documents.append(part)
      }
      #expect(consumed == bytes, "every byte belongs to one part")
      return documents
    }
  }

  private static func withFile<R>(_ bytes: [UInt8], _ name: String, _ body: (String) throws -> R) throws -> R {
    try Fixtures.withTemporaryFolder { folder in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
      return try body(folder + "/" + name)
    }
  }

  /// A block without its place in the text, which the parts do not share.
  private static func blocks(_ documents: [ExtractedDocument]) -> [String] {
    documents.flatMap { document in
      zip(document.blocks, document.outline).map { block, line in
        "\(line) | \(block.source.byteRange.map { "\($0)" } ?? "") | \(block.headingPath) | \(block.context ?? "") | \(block.record?.name ?? "")"
      }
    }
  }

  private static let texts: [(name: String, text: String)] = [
    (
      "notes.txt",
      "Title\n=====\n\n"
        + (1...40).map { ($0 % 9 == 0 ? "Part \($0)\n------\n\n" : "") + "Paragraph \($0) of the notes.\nIt has two lines.\n\n" }.joined()
    ),
    (
      "book.md",
      "---\nauthor: Ann\n---\n# The book\n\n"
        + (1...30).map { "\($0 % 7 == 0 ? "## Chapter \($0)\n\n" : "")Words about *\($0)*.\n\n```\ncode \($0)\n\nmore\n```\n\n- item \($0)\n\n" }
        .joined()
    ),
    ("table.csv", "name,remark\n" + (1...60).map { "\"n \($0)\",\"a remark\nof \"\"two\"\" lines, \($0)\"\n" }.joined()),
    ("table.tsv", "name\tremark\n" + (1...90).map { "n \($0)\tremark \($0)\n" }.joined()),
    ("records.jsonl", (1...60).map { "{\"_id\": \"r\($0)\", \"title\": \"T\", \"text\": \"The text of record \($0)\"}\n" }.joined()),
    ("main.swift", (1...40).map { "/// Gives \($0).\nfunc f\($0)() -> Int {\n  let x = \($0)\n\n  return x\n}\n\n" }.joined()),
    ("film.srt", (1...40).map { "\($0)\n00:00:\(10 + $0),000 --> 00:00:\(11 + $0),000\nWords of cue \($0)\n\n" }.joined()),
  ]

  @Test(arguments: texts.map(\.name))
  func partsAreTheWhole(name: String) throws {
    let text = try #require(Self.texts.first { $0.name == name }).text
    for ends in ["\n", "\r\n", "\r"] {
      let bytes = Array(text.replacingOccurrences(of: "\n", with: ends).utf8)
      let whole = try Fixtures.read(bytes, as: name)
      let parts = try Self.parts(bytes, as: name)
      #expect(parts.count > 3)
      #expect(Self.blocks(parts) == Self.blocks([whole]))
      #expect(parts.allSatisfy { $0.title == whole.title && $0.format == whole.format })
      #expect(parts[0].metadata == whole.metadata)
    }
  }

  /// The file's own bytes are counted, also where a part begins in the middle of it; nothing but the last part tells Latin-1 from UTF-8.
  @Test(arguments: ["windows1252", "utf8 with a mark", "utf16", "utf16be", "utf32", "broken utf8"])
  func encodingsAreKnownInEveryPart(encoding: String) throws {
    let text = (1...40).map { "Paragraph \($0) in plain letters.\nTwo lines.\n\n" }.joined() + "Grüße, häßlich \u{1F30A} schön"
    let latin = text.replacingOccurrences(of: "\u{1F30A}", with: "")
    let bytes: [UInt8] =
      switch encoding {
      case "windows1252": Array(try #require(latin.data(using: .windowsCP1252)))
      case "utf8 with a mark": [0xEF, 0xBB, 0xBF] + Array(text.utf8)
      case "utf16": [0xFF, 0xFE] + Array(try #require(text.data(using: .utf16LittleEndian)))
      case "utf16be": Array(try #require(text.data(using: .utf16BigEndian)))
      case "utf32": Array(try #require(text.data(using: .utf32LittleEndian)))
      default: Array("Fran\u{E7}ais ".utf8) + [0xFF] + Array(text.utf8)
      }
    let parts = try Self.parts(bytes, as: "a.txt")
    #expect(parts.count > 3)
    #expect(Self.blocks(parts) == Self.blocks([try Fixtures.read(bytes, as: "a.txt")]))
    #expect(parts.last?.text.hasSuffix(encoding == "windows1252" ? latin.suffix(6) : text.suffix(6)) == true)
  }

  @Test func lettersTellTheEncodingOfEveryPart() throws {
    let text = (1...40).map { "Paragraph \($0).\nTwo lines.\n\n" }.joined() + (1...40).map { "この契約は署名の日から\($0)年間、\n有効とする。\n\n" }.joined()
    let bytes = Array(try #require(text.data(using: .shiftJIS)))
    let parts = try Self.parts(bytes, as: "a.txt")
    #expect(parts.count > 3)
    #expect(parts.map(\.text).joined() == text.trimmingCharacters(in: .newlines))
    #expect(Self.blocks(parts) == Self.blocks([try Fixtures.read(bytes, as: "a.txt")]))
  }

  @Test func aLongLineIsCutBetweenWords() throws {
    let words = (1...400).map { "wört\($0)" }
    let parts = try Self.parts(Array(("first\n" + words.joined(separator: " ")).utf8), as: "a.txt")
    #expect(parts.flatMap { $0.text.split(whereSeparator: \.isWhitespace).map(String.init) } == ["first"] + words)
    #expect(parts.dropFirst(2).allSatisfy { $0.blocks.allSatisfy { $0.source.lines == 2...2 } })
    // Without white space it is cut between characters.
    let letters = try Self.parts(Array(String(repeating: "ä🌊", count: 500).utf8), as: "a.txt")
    #expect(letters.map { $0.text.trimmingCharacters(in: .whitespacesAndNewlines) }.joined() == String(repeating: "ä🌊", count: 500))
  }

  @Test func codeInMarkdownIsCodeInEveryPart() throws {
    let text = "# Log\n\n~~~text\n" + (1...100).map { "line \($0) # no heading\n" }.joined() + "~~~\n\nafter\n"
    let parts = try Self.parts(Array(text.utf8), as: "log.md")
    #expect(parts.count > 3)
    let code = parts.flatMap { part in part.blocks.filter { $0.kind == .code }.map { (part.text(of: $0), $0.source.lines) } }
    #expect(code.flatMap { $0.0.split(separator: "\n") } == (1...100).map { "line \($0) # no heading" })
    #expect(code.allSatisfy { text, lines in text.hasPrefix("line \((lines?.lowerBound ?? 0) - 3) ") })
    #expect(parts.last?.blocks.last.map { parts.last?.text(of: $0) } == "after")
    #expect(parts.allSatisfy { $0.title == "Log" })
  }

  @Test func aRecordIsNeverCut() throws {
    let long = String(repeating: "x", count: 1000)
    let lines = "{\"a\": 1}\n{\"a\": \"\(long)\"}\n{\"a\": 2}\n"
    #expect(try Self.parts(Array(lines.utf8), as: "a.jsonl").flatMap(\.blocks).count == 3)
    let error = #expect(throws: DocumentError.self) { try Self.parts(Array(lines.utf8), as: "a.jsonl", limits: Self.limits(record: 900)) }
    #expect(error?.code == "document_too_large" && error?.why == "line 2 begins a record of more than 900 bytes")
    // A quote that nothing closes begins no record of the rest of the file.
    let table = "a,b\n" + (1...200).map { "\($0),\($0 == 3 ? "\"" : "")text \($0)\n" }.joined()
    let rows = try Self.parts(Array(table.utf8), as: "a.csv", limits: Self.limits(record: 800)).flatMap(\.blocks)
    #expect(rows.count == 200 && rows.last?.source.lines == 201...201)
  }

  @Test func linesOfJSONAreKnownByAnyName() throws {
    let lines = (1...60).map { "{\"a\": \"value \($0)\"}\n" }.joined()
    #expect(try Self.parts(Array(lines.utf8), as: "a.json").flatMap(\.blocks).count == 60)
    let faulty = #expect(throws: DocumentError.self) { try Self.parts(Array((lines + "{\"a\": \n").utf8), as: "a.jsonl") }
    #expect(faulty?.why?.hasSuffix("(line 61)") == true)
    // One value of many lines is read whole.
    try Self.withFile(Array("[\n\(lines.replacingOccurrences(of: "}\n", with: "},\n"))1]".utf8), "b.json") { path in
      let isParted = try DocumentReader(limits: Self.limits()).partedFile(path) != nil
      #expect(!isParted)
    }
  }

  @Test func aFileThatChangesMeanwhileIsNoticed() throws {
    let text = (1...100).map { "Paragraph \($0).\n\n" }.joined()
    try Self.withFile(Array(text.utf8), "a.txt") { path in
      let file = try #require(try DocumentReader(limits: Self.limits()).partedFile(path))
      var parts = file.parts()
      #expect(try parts.next()?.text.hasPrefix("Paragraph 1.") == true)
      // What is written behind its end is not its own.
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("Paragraph 101.".utf8))
      var last = ""
      while let part = try parts.next() { last = part.text }
      #expect(last.hasSuffix("Paragraph 100."))
      parts = file.parts()
      _ = try parts.next()
      try handle.truncate(atOffset: 500)
      let error = #expect(throws: DocumentError.self) { while try parts.next() != nil {} }
      #expect(error?.code == "document_changed" && error?.why == "it was changed while it was read")
    }
  }

  @Test func emptyPartsArePassedOver() throws {
    let text = "begin\n\n" + String(repeating: "\n", count: 3000) + "end\n"
    let parts = try Self.parts(Array(text.utf8), as: "a.txt")
    #expect(parts.map { $0.text.trimmingCharacters(in: .newlines) } == ["begin", "end"])
    #expect(parts.last?.blocks.first?.source.lines == 3003...3003)
    let error = #expect(throws: DocumentError.self) { try Self.parts([UInt8](repeating: 0x20, count: 3000), as: "a.txt") }
    #expect(error?.code == "document_empty")
  }
}
