/// Puts tokens' bytes together to text: whole characters only, and nothing of a stop sequence, also when it lies across tokens.
///
/// Of several stop sequences the one counts that is complete first, byte by byte, and of those that end together the longest: how the text is
/// parted into tokens changes nothing.
package struct TextStream {
  private let stopSequences: [[UInt8]]
  /// Bytes that are not given out yet.
  private var held: [UInt8] = []
  /// Whether a stop sequence was met; nothing may be appended after.
  package private(set) var isStopped = false

  package init(stopSequences: [String]) {
    self.stopSequences = stopSequences.map { Array($0.utf8) }.filter { !$0.isEmpty }
  }

  /// Takes a token's bytes; gives the text that is certain by now.
  package mutating func append(_ bytes: [UInt8]) -> String? {
    held += bytes
    let stops = stopSequences.compactMap { Self.firstRange(of: $0, in: held) }
    if let stop = stops.min(by: { ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound) }) {
      isStopped = true
      held.removeSubrange(stop.lowerBound...)
      return finish()
    }
    let uncertain = max(Self.unfinishedCharacterCount(held), stopSequences.map { Self.overlap(of: held, with: $0) }.max() ?? 0)
    return give(held.count - uncertain)
  }

  /// The rest, at the end; a character that never became whole is U+FFFD.
  package mutating func finish() -> String? { give(held.count) }

  private mutating func give(_ count: Int) -> String? {
    guard count > 0 else { return nil }
    let text = String(decoding: held[..<count], as: UTF8.self)
    held.removeFirst(count)
    return text
  }

  /// Bytes at the end that begin a character and do not finish it.
  private static func unfinishedCharacterCount(_ bytes: [UInt8]) -> Int {
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > count ? count : 0
    }
    return 0
  }

  /// Bytes at the end of `bytes` that `stop` begins with.
  private static func overlap(of bytes: [UInt8], with stop: [UInt8]) -> Int {
    (0..<min(stop.count, bytes.count + 1)).reversed().first { bytes.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
  }

  private static func firstRange(of needle: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
    guard needle.count <= bytes.count else { return nil }
    return (0...bytes.count - needle.count).lazy.map { $0..<$0 + needle.count }.first { bytes[$0].elementsEqual(needle) }
  }
}
