@preconcurrency import CHTML

/// The text of a fragment of HTML, as it stands inside Markdown.
enum HTMLText {
  /// Text without tags, comments, scripts and styles; block elements end lines.
  ///
  /// - Parameter isPage: Whether it may have navigation in it, which goes.
  static func plain(_ fragment: [UInt8], isPage: Bool = true) -> [UInt8] {
    guard let result = try? HTMLReader(path: "", limits: ReadingLimits(), isConverted: !isPage).read(SourceText(utf8: fragment)) else { return [] }
    return Array(result.text.utf8)
  }
}

/// White space collapsed, with the place in the file that each line of it came from.
struct HTMLInline {
  private(set) var text: [UInt8] = []
  /// Offsets in `text` and in the file, one for every line of the file that gave something.
  private(set) var anchors: [(offset: Int, source: Int)] = []
  /// Where the last text in the file ends.
  private(set) var sourceEnd = 0
  private var isSpacePending = false
  /// Whether what comes next is another word than what stands before it.
  private var isWordBorder = false
  private var superscript: Superscript?

  /// A number that stands above the line: without a sign it would be one with what stands before it, and 10⁶ would be 106.
  private struct Superscript {
    let isNoteMark: Bool
    var hasBegun = false
    var isBracketed = false
  }

  var isEmpty: Bool { text.isEmpty }

  mutating func reset() {
    text.removeAll(keepingCapacity: true)
    anchors.removeAll(keepingCapacity: true)
    isSpacePending = false
    isWordBorder = false
    superscript = nil
  }

  /// Between two words, but not between a word and a sign.
  mutating func separateWords() { isWordBorder = true }

  mutating func beginSuperscript(isNoteMark: Bool) { superscript = Superscript(isNoteMark: isNoteMark) }

  mutating func endSuperscript() {
    if superscript?.isBracketed == true { text.append(UInt8(ascii: "]")) }
    superscript = nil
  }

  /// Before the first character of a superscript.
  private mutating func separateSuperscript(before byte: UInt8) {
    guard superscript?.hasBegun == false else { return }
    superscript?.hasBegun = true
    guard byte.isDigit, let last = text.last, last.isLetter || last.isDigit || last >= 0x80 || superscript?.isNoteMark == true else { return }
    if superscript?.isNoteMark == true {
      text.append(contentsOf: last.isWhiteSpace ? "[".utf8 : " [".utf8)
      superscript?.isBracketed = true
    } else if !last.isWhiteSpace {
      text.append(UInt8(ascii: "^"))
    }
  }

  /// - Parameters:
  ///   - original: The text as the file writes it, entities and all.
  ///   - sourceStart: Where it stands there.
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>, original: UnsafeBufferPointer<UInt8>, sourceStart: Int, isPreformatted: Bool) {
    var lineSource = sourceStart
    var searched = 0
    var isAnchorDue = true
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      // A no-break space is a space to whoever searches.
      let isNoBreakSpace = byte == 0xC2 && index < bytes.count && bytes[index] == 0xA0
      if isNoBreakSpace { index += 1 }
      if byte == 0x0A {
        // The next line of the text is the next line of the file.
        while searched < original.count, original[searched] != 0x0A { searched += 1 }
        searched = min(searched + 1, original.count)
        lineSource = sourceStart + searched
        isAnchorDue = true
      }
      if isPreformatted {
        // Empty lines at the start are no part of it.
        if byte == 0x0D || (byte == 0x0A && text.isEmpty) { continue }
        if isAnchorDue, byte != 0x0A {
          anchors.append((text.count, lineSource))
          isAnchorDue = false
        }
        text.append(isNoBreakSpace ? 0x20 : byte)
      } else if byte.isWhiteSpace || isNoBreakSpace {
        isSpacePending = true
      } else {
        if isWordBorder, let last = text.last, isOfWord(last), isOfWord(byte) { isSpacePending = true }
        isWordBorder = false
        if isSpacePending, let last = text.last, last != 0x0A { text.append(0x20) }
        isSpacePending = false
        separateSuperscript(before: byte)
        if isAnchorDue {
          anchors.append((text.count, lineSource))
          isAnchorDue = false
        }
        text.append(byte)
      }
    }
    sourceEnd = sourceStart + original.count
  }

  private func isOfWord(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte >= 0x80 }

  /// A `<br>`: white space before it goes.
  mutating func breakLine() {
    isSpacePending = false
    if !text.isEmpty { text.append(0x0A) }
  }

  /// What separates two blocks inside a table cell.
  mutating func separate() {
    isSpacePending = false
    if let last = text.last, !last.isWhiteSpace, !text.ends(with: " —") { text.append(contentsOf: " — ".utf8) }
  }

  mutating func trim() {
    while let last = text.last, last.isWhiteSpace { text.removeLast() }
    if text.ends(with: " —") { text.removeLast(4) }
    while let last = text.last, last.isWhiteSpace { text.removeLast() }
    while let last = anchors.last, last.offset >= text.count, anchors.count > 1 { anchors.removeLast() }
  }
}

extension [UInt8] {
  func ends(with end: String) -> Bool { suffix(end.utf8.count).elementsEqual(end.utf8) }
}
