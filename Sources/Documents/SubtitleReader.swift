/// Subtitles (SubRip and WebVTT): the words that are spoken, a paragraph a cue, without numbers, times and markup.
struct SubtitleReader {
  let path: String
  let limits: ReadingLimits

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    var builder = BlockBuilder(path: path, limits: limits)
    func text(_ line: Int) -> ArraySlice<UInt8> { source.bytes[source.trimmed(source.lineRange(line))] }
    // In WebVTT other blocks than cues are not shown (section 4.1); in SubRip an empty line may stand within a cue.
    let hasOtherBlocks = path.lowercased().hasSuffix(".vtt") || source.lineCount > 0 && text(1).starts(with: "WEBVTT".utf8)
    var line = 1
    var time: String?
    while line <= source.lineCount {
      let isCue: Bool
      if let start = Self.startTime(text(line)) {
        (time, isCue) = (start, true)
        line += 1
      } else {
        isCue = !hasOtherBlocks
      }
      // Words come until an empty line, or until the next cue, whose number may stand before its time.
      let first = line
      while line <= source.lineCount, !text(line).isEmpty, Self.startTime(text(line)) == nil { line += 1 }
      var end = line
      if line <= source.lineCount, !text(line).isEmpty, end > first, text(end - 1).allSatisfy(\.isDigit) { end -= 1 }
      if isCue, end > first {
        let words = (first..<end).map { Self.withoutMarkup(text($0)) }
        let spoken = Array(words.filter { !$0.isEmpty }.joined(separator: [0x20]))
        try builder.add(.paragraph, spoken[...], source: source.span(lines: first...(end - 1)), context: time.map { "at \($0)" }, after: .line)
      }
      if line <= source.lineCount, text(line).isEmpty { line += 1 }
    }
    guard time != nil else { throw .empty(path, "it has no cues") }
    return try builder.document(.subtitles, title: nil, whyEmpty: "it has no cues")
  }

  /// "00:01:02" of "00:01:02,500 --> 00:01:04,000"; `nil` for any other line.
  private static func startTime(_ line: ArraySlice<UInt8>) -> String? {
    guard let arrow = line.firstRange(of: "-->") else { return nil }
    let start = line[..<arrow.lowerBound].filter { $0 != 0x20 && $0 != 0x09 }
    guard start.count >= 5, start.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }),
      start.contains(UInt8(ascii: ":"))
    else { return nil }
    return String(decoding: start.prefix { $0.isDigit || $0 == UInt8(ascii: ":") }, as: UTF8.self)
  }

  /// Whether one of the tags that subtitles know begins, or a time within a cue: `a < b` is neither.
  private static func isTag(_ text: ArraySlice<UInt8>) -> Bool {
    let rest = text.dropFirst(text.dropFirst().first == UInt8(ascii: "/") ? 2 : 1)
    if rest.first?.isDigit == true {
      let time = rest.prefix(12).prefix { $0.isDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
      return time.contains(UInt8(ascii: ":")) && rest[time.endIndex...].first == UInt8(ascii: ">")
    }
    let name = rest.prefix(5).prefix(while: \.isLetter)
    let next = rest[name.endIndex...].first
    return tagNames.contains(String(decoding: name, as: UTF8.self).lowercased()) && next.map { ". >=/".utf8.contains($0) } != false
  }

  private static let tagNames: Set<String> = ["i", "b", "u", "s", "font", "c", "v", "ruby", "rt", "lang"]

  /// Without `<i>` and `{\an8}`; `<v Tam>` becomes `Tam: ` (WebVTT, section 1.5).
  private static func withoutMarkup(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var index = line.startIndex
    // Behind which none follows: looked for once, not from every sign that opens one.
    let (lastAngle, lastBrace) = (line.lastIndex(of: UInt8(ascii: ">")) ?? -1, line.lastIndex(of: UInt8(ascii: "}")) ?? -1)
    while index < line.endIndex {
      let (closing, last): (UInt8, Int) =
        line[index] == UInt8(ascii: "<")
        ? (UInt8(ascii: ">"), lastAngle) : line[index...].starts(with: Array("{\\".utf8)) ? (UInt8(ascii: "}"), lastBrace) : (0, -1)
      if index < last, closing == UInt8(ascii: "}") || isTag(line[index...]), let end = line[index...].firstIndex(of: closing) {
        let tag = line[index..<end]
        if tag.starts(with: "<v ".utf8) || tag.starts(with: "<v.".utf8), let space = tag.firstIndex(of: 0x20) {
          let name = label(tag[(space + 1)...])
          if !name.isEmpty { result += Array("\(name): ".utf8) }
        }
        index = end + 1
      } else {
        result.append(line[index])
        index += 1
      }
    }
    return result
  }
}
