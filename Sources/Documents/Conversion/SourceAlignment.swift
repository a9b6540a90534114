/// Finds converted text again in the file that it was converted from, word by word, so that it can be cited with its lines.
///
/// Words of markup lie between those of the text, and a converter has words of its own; a block is where most of its words stand. What it moves, as notes
/// to the end, is looked for everywhere.
struct SourceAlignment {
  private let source: SourceText
  private let words: [Range<Int>]

  /// Words of the file between two words of a block, beside those of markup, from which on they are two places.
  private static let jump = 60
  /// Places at which a word may stand that tells where a moved block is.
  private static let placeLimit = 16
  /// Words of a moved block that have to stand one after another, and words of the file that may lie between two of them.
  private static let probeCount = 3
  private static let gap = 6

  init(_ source: SourceText) {
    self.source = source
    words = Self.words(of: source.bytes[...])
  }

  /// Gives every block of `document` the lines of `source` that it came from.
  func align(_ document: inout ExtractedDocument) {
    guard !words.isEmpty else { return }
    let text = Array(document.text.utf8)
    let blocks = document.blocks.map { Self.words(of: text[$0.textRange]) }
    var numbers: [ArraySlice<UInt8>: Int] = [:]
    func number(_ word: ArraySlice<UInt8>) -> Int {
      if let known = numbers[word] { return known }
      numbers[word] = numbers.count
      return numbers.count - 1
    }
    let old = words.map { number(source.bytes[$0]) }
    let new = blocks.joined().map { number(text[$0]) }
    let places = WordAlignment.places(of: new, in: old)
    let index = Dictionary(grouping: old.indices, by: { old[$0] })
    // For every word the place of the next that has one.
    var next = places
    for place in next.indices.dropLast().reversed() { next[place] = next[place] ?? next[place + 1] }

    var first = 0
    /// The word of the file up to which all is found.
    var cursor = 0
    for (block, words) in blocks.enumerated() {
      let range = first..<first + words.count
      first = range.upperBound
      if let found = stretch(of: places[range], from: cursor) {
        document.blocks[block].source = span(found)
        cursor = found.upperBound + 1
      } else if let moved = place(of: Array(new[range]), in: old, index) {
        document.blocks[block].source = span(moved...min(moved + max(0, words.count - 1), old.count - 1))
      } else {
        // Between what stands before it and what comes.
        let following = range.upperBound < next.count ? next[range.upperBound] : nil
        let here = min(cursor, max(0, (following ?? old.count) - 1), old.count - 1)
        document.blocks[block].source = span(here...here)
      }
    }
  }

  /// Where most words of a block stand; `nil` if hardly any is found.
  private func stretch(of places: ArraySlice<Int?>, from cursor: Int) -> ClosedRange<Int>? {
    /// Words that stand close to each other: the first and the last of the block, and of the file.
    var parts: [(count: Int, block: ClosedRange<Int>, file: ClosedRange<Int>)] = []
    for (number, place) in zip(places.indices, places) {
      guard let place else { continue }
      if let last = parts.last, place - last.file.upperBound <= Self.jump + number - last.block.upperBound {
        parts[parts.count - 1] = (last.count + 1, last.block.lowerBound...number, last.file.lowerBound...place)
      } else {
        parts.append((1, number...number, place...place))
      }
    }
    let count = parts.reduce(0) { $0 + $1.count }
    guard count * 3 >= places.count, count > 0 else { return nil }
    let large = parts.filter { $0.count * 4 >= count }
    guard let first = large.first ?? parts.first, let last = large.last ?? parts.last else { return nil }
    // Words before and behind that are written in another way (`Gr\"o{\ss}e`).
    let start = max(min(cursor, first.file.lowerBound), first.file.lowerBound - (first.block.lowerBound - places.startIndex))
    return start...last.file.upperBound
  }

  /// Where the words of a block stand one after another, as few places as the rarest of the first of them has are looked at.
  private func place(of block: [Int], in old: [Int], _ index: [Int: [Int]]) -> Int? {
    let starts = block.indices.dropLast(Self.probeCount - 1).prefix(8)
    let known = starts.compactMap { start in index[block[start]].map { (start: start, places: $0) } }
    guard let rarest = known.min(by: { $0.places.count < $1.places.count }), rarest.places.count <= Self.placeLimit else { return nil }
    let probe = block[rarest.start...].prefix(Self.probeCount)
    return rarest.places.first { stands(probe, at: $0, in: old) }.map { max(0, $0 - rarest.start) }
  }

  private func stands(_ probe: ArraySlice<Int>, at place: Int, in old: [Int]) -> Bool {
    var place = place
    for word in probe {
      guard let found = old[place...].prefix(Self.gap).firstIndex(of: word) else { return false }
      place = found + 1
    }
    return true
  }

  private func span(_ range: ClosedRange<Int>) -> SourceSpan {
    let lines = source.line(at: words[range.lowerBound].lowerBound)...source.line(at: max(0, words[range.upperBound].upperBound - 1))
    return source.span(lines: lines)
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
