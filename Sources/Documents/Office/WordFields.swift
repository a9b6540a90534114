/// What the fields of a form in a text of Word are set to (ECMA-376 part 1, section 17.16): of a list and of a box to tick nothing stands in the text.
enum WordFields {
  /// A field that has begun.
  private struct Field {
    var isBehindInstructions = false
    var hasText = false
    var entries: [ArraySlice<UInt8>] = []
    var chosen = 0
    /// `nil` for a field that is none to tick.
    var isTicked: Bool?

    var text: [UInt8]? {
      if let isTicked { return Array((isTicked ? "☒" : "☐").utf8) }
      return entries.indices.contains(chosen) ? Array(entries[chosen]) : nil
    }
  }

  /// With a run behind each such field that says what it is set to.
  ///
  /// - Returns: `nil` if there is none.
  static func withChoices(_ xml: [UInt8]) -> [UInt8]? {
    guard xml.firstRange(of: "<w:ffData") != nil else { return nil }
    var open: [Field] = []
    var edits: [(range: Range<Int>, new: [UInt8])] = []
    var isEnd = false
    XMLTags.forEach(in: xml) { tag in
      if tag.isNamed("w:fldChar"), !tag.isEnd {
        let type = tag.value("w:fldCharType", in: xml)
        if type == "begin" { open.append(Field()) }
        if type == "separate", let last = open.indices.last { open[last].isBehindInstructions = true }
        isEnd = type == "end"
      }
      if tag.isNamed("w:fldChar"), isEnd, tag.isEnd || tag.isClosed {
        isEnd = false
        guard let field = open.popLast(), !field.hasText, let text = field.text else { return }
        let run = Array("</w:r><w:r><w:t xml:space=\"preserve\">".utf8) + text + Array("</w:t></w:r><w:r>".utf8)
        edits.append((tag.range.upperBound..<tag.range.upperBound, run))
      }
      guard let last = open.indices.last, !tag.isEnd else { return }
      if tag.isNamed("w:t"), !tag.isClosed, open[last].isBehindInstructions { open[last].hasText = true }
      if tag.isNamed("w:listEntry"), let entry = tag.attribute("w:val", in: xml) { open[last].entries.append(xml[entry.value]) }
      if tag.isNamed("w:checkBox") { open[last].isTicked = false }
      // What was chosen comes before what is so at first, or behind it; ticks the same.
      if open[last].isTicked == nil {
        if tag.isNamed("w:result"), let number = tag.value("w:val", in: xml).flatMap({ Int($0) }) { open[last].chosen = number }
      } else if tag.isNamed("w:checked") || tag.isNamed("w:default") {
        open[last].isTicked = !["0", "false", "off"].contains(tag.value("w:val", in: xml) ?? "1")
      }
    }
    return XMLTags.replacing(edits, in: xml)
  }

  /// Signs of Microsoft's fonts for signs, by the number in the font: what forms are ticked with, and arrows.
  private static let signs: [UInt32: String] = [
    0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "❑", 0x78: "☒", 0xA8: "☐", 0xA7: "▪", 0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔",
    0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
  ]

  /// Wingdings 2 has others.
  private static let otherSigns: [UInt32: String] = [0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐", 0x2A: "☐"]

  /// A sign by its number in a font as text: pandoc knows those of one font (17.3.3.30).
  ///
  /// - Returns: `nil` for what pandoc knows, and for what nobody does.
  static func sign(_ tag: XMLTags.Tag, in xml: [UInt8]) -> [UInt8]? {
    let font = tag.value("w:font", in: xml)?.lowercased() ?? ""
    guard font != "symbol", let code = tag.value("w:char", in: xml).flatMap({ UInt32($0, radix: 16) }), code >= 0x20 else { return nil }
    let sign: String?
    if font.hasPrefix("wingdings") || font == "webdings" {
      // The fonts' own numbers are written in private use, too.
      let number = code & 0xFF
      sign = font == "wingdings" ? signs[number] : font == "wingdings 2" ? otherSigns[number] : nil
    } else {
      sign = (0xE000...0xF8FF).contains(code) || "<&>".unicodeScalars.contains { $0.value == code } ? nil : Unicode.Scalar(code).map { String($0) }
    }
    return sign.map { Array("<w:t>\($0)</w:t>".utf8) }
  }
}
