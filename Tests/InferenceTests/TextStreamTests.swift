import Inference
import Testing

@Suite struct TextStreamTests {
  /// The text that comes out, given byte by byte, with the pieces as they come.
  private static func pieces(_ bytes: [UInt8], stops: [String] = [], chunk: Int = 1) -> (pieces: [String], isStopped: Bool) {
    var stream = TextStream(stopSequences: stops)
    var pieces: [String] = []
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      if let more = stream.append(Array(bytes[start..<min(start + chunk, bytes.count)])) { pieces.append(more) }
      if stream.isStopped { break }
    }
    if let rest = stream.finish() { pieces.append(rest) }
    return (pieces, stream.isStopped)
  }

  @Test func charactersComeWhole() {
    let (pieces, _) = Self.pieces(Array("né 🦊.".utf8))
    #expect(pieces == ["n", "é", " ", "🦊", "."])
    // What never becomes whole comes at the end, once.
    #expect(Self.pieces([0x61, 0xF0, 0x9F]).pieces == ["a", "\u{FFFD}"])
    #expect(Self.pieces([0x80, 0x80, 0x80, 0x80, 0x62]).pieces.joined().hasSuffix("b"))
    #expect(Self.pieces([0xFF, 0x62]).pieces.joined() == "\u{FFFD}b")
    #expect(Self.pieces([]).pieces.isEmpty)
  }

  /// Any parting of the bytes, any place of the stop: the text before it, and nothing of it.
  @Test(arguments: 1...7)
  func aStopIsFoundHoweverTheTextIsParted(chunk: Int) {
    let text = "abcabcabd – END é"
    for (stop, expected) in [("abd", "abcabc"), ("END", "abcabcabd – "), ("– E", "abcabcabd "), ("é", "abcabcabd – END "), ("abc", "")] {
      let (pieces, isStopped) = Self.pieces(Array(text.utf8), stops: ["never", stop], chunk: chunk)
      #expect(pieces.joined() == expected, "\(stop)")
      #expect(isStopped)
    }
    // What looked like a stop and is none comes out, and an empty stop is none.
    let (pieces, isStopped) = Self.pieces(Array(text.utf8), stops: ["abcabcabe", " – ENDE", "é!", ""], chunk: chunk)
    #expect(pieces.joined() == text)
    #expect(!isStopped)
  }

  @Test func theFirstOfTwoStopsCounts() {
    #expect(Self.pieces(Array("one two three".utf8), stops: ["three", "two"], chunk: 13).pieces == ["one "])
  }

  /// What is complete first counts, and of two that end together the longer one; however the text is parted.
  @Test(arguments: 1...8)
  func ofOverlappingStopsTheFirstCompleteOneCounts(chunk: Int) {
    let text = Array("xabcdefgh".utf8)
    for (stops, expected) in [
      (["bcd", "abcde"], "xa"), (["abcde", "bcd"], "xa"), (["d", "bcd", "abcd"], "x"), (["cd", "d"], "xab"), (["ab", "abc"], "x"),
      (["abcdx", "bcdy", "cdef"], "xab"), (["h", "gh", "fgh", "xx"], "xabcde"),
    ] {
      let (pieces, isStopped) = Self.pieces(text, stops: stops, chunk: chunk)
      #expect(pieces.joined() == expected, "\(stops)")
      #expect(isStopped)
    }
  }

  /// A token may end within a character of the stop, or within one before it.
  @Test func aStopIsFoundInsideCharactersOfSeveralBytes() {
    let text = Array("aé🦊🦊b".utf8)
    // Borders after each possible pair of bytes: three tokens, wherever they end.
    for first in 0...text.count {
      for second in first...text.count {
        var stream = TextStream(stopSequences: ["🦊b"])
        var given = ""
        for part in [0..<first, first..<second, second..<text.count] where !stream.isStopped { given += stream.append(Array(text[part])) ?? "" }
        given += stream.finish() ?? ""
        #expect(given == "aé🦊", "\(first), \(second)")
        #expect(stream.isStopped)
      }
    }
    // Bytes that a stop's first character begins with, and another character.
    #expect(Self.pieces(Array("a🦋b".utf8), stops: ["🦊"]).pieces == ["a", "🦋", "b"])
  }

  /// Nothing is held back longer than a stop may need it.
  @Test func textThatCannotBeginAStopComesAtOnce() {
    #expect(Self.pieces(Array("ab<c<!d".utf8), stops: ["<!>"]).pieces == ["a", "b", "<c", "<!d"])
    #expect(Self.pieces(Array("aaab".utf8), stops: ["aab"]).pieces == ["a"])
  }
}

@Suite struct LoopDetectorTests {
  private static func noticedAt(_ tokens: [Int32]) -> Int? {
    var detector = LoopDetector()
    for (index, token) in tokens.enumerated() where detector.isLooping(after: token) { return index + 1 }
    return nil
  }

  @Test(arguments: 1...24)
  func aRunOfEachLengthIsNoticed(period: Int) {
    let run = (0..<Int32(period)).map { $0 + 100 }
    let tokens: [Int32] = [1, 2, 3] + (0..<20).flatMap { _ in run }
    #expect(Self.noticedAt(tokens) == 3 + (period < 4 ? 12 / period * period : 3 * period))
  }

  @Test func textIsNoLoop() {
    let squares = (0..<500).map { (number: Int32) -> Int32 in number * number % 997 }
    #expect(Self.noticedAt(squares) == nil)
    // Twice is no loop, and neither is a list with a common beginning.
    #expect(Self.noticedAt([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 9]) == nil)
    let list = (0..<15).flatMap { (item: Int32) -> [Int32] in [0, 1, 2, 1000 + item] }
    #expect(Self.noticedAt(list) == nil)
    #expect(Self.noticedAt([]) == nil)
  }
}
