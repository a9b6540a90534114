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

  @Test func aCopyIsADuplicate() {
    var duplicates = NearDuplicates()
    #expect(!duplicates.isDuplicate(chunk(page, hash: "1")))
    #expect(duplicates.isDuplicate(chunk(page, hash: "2")))
    #expect(duplicates.isDuplicate(chunk("something else", hash: "1")))
  }

  @Test func anotherNumberIsAnotherText() {
    var duplicates = NearDuplicates()
    #expect(!duplicates.isDuplicate(chunk(page + " total 12", hash: "1")))
    #expect(!duplicates.isDuplicate(chunk(page + " total 13", hash: "2")))
  }

  @Test func shortTextsDifferByAWord() {
    var duplicates = NearDuplicates()
    #expect(!duplicates.isDuplicate(chunk("the port is open", hash: "1")))
    #expect(!duplicates.isDuplicate(chunk("the port is closed", hash: "2")))
    #expect(duplicates.isDuplicate(chunk("The port, is open.", hash: "3")))
  }

  @Test func textWithoutWordsIsNoDuplicate() {
    var duplicates = NearDuplicates()
    #expect(!duplicates.isDuplicate(chunk("—", hash: "1")))
    #expect(!duplicates.isDuplicate(chunk("…", hash: "2")))
  }
}
