import Retrieval
import Store
import Testing

@Suite struct NearDuplicatesTests {
  private let page = (0..<200).map { "word\($0 % 7)x w\(UnicodeScalar(UInt8(97 + $0 % 26)))" }.joined(separator: " ").filter { !$0.isNumber }

  private func chunk(_ text: String, hash: String) -> StoredChunk {
    StoredChunk(
      id: 1, documentID: 1, document: "a", root: "/", path: "a", ordinal: 0, title: nil, headingPath: [], context: nil, text: text, spans: [],
      contentHash: hash)
  }

  /// Which of the texts are left out, in order.
  private func duplicates(_ chunks: [StoredChunk]) -> [Bool] {
    var duplicates = NearDuplicates()
    return chunks.map { duplicates.isDuplicate($0) }
  }

  @Test func aCopyIsADuplicate() {
    #expect(duplicates([chunk(page, hash: "1"), chunk(page, hash: "2"), chunk("something else", hash: "1")]) == [false, true, true])
  }

  @Test func anotherNumberIsAnotherText() {
    #expect(duplicates([chunk(page + " total 12", hash: "1"), chunk(page + " total 13", hash: "2")]) == [false, false])
  }

  @Test(arguments: ["-5.3", "\u{2212}5.3", "+5.3", "(-5.3)", "“-5.3”", "\u{2013}5.3", "“\u{2013}5.3”", "é -5.3"]) func anotherSignIsAnotherNumber(
    number: String
  ) {
    #expect(duplicates([chunk(page + " total 5.3", hash: "1"), chunk(page + " total \(number)", hash: "2")]) == [false, false])
  }

  @Test func hyphensAreNoSigns() {
    let texts = ["IL-6 of 10-12, to 4, é-7", "IL 6 of 10\u{2013}12, to 4, é\u{2013}7"]
    #expect(duplicates(texts.map { chunk(page + $0, hash: $0) }) == [false, true])
  }

  @Test func shortTextsDifferByAWord() {
    let chunks = [chunk("the port is open", hash: "1"), chunk("the port is closed", hash: "2"), chunk("The port, is open.", hash: "3")]
    #expect(duplicates(chunks) == [false, false, true])
  }

  @Test func textWithoutWordsIsNoDuplicate() {
    #expect(duplicates([chunk("—", hash: "1"), chunk("…", hash: "2")]) == [false, false])
  }
}
