import Documents
import Foundation
import Testing

/// One line for every way in which reading fails.
@Suite struct ErrorTests {
  private func error(_ body: () throws -> Void) -> DocumentError? {
    do {
      try body()
      return nil
    } catch {
      return error as? DocumentError
    }
  }

  @Test func missingFile() {
    let error = error { _ = try DocumentReader().read(path: "/nowhere/a.txt") }
    #expect(error?.code == "document_unreadable")
    #expect(error?.why == "No such file or directory")
  }

  @Test func folderInsteadOfFile() {
    #expect(error { _ = try DocumentReader().read(path: Fixtures.folder) }?.why == "it is not a regular file")
  }

  @Test(arguments: ["sound.mp3", "old.doc", "b.gguf", "c.exe"])
  func foreignFormatsAreSkipped(name: String) {
    let error = error { _ = try Fixtures.read([0x50, 0x4B, 3, 4], as: name) }
    #expect(error?.isUnsupportedFormat == true)
  }

  @Test func unknownBinaryIsSkipped() {
    #expect(error { _ = try Fixtures.read((0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 37) }, as: "mystery") }?.isUnsupportedFormat == true)
  }

  @Test func binaryUnderATextNameFails() {
    let error = error { _ = try Fixtures.read((0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 37) }, as: "a.txt") }
    #expect(error?.why == "it holds binary data")
    #expect(error?.isUnsupportedFormat == false)
  }

  @Test func emptyFile() {
    #expect(error { _ = try Fixtures.read("", as: "a.md") }?.why == "the file is empty")
    #expect(error { _ = try Fixtures.read(" \n\n", as: "a.md") }?.why == "it holds no visible text")
  }

  @Test func pdfWithoutText() {
    let error = error { _ = try Fixtures.read("drawing.pdf") }
    #expect(error?.code == "document_empty")
    #expect(error?.why == "it holds no text, and none was found in pictures of its pages")
  }

  @Test func brokenPDF() {
    let error = error { _ = try Fixtures.read("broken.pdf") }
    #expect(error?.code == "document_malformed")
    #expect(error?.isUnsupportedFormat == false)
  }

  @Test func brokenJSONNamesTheLine() {
    #expect(error { _ = try Fixtures.read("{\n\"a\": 1,\n}", as: "a.json") }?.why == "a key in quotes should be here (line 3)")
    #expect(error { _ = try Fixtures.read("{\"a\": 1}\n{\"a\": }", as: "a.jsonl") }?.why == "no value begins with this character (line 2)")
  }

  @Test func deepJSON() {
    #expect(error { _ = try Fixtures.read(String(repeating: "[", count: 100_000), as: "a.json") }?.why == "it is nested more than 512 deep")
  }

  /// A leaf repeats the names above it: a small file must not become a huge text on its way to an error.
  @Test func namesThatMultiply() {
    var text = "[" + Array(repeating: "{\"a\":1}", count: 500).joined(separator: ",") + "]"
    for _ in 0..<8 { text = "{\"" + String(repeating: "k", count: 1000) + "\":" + text + "}" }
    var small = ReadingLimits()
    small.textByteCount = 100_000
    #expect(error { _ = try Fixtures.read(text.utf8, as: "a.json", limits: small) }?.why == "its text is longer than 100000 bytes")
    #expect(error { _ = try Fixtures.read(text.utf8, as: "a.jsonl", limits: small) }?.why == "its text is longer than 100000 bytes (line 1)")
    for _ in 0..<12 { text = "{\"" + String(repeating: "k", count: 1000) + "\":" + text + "}" }
    #expect(error { _ = try Fixtures.read(text.utf8, as: "b.json") }?.why == "names inside each other are longer than 16384 bytes together")
  }

  @Test func limits() {
    var small = ReadingLimits()
    small.fileByteCount = 100
    #expect(error { _ = try Fixtures.read(String(repeating: "x ", count: 100).utf8, as: "a.txt", limits: small) }?.code == "document_too_large")
    small = ReadingLimits()
    small.textByteCount = 100
    #expect(error { _ = try Fixtures.read(String(repeating: "x ", count: 100).utf8, as: "a.txt", limits: small) }?.code == "document_too_large")
    small = ReadingLimits()
    small.blockCount = 9
    let rows = String(repeating: "a,b\n", count: 12)
    let words = error { _ = try Fixtures.read(rows.utf8, as: "a.csv", limits: small) }
    #expect(words?.code == "document_too_large" && words?.why == "it has more than 9 paragraphs, rows or records")
    small = ReadingLimits()
    small.textByteCount = 10
    #expect(error { _ = try DocumentReader(limits: small).read(path: Fixtures.folder + "/survey.pdf") }?.code == "document_too_large")
  }

  /// A converter that is over its time is killed, and one that wants more memory than it may have fails.
  @Test func converterLimits() {
    var small = ReadingLimits()
    small.converterSeconds = 0
    #expect(error { _ = try DocumentReader(limits: small).read(path: Fixtures.folder + "/survey.pdf") } != nil)
    small = ReadingLimits()
    small.converterMemoryByteCount = 1 << 20
    #expect(error { _ = try DocumentReader(limits: small).read(path: Fixtures.folder + "/survey.pdf") } != nil)
  }

  @Test func aNameThatLooksLikeAnOption() throws {
    let pdf = try Data(contentsOf: URL(filePath: Fixtures.folder + "/survey.pdf"))
    #expect(try Fixtures.read(pdf, as: "-layout.pdf").blocks.count == 2)
  }
}
