import Documents
import Foundation
import Testing

/// JSONTestSuite and csv-spectrum, where the evaluation data lies beside the checkout.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: Fixtures.evaluation), "shared/eval/documents is not beside the checkout"))
struct ConformanceTests {
  @Test func jsonTestSuite() throws {
    let folder = Fixtures.evaluation + "/json_test_suite/test_parsing"
    var counts = (accepted: 0, refused: 0)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".json") {
      let text = String(decoding: try Data(contentsOf: URL(filePath: folder + "/" + name)), as: UTF8.self)
      var scanner = JSONScanner(bytes: Array(text.utf8), depthLimit: 512)
      let isValid = (try? scanner.validate()) != nil
      // "i" files are up to the implementation: they only must not trap.
      if name.hasPrefix("y_") {
        #expect(isValid, "\(name)")
        counts.accepted += 1
      } else if name.hasPrefix("n_") {
        #expect(!isValid, "\(name)")
        counts.refused += 1
      }
    }
    #expect(counts.accepted > 90 && counts.refused > 180)
  }

  @Test func csvSpectrum() throws {
    let folder = Fixtures.evaluation + "/csv_spectrum"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/csvs").filter { $0.hasSuffix(".csv") }
    #expect(names.count > 10)
    for name in names {
      let expected = try #require(
        try JSONSerialization.jsonObject(
          with: Data(contentsOf: URL(filePath: folder + "/json/" + name.replacingOccurrences(of: ".csv", with: ".json")))) as? [[String: String]])
      var bytes = try [UInt8](Data(contentsOf: URL(filePath: folder + "/csvs/" + name)))
      // Copies of the set often come through git, which makes `\n` of the line ends that these files are about.
      if name.contains("crlf"), !bytes.contains(0x0D) { bytes = bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
      var text = DelimitedText(bytes: bytes, delimiter: UInt8(ascii: ","))
      let first = text.next()
      let header = try #require(first).fields.map { String(decoding: $0, as: UTF8.self) }
      var rows: [[String: String]] = []
      while let record = text.next() {
        rows.append(Dictionary(uniqueKeysWithValues: zip(header, record.fields.map { String(decoding: $0, as: UTF8.self) })))
      }
      #expect(rows == expected, "\(name)")
    }
  }
}
