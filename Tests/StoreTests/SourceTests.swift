import Chunking
import Documents
import Foundation
import Store
import Testing

@Suite struct SourceTests {
  private func stored(_ text: String, _ spans: [ChunkSpan]) -> StoredChunk {
    StoredChunk(
      id: 1, documentID: 1, document: "d", root: "/", path: "d", ordinal: 0, title: nil, headingPath: [], context: nil, text: text, spans: spans,
      contentHash: "")
  }

  private func range(of part: String, in text: String) -> Range<Int> {
    guard let range = text.range(of: part) else { return 0..<0 }
    return text.utf8.distance(from: text.startIndex, to: range.lowerBound)..<text.utf8.distance(from: text.startIndex, to: range.upperBound)
  }

  /// Two blocks with an empty line between them, as the file has them.
  private let text = "first line\nsecond line\n\nthird line"
  private var spans: [ChunkSpan] {
    [
      ChunkSpan(offset: 0, source: SourceSpan(byteRange: 100..<122, lines: 10...11)),
      ChunkSpan(offset: 24, source: SourceSpan(byteRange: 130..<140, lines: 14...14)),
    ]
  }

  @Test(arguments: [
    ("first", SourceSpan(byteRange: 100..<105, lines: 10...10)),
    ("second line", SourceSpan(byteRange: 111..<122, lines: 11...11)),
    ("line\nsecond", SourceSpan(byteRange: 106..<117, lines: 10...11)),
    ("third line", SourceSpan(byteRange: 130..<140, lines: 14...14)),
    ("second line\n\nthird", SourceSpan(byteRange: 111..<135, lines: 11...14)),
    ("first line\n", SourceSpan(byteRange: 100..<111, lines: 10...10)),
    ("second line\n\n", SourceSpan(byteRange: 111..<122, lines: 11...11)),
  ]) func aStretchKnowsItsLines(part: String, expected: SourceSpan) {
    #expect(stored(text, spans).source(of: range(of: part, in: text)) == expected)
  }

  @Test func aBlockThatWasChangedIsGivenWhole() {
    let chunk = stored("joined to one line", [ChunkSpan(offset: 0, source: SourceSpan(byteRange: 0..<99, lines: 3...7))])
    #expect(chunk.source(of: 0..<6) == SourceSpan(byteRange: 0..<99, lines: 3...7))
  }

  @Test func pagesAreKept() {
    let spans = [ChunkSpan(offset: 0, source: SourceSpan(pages: 2...2)), ChunkSpan(offset: 4, source: SourceSpan(pages: 3...3))]
    let chunk = stored("one two", spans)
    #expect(chunk.source(of: 0..<3) == SourceSpan(pages: 2...2))
    #expect(chunk.source(of: 0..<7) == SourceSpan(pages: 2...3))
  }

  @Test func rangesOutsideOfTheTextAreCut() {
    let chunk = stored(text, spans)
    #expect(chunk.source(of: 30..<900).lines == 14...14)
    #expect(chunk.source(of: 900..<901).lines == 14...14)
    #expect(chunk.source(of: 2..<2).lines == 10...11)
    #expect(stored("", []).source(of: 0..<1) == SourceSpan())
  }
}
