/// Reads CSV and its kin record by record: RFC 4180 with any delimiter, and any line end.
///
/// A quote counts only at the start of a field; what follows a closing quote before the delimiter is taken as it is.
package struct DelimitedText {
  /// One record: its fields without quotes.
  package struct Record: Equatable {
    package var fields: [[UInt8]]
    /// The record's bytes without its line end.
    package var range: Range<Int>
  }

  let bytes: [UInt8]
  let delimiter: UInt8
  /// Whether quotes mean anything. They do not in a file whose last quote is never closed.
  let honoursQuotes: Bool
  private(set) var position = 0

  /// Reads from the first byte on.
  package init(bytes: [UInt8], delimiter: UInt8) {
    self.bytes = bytes
    self.delimiter = delimiter
    honoursQuotes = Self.closesQuotes(bytes, delimiter: delimiter)
  }

  /// The next record, `nil` at the end. An empty line is a record of one empty field.
  package mutating func next() -> Record? {
    guard position < bytes.count else { return nil }
    let start = position
    var fields: [[UInt8]] = []
    var field: [UInt8] = []
    while true {
      if honoursQuotes, field.isEmpty, position < bytes.count, bytes[position] == quote { quoted(into: &field) }
      while position < bytes.count, bytes[position] != delimiter, !bytes[position].isLineEnd {
        field.append(bytes[position])
        position += 1
      }
      fields.append(field)
      field = []
      if position < bytes.count, bytes[position] == delimiter {
        position += 1
        continue
      }
      let end = position
      if position < bytes.count {
        position += bytes[position] == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A ? 2 : 1
      }
      return Record(fields: fields, range: start..<end)
    }
  }

  /// Past a quoted field's closing quote; two quotes are one.
  private mutating func quoted(into field: inout [UInt8]) {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == quote {
        guard position < bytes.count, bytes[position] == quote else { return }
        position += 1
      }
      field.append(byte)
    }
  }

  private static func closesQuotes(_ bytes: [UInt8], delimiter: UInt8) -> Bool { lastRecordEnd(bytes, delimiter: delimiter).isClosed }

  /// The end of the last record that has one, behind its line end, and whether every quote is closed.
  static func lastRecordEnd(_ bytes: [UInt8], delimiter: UInt8) -> (end: Int?, isClosed: Bool) {
    var isInside = false
    var isFieldStart = true
    var index = 0
    var end: Int?
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if isInside {
        if byte == quote {
          if index < bytes.count, bytes[index] == quote { index += 1 } else { isInside = false }
        }
      } else if byte == quote, isFieldStart {
        isInside = true
        isFieldStart = false
      } else {
        isFieldStart = byte == delimiter || byte.isLineEnd
        // Whether a carriage return is a line end of its own is seen at the next byte.
        if byte == 0x0A || byte == 0x0D && index < bytes.count && bytes[index] != 0x0A { end = index }
      }
    }
    return (end, !isInside)
  }

  /// The delimiter whose count is the same on all of the first records, else on most of them, as titles may stand before them, and largest. Commas that
  /// stand in numbers between semicolons are none.
  static func sniffDelimiter(of bytes: [UInt8]) -> UInt8 {
    let sample = Array(bytes.prefix(1 << 16))
    let comma = UInt8(ascii: ",")
    let semicolon = UInt8(ascii: ";")
    var best = (delimiter: comma, isConstant: false, score: 0.0)
    var commasAreInNumbers = false
    for delimiter in [semicolon, comma, UInt8(ascii: "\t"), UInt8(ascii: "|")] {
      if delimiter == comma, best.delimiter != comma, commasAreInNumbers { continue }
      var text = DelimitedText(bytes: sample, delimiter: delimiter)
      var counts: [Int] = []
      var withComma: [[UInt8]] = []
      while counts.count < 30, let record = text.next() {
        guard record.fields != [[]] else { continue }
        counts.append(record.fields.count)
        if record.fields.count > 1 { withComma += record.fields.filter { $0.contains(comma) } }
      }
      if delimiter == semicolon {
        commasAreInNumbers = !withComma.isEmpty && withComma.allSatisfy { $0.allSatisfy { $0.isDigit || $0 >= 0x80 || "+-., %$".utf8.contains($0) } }
      }
      let frequencies = Dictionary(counts.map { ($0, 1) }, uniquingKeysWith: +)
      guard let usual = frequencies.max(by: { ($0.value, $0.key) < ($1.value, $1.key) }), usual.key > 1 else { continue }
      let same = Double(usual.value) / Double(counts.count)
      let score = same * same * Double(min(usual.key, 20))
      let isConstant = frequencies.count == 1
      if isConstant && !best.isConstant || isConstant == best.isConstant && score > best.score { best = (delimiter, isConstant, score) }
    }
    return best.delimiter
  }
}

private let quote = UInt8(ascii: "\"")

extension UInt8 {
  var isLineEnd: Bool { self == 0x0A || self == 0x0D }
}
