import Answering
import Store
import Testing

@Suite struct QuotableStretchesTests {
  private func stretches(_ text: String, path: String = "a.md") -> [String] {
    let chunk = StoredChunk(
      id: 1, documentID: 1, document: path, root: "/", path: path, ordinal: 0, title: nil, headingPath: [], context: nil, text: text, spans: [],
      contentHash: "")
    let bytes = Array(text.utf8)
    return QuotableStretches.ranges(in: chunk).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test func runningTextIsCutIntoSentences() {
    #expect(stretches("One is here. Two\nis there.\n\nThree.") == ["One is here.", "Two\nis there.", "Three."])
  }

  @Test func rowsAreLines() {
    #expect(stretches("port | 8707\nhost | local. Or not.") == ["port | 8707", "host | local. Or not."])
    #expect(stretches("a,1\nb,2", path: "t.CSV") == ["a,1", "b,2"])
  }

  @Test func codeIsAFewLines() {
    let function = "func f(_ x: Int) -> Int {\n  let y = x * 2;\n  return y + g(x);\n}"
    #expect(stretches(function, path: "a.swift") == [function])
    let lines = (0..<14).map { "x[\($0)] = f(\($0));" }
    let groups = [lines[0..<6], lines[6..<12], lines[12..<14]].map { $0.joined(separator: "\n") }
    #expect(stretches(lines.joined(separator: "\n")) == groups)
  }

  @Test func nothingGivesNothing() {
    #expect(stretches("").isEmpty)
    #expect(stretches(" \n\n\t").isEmpty)
  }
}
