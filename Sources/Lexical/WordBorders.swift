/// Borders inside of a word.
package enum WordBorders {
  /// The parts of `camelCase`, `HTTPServer` and `sha256` in lower case; none for words without a border, or with a part of a single sign, as
  /// `iPhone`, `2nd` and `h2o`, or that end in capitals after a capital, as `PostgreSQL`: names rather than compounds.
  package static func parts(of word: String) -> [String] {
    let bytes = Array(word.utf8)
    guard bytes.count >= 4, bytes.count <= TextAnalyzer.termByteLimit, bytes.allSatisfy({ $0 < 0x80 }) else { return [] }
    var starts = [0]
    for index in 1..<bytes.count where isBorder(bytes, index) { starts.append(index) }
    guard starts.count > 1 else { return [] }
    starts.append(bytes.count)
    let parts = zip(starts, starts.dropFirst()).map { bytes[$0..<$1] }
    guard parts.allSatisfy({ $0.count >= 2 }), let last = parts.last else { return [] }
    if isUpper(bytes[0]), last.allSatisfy(isUpper) { return [] }
    return parts.map { String(decoding: $0, as: UTF8.self).lowercased() }
  }

  private static func isBorder(_ bytes: [UInt8], _ index: Int) -> Bool {
    let (before, here) = (bytes[index - 1], bytes[index])
    if isDigit(before) != isDigit(here) { return true }
    if !isUpper(before), isUpper(here) { return true }
    // The capital that begins the word after an abbreviation.
    return isUpper(before) && isUpper(here) && index + 1 < bytes.count && !isUpper(bytes[index + 1]) && !isDigit(bytes[index + 1])
  }

  private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
