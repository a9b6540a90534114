/// RTF in a form of which pandoc (2.17) reads all text: it leaves out what fields show, unless they are written as one program does.
enum RichTextForm {
  /// Without the instructions of fields; what they show stands in the text (Rich Text Format 1.9.1, "Fields").
  static func readable(_ source: [UInt8]) -> [UInt8]? {
    guard source.firstRange(of: "\\fldrslt") != nil else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    var place = 0
    /// Groups that are open in instructions that are left out.
    var depth = 0
    while place < source.count {
      let start = place
      switch source[place] {
      case UInt8(ascii: "{"):
        if depth > 0 {
          depth += 1
        } else if instructions.contains(where: { source[place...].starts(with: $0) }) {
          depth = 1
        }
        place += 1
      case UInt8(ascii: "}"):
        place += 1
        if depth > 0 {
          depth -= 1
          if depth == 0 { continue }
        }
      case UInt8(ascii: "\\"):
        let word = source[(place + 1)...].prefix(32).prefix(while: \.isLetter)
        place = min(source.count, word.isEmpty ? place + 2 : word.endIndex)
        if word.elementsEqual("bin".utf8) { place = endOfBytes(source, from: place) }
        if word.elementsEqual("fldrslt".utf8) || word.elementsEqual("field".utf8) {
          // The space behind a word belongs to it; behind another word it ends that one.
          if start > 0, source[start - 1] == UInt8(ascii: "{"), place < source.count, source[place] == 0x20 { place += 1 }
          continue
        }
      default: place += 1
      }
      if depth == 0 { result += source[start..<place] }
    }
    return result
  }

  private static let instructions = ["{\\*\\fldinst", "{\\fldinst"].map { Array($0.utf8) }

  /// Behind `\bin`, a number and so many bytes, in which braces mean nothing.
  private static func endOfBytes(_ source: [UInt8], from place: Int) -> Int {
    let digits = source[place...].prefix(9).prefix(while: \.isDigit)
    let count = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    return min(source.count, digits.endIndex + (count > 0 ? count + 1 : 0))
  }
}
