import Documents

/// Cuts text into sentences: the unit that chunks overlap by, and that answers quote.
///
/// Rules over characters, for many languages, without a model. A full stop ends a sentence when white space and something that can
/// begin one follow, unless it belongs to an abbreviation, an initial or an enumerator. A blank line always ends one; a single line
/// break does after a line that is complete (see `isBorder(lineBreakAt:)`), and always in code.
package struct SentenceSplitter: Sendable {
  /// In code every line stands for itself.
  package var isCode: Bool

  package init(isCode: Bool = false) {
    self.isCode = isCode
  }

  /// The sentences of `text`: UTF-8 offsets on scalar borders, in order, without white space at their ends. What lies between them is white space.
  package func ranges(in text: String) -> [Range<Int>] {
    var text = text
    return text.withUTF8 { unsafeBytes in ranges(in: Array(unsafeBytes)) }
  }

  /// As `ranges(in:)`, of valid UTF-8 bytes.
  package func ranges(in bytes: [UInt8]) -> [Range<Int>] {
    var scan = SentenceScan(bytes: bytes, isCode: isCode)
    return scan.run()
  }
}

/// One pass over the bytes of a text.
private struct SentenceScan {
  let bytes: [UInt8]
  let isCode: Bool
  var result: [Range<Int>] = []
  var start = 0

  init(bytes: [UInt8], isCode: Bool) {
    self.bytes = bytes
    self.isCode = isCode
  }

  mutating func run() -> [Range<Int>] {
    var position = 0
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\n"):
        if isBorder(lineBreakAt: position) { cut(at: position) }
        position += 1
      case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"):
        position = stop(at: position)
      case 0..<0x80:
        position += 1
      default:
        let (scalar, length) = bytes.scalar(at: position)
        if SentenceMarks.fullWidthStops.contains(scalar) {
          position = afterClosers(from: position + length)
          // 。」 is followed by と and the like when the quotation is only a part of the sentence; that is rare enough.
          cut(at: position)
        } else if SentenceMarks.spacedStops.contains(scalar) || scalar == 0x2026 {
          position = stop(at: position)
        } else {
          position += length
        }
      }
    }
    cut(at: bytes.count)
    return result
  }

  /// Ends the sentence that runs; white space alone is none.
  private mutating func cut(at end: Int) {
    var first = start
    var last = end
    while first < last, bytes[first].isWhiteSpace { first += 1 }
    while last > first, bytes[last - 1].isWhiteSpace { last -= 1 }
    if first < last { result.append(first..<last) }
    start = end
  }

  /// Looks at the run of stops that begins here, ends the sentence if it does, and gives the place to go on from.
  private mutating func stop(at position: Int) -> Int {
    var end = position
    var isOnlyFullStops = true
    var count = 0
    while end < bytes.count {
      let (scalar, length) = bytes.scalar(at: end)
      guard scalar == 0x2026 || SentenceMarks.isStop(scalar) else { break }
      if scalar != 0x2E { isOnlyFullStops = false }
      end += length
      count += 1
    }
    let isEllipsis = (isOnlyFullStops && count > 2) || bytes.scalar(at: position).scalar == 0x2026
    let afterQuotes = afterClosers(from: end)
    guard afterQuotes < bytes.count else { return afterQuotes }
    guard bytes[afterQuotes].isWhiteSpace else { return end }
    let next = nextStart(from: afterQuotes)
    guard next.isBlankLineBefore || next.canBegin else { return afterQuotes }
    if isOnlyFullStops, !isEllipsis, count == 1, !next.isBlankLineBefore, belongsToWord(stopAt: position, next: next) { return afterQuotes }
    cut(at: afterQuotes)
    return afterQuotes
  }

  /// Past closing quotes, brackets and emphasis marks.
  private func afterClosers(from position: Int) -> Int {
    var end = position
    while end < bytes.count {
      let (scalar, length) = bytes.scalar(at: end)
      guard SentenceMarks.closers.contains(scalar) else { break }
      end += length
    }
    // A reference such as [12] belongs to the sentence before it.
    while end < bytes.count, bytes[end] == UInt8(ascii: "[") {
      var close = end + 1
      while close < bytes.count, bytes[close].isDigit || bytes[close] == UInt8(ascii: ",") { close += 1 }
      guard close > end + 1, close < bytes.count, bytes[close] == UInt8(ascii: "]") else { break }
      end = close + 1
    }
    return end
  }

  /// What follows white space: whether it can begin a sentence, and the word itself if it is of ASCII letters.
  private func nextStart(from position: Int) -> NextStart {
    var next = position
    var lineBreaks = 0
    while next < bytes.count, bytes[next].isWhiteSpace {
      if bytes[next] == UInt8(ascii: "\n") { lineBreaks += 1 }
      next += 1
    }
    var result = NextStart(isBlankLineBefore: lineBreaks > 1 || next == bytes.count, canBegin: true, word: [], startsWithDigit: false)
    while next < bytes.count {
      let (scalar, length) = bytes.scalar(at: next)
      guard SentenceMarks.openers.contains(scalar) else { break }
      next += length
    }
    guard next < bytes.count else { return result }
    let (scalar, _) = bytes.scalar(at: next)
    if scalar < 0x80 {
      let byte = UInt8(scalar)
      result.startsWithDigit = byte.isDigit
      result.canBegin = !(byte.isLowercaseLetter || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: ")"))
    } else if let value = Unicode.Scalar(scalar) {
      result.canBegin = !value.properties.isLowercase
    }
    var end = next
    while end < bytes.count, bytes[end].isLetter { end += 1 }
    result.word = Array(bytes[next..<end])
    return result
  }

  /// Whether the full stop is a part of the word before it: an abbreviation, an initial, an enumerator.
  private func belongsToWord(stopAt position: Int, next: NextStart) -> Bool {
    var first = position
    while first > start, bytes[first - 1] >= 0x80 || bytes[first - 1].isLetter || bytes[first - 1].isDigit || bytes[first - 1] == UInt8(ascii: ".") {
      first -= 1
    }
    let word = bytes[first..<position]
    guard let head = word.first else { return false }
    let isAtLineStart = isLineStart(first)
    if word.allSatisfy(\.isDigit) {
      // "1." at the start of a line counts; so does a German ordinal before a month's name, which nobody can tell from an end.
      return isAtLineStart && word.count <= 3
    }
    if word.count == 1, head.isLetter, isAtLineStart { return true }
    let lower = String(decoding: word.map { $0.isUppercaseLetter ? $0 + 32 : $0 }, as: UTF8.self)
    if SentenceMarks.numberAbbreviations.contains(lower) { return next.startsWithDigit }
    if SentenceMarks.abbreviations.contains(lower) { return true }
    let isInitial = word.count == 1 && head.isUppercaseLetter
    let isAcronym = word.count > 1 && word.contains(UInt8(ascii: ".")) && word.split(separator: UInt8(ascii: ".")).allSatisfy { $0.count <= 2 }
    if isInitial || isAcronym || SentenceMarks.weakAbbreviations.contains(lower) {
      return !SentenceMarks.openingWords.contains(String(decoding: next.word, as: UTF8.self))
    }
    return false
  }

  private func isLineStart(_ position: Int) -> Bool {
    var before = position
    while before > 0, bytes[before - 1] == UInt8(ascii: " ") || bytes[before - 1] == UInt8(ascii: "\t") || bytes[before - 1] == UInt8(ascii: "(") {
      before -= 1
    }
    return before == 0 || bytes[before - 1] == UInt8(ascii: "\n")
  }

  /// A single line break ends a sentence in code, before a list item, and after a line that reads as complete:
  /// a table row, a statement, an introduction that ends with a colon.
  private func isBorder(lineBreakAt position: Int) -> Bool {
    if isCode { return true }
    var next = position + 1
    while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") || bytes[next] == UInt8(ascii: "\r") { next += 1 }
    guard next < bytes.count else { return true }
    if bytes[next] == UInt8(ascii: "\n") || isListMarker(at: next) { return true }
    var last = position
    while last > start, bytes[last - 1].isWhiteSpace { last -= 1 }
    guard last > start else { return true }
    switch bytes[last - 1] {
    case UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "|"): return true
    default: break
    }
    // Rows of tables are written `column: value · column: value`.
    var first = last
    while first > start, bytes[first - 1] != UInt8(ascii: "\n") { first -= 1 }
    for index in first..<last where bytes[index] == 0xC2 && index + 1 < last && bytes[index + 1] == 0xB7 { return true }
    // A list item of one line ends where a line that is no continuation of it begins.
    if isListMarker(at: first), bytes[position + 1].isUppercaseLetter { return true }
    return false
  }

  /// `- `, `* `, `+ `, `• `, `12. `, `a) `.
  private func isListMarker(at position: Int) -> Bool {
    guard position < bytes.count else { return false }
    let (scalar, length) = bytes.scalar(at: position)
    var end = position + length
    if SentenceMarks.bullets.contains(scalar) { return end < bytes.count && bytes[end].isWhiteSpace }
    guard scalar < 0x80, UInt8(scalar).isDigit || UInt8(scalar).isLetter else { return false }
    if UInt8(scalar).isDigit { while end < bytes.count, bytes[end].isDigit, end - position < 3 { end += 1 } }
    guard end + 1 < bytes.count, bytes[end + 1].isWhiteSpace else { return false }
    return bytes[end] == UInt8(ascii: ")") || (bytes[end] == UInt8(ascii: ".") && UInt8(scalar).isDigit)
  }
}

private struct NextStart {
  var isBlankLineBefore: Bool
  var canBegin: Bool
  var word: [UInt8]
  var startsWithDigit: Bool
}
