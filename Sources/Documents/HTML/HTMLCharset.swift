/// What the head of a page, or of XML, says about its encoding.
enum HTMLCharset {
  /// The name in `<meta charset=…>`, `<meta http-equiv … charset=…>` or an XML declaration in the first 2,048 bytes.
  ///
  /// - Parameter isXML: Then only the declaration counts.
  static func declared(in data: [UInt8], isXML: Bool = false) -> String? {
    var head = data.prefix(2048).map { $0.isUppercaseLetter ? $0 + 32 : $0 }[...]
    if isXML {
      guard head.starts(with: Array("<?xml".utf8)), let end = head.firstRange(of: "?>") else { return nil }
      head = head[..<end.lowerBound]
    }
    for key in isXML ? ["encoding"] : ["charset", "encoding"] {
      var rest = head
      while let found = rest.firstRange(of: key) {
        rest = rest[found.upperBound...]
        let behind = rest.drop { $0.isWhiteSpace }
        guard behind.first == UInt8(ascii: "=") else { continue }
        let value = behind.dropFirst().drop { $0.isWhiteSpace || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
        let name = value.prefix { $0.isLetter || $0.isDigit || "-_.:".utf8.contains($0) }
        if !name.isEmpty { return String(decoding: name, as: UTF8.self) }
      }
    }
    return nil
  }
}
