import Lexical
import Testing

@Suite struct EditDistanceTests {
  /// By the table of all beginnings of both.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count {
      for j in 0...b.count {
        guard i > 0, j > 0 else {
          rows[i][j] = i + j
          continue
        }
        rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1) }
      }
    }
    return rows[a.count][b.count]
  }

  @Test func itIsThatOfTheTable() throws {
    var generator = SplitMix64(state: 61)
    for _ in 0..<4000 {
      let longest = Bool.random(using: &generator) ? 8 : 64
      let a = (0..<Int.random(in: 1...longest, using: &generator)).map { _ in UInt8.random(in: 97...100, using: &generator) }
      let b = (0..<Int.random(in: 0...longest, using: &generator)).map { _ in UInt8.random(in: 97...100, using: &generator) }
      guard let distance = EditDistance(String(decoding: a, as: UTF8.self)) else { Issue.record("a word of \(a.count) bytes"); continue }
      #expect(b.withUnsafeBufferPointer { distance($0) } == Self.distance(a, b))
    }
    #expect(EditDistance("") == nil && EditDistance(String(repeating: "a", count: 65)) == nil)
  }
}
