/// Finds converted text again in the file that it was converted from, word by word, so that it can be cited with its lines.
///
/// Blocks stand in the file's order. A block begins where its first words stand one after another, with no more than some words of markup
/// between them; one that is not found again is where the one before it was.
struct SourceAlignment {
  private let source: SourceText
  private let words: [Range<Int>]

  /// Words of the file that may stand between two words of the text: commands and their options.
  private static let gap = 6
  /// Words of the file that are looked through for a block's beginning.
  private static let reach = 5_000
  /// The same where its very first words were not found.
  private static let nearReach = 500
  /// Words of a block that need not be found.
  private static let skipCount = 6
  /// Words of a block by which its beginning and its end are recognised.
  private static let probeCount = 3

  init(_ source: SourceText) {
    self.source = source
    words = Self.words(of: source.bytes[...])
  }

  /// Gives every block of `document` the lines of `source` that it came from.
  func align(_ document: inout ExtractedDocument) {
    guard !words.isEmpty else { return }
    let text = Array(document.text.utf8)
    var cursor = 0
    for index in document.blocks.indices {
      let range = document.blocks[index].textRange
      let probe = Self.words(of: text[range])
      if let start = start(of: probe.map { text[$0] }, from: cursor) {
        let last = probe.suffix(Self.probeCount).map { text[$0] }
        let end = probe.count > Self.probeCount ? self.end(of: last, from: start, reach: probe.count * 2 + 40) : start + probe.count - 1
        document.blocks[index].source = span(start...max(start, min(end, words.count - 1)))
        // A note stands at the end of the text, and before in the file.
        cursor = max(cursor, max(start, min(end, words.count - 1)) + 1)
      } else {
        let here = min(max(0, cursor - 1), words.count - 1)
        document.blocks[index].source = span(here...here)
      }
    }
  }

  /// Where a block begins: by its first words, or by those behind them, as the first ones may be written in another way (`Gr\"o{\ss}e`).
  private func start(of words: [ArraySlice<UInt8>], from cursor: Int) -> Int? {
    if let start = position(of: words.prefix(Self.probeCount), from: cursor, reach: Self.reach) { return start }
    guard words.count > Self.probeCount else { return nil }
    let probes = (1...min(Self.skipCount, words.count - Self.probeCount)).map { (skipped: $0, words: words[$0...].prefix(Self.probeCount)) }
    for probe in probes {
      if let start = position(of: probe.words, from: cursor, reach: Self.nearReach) { return max(cursor, start - probe.skipped) }
    }
    let begin = max(0, cursor - Self.reach)
    return probes.prefix(2).lazy.compactMap { position(of: $0.words, from: begin, reach: cursor - begin) }.first
  }

  private func span(_ range: ClosedRange<Int>) -> SourceSpan {
    let lines = source.line(at: words[range.lowerBound].lowerBound)...source.line(at: max(0, words[range.upperBound].upperBound - 1))
    return source.span(lines: lines)
  }

  /// The first place at which `probe` stands.
  private func position(of probe: ArraySlice<ArraySlice<UInt8>>, from cursor: Int, reach: Int) -> Int? {
    guard !probe.isEmpty, cursor < words.count else { return nil }
    let probe = Array(probe)
    return (cursor..<min(words.count, cursor + reach)).first { end(of: probe, at: $0) != nil }
  }

  /// The last word of the last place at which `probe` stands within reach; the place itself if there is none.
  private func end(of probe: [ArraySlice<UInt8>], from start: Int, reach: Int) -> Int {
    let places = start..<min(words.count, start + reach)
    return places.reversed().lazy.compactMap { end(of: probe, at: $0) }.first ?? start
  }

  private func end(of probe: [ArraySlice<UInt8>], at place: Int) -> Int? {
    var place = place
    for (number, word) in probe.enumerated() {
      let candidates = place..<min(words.count, place + (number == 0 ? 1 : Self.gap))
      guard let found = candidates.first(where: { source.bytes[words[$0]] == word }) else { return nil }
      place = found + 1
    }
    return place - 1
  }

  /// Runs of letters, digits and bytes beyond ASCII, without dashes, quotation marks and the like, of which converters make other ones.
  private static func words(of bytes: ArraySlice<UInt8>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start: Int?
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let markCount = punctuationByteCount(bytes, at: index)
      if markCount == 0, bytes[index].isLetter || bytes[index].isDigit || bytes[index] >= 0x80 {
        start = start ?? index
      } else if let first = start {
        result.append(first..<index)
        start = nil
      }
      index += max(1, markCount)
    }
    if let start { result.append(start..<bytes.endIndex) }
    return result
  }

  /// Bytes of a no-break space (U+00A0), or of a character from U+2010 to U+2026; 0 for others.
  private static func punctuationByteCount(_ bytes: ArraySlice<UInt8>, at index: Int) -> Int {
    let rest = bytes[index...].prefix(3)
    if rest.starts(with: [0xC2, 0xA0]) { return 2 }
    guard rest.count == 3, rest.starts(with: [0xE2, 0x80]), let last = rest.last, (0x90...0xA6).contains(last) else { return 0 }
    return 3
  }
}
