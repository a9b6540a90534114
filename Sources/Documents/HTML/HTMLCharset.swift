/// What the head of a page says about its encoding.
enum HTMLCharset {
  /// From `<meta charset=…>`, `<meta http-equiv … charset=…>` or an XML declaration in the first 2,048 bytes.
  static func declared(in data: [UInt8]) -> TextEncoding? {
    let head = data.prefix(2048).map { $0.isUppercaseLetter ? $0 + 32 : $0 }
    for key in ["charset", "encoding"] {
      let key = Array(key.utf8)
      var position = 0
      while position + key.count < head.count {
        guard head[position] == key[0], head[position...].starts(with: key) else {
          position += 1
          continue
        }
        position += key.count
        let rest = head[position...].drop { $0.isWhiteSpace }
        guard rest.first == UInt8(ascii: "=") else { continue }
        let value = rest.dropFirst().drop { $0.isWhiteSpace || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
        let name = value.prefix { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        if let encoding = encoding(named: String(decoding: name, as: UTF8.self)) { return encoding }
      }
    }
    return nil
  }

  private static func encoding(named name: String) -> TextEncoding? {
    switch name {
    case "utf-8", "utf8": .utf8
    case "iso-8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii", "ascii", "iso-8859-15": .windows1252
    default: nil
    }
  }
}
