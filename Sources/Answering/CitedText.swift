/// Text that ends in the numbers of its sources: `It is seven. [1][2]`.
enum CitedText {
  /// White space of a stretch of a document (line breaks of a wrapped paragraph, for one) made single spaces.
  static func flowing(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The marks of sources: ` [1][3]`; empty without any.
  static func marks(_ numbers: [Int]) -> String {
    numbers.isEmpty ? "" : " " + numbers.map { "[\($0)]" }.joined()
  }

  static func withoutTrailingMarks(_ text: String) -> String {
    var rest = text[...]
    while let end = rest.last, end == "]", let start = rest.lastIndex(of: "[") {
      let number = rest[rest.index(after: start)...].dropLast()
      guard !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) else { break }
      rest = rest[..<start]
    }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
