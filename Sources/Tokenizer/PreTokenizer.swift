/// How a byte-level BPE parts a text before merging: the scanners below say by hand what the models' regular expressions say.
enum PreTokenizer: Sendable {
  /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  case gpt2
  /// SmolLM: every digit is a piece of its own, then GPT-2's expression on what is between.
  case smollm
  /// Llama 3: `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
  case llama3
  /// Qwen 2: Llama 3's expression with digits one by one.
  case qwen2

  /// The pieces of a text, as byte ranges that tile it.
  func forEachPiece(of bytes: [UInt8], _ body: (Range<Int>) -> Void) {
    let text = ClassifiedText(bytes)
    switch self {
    case .gpt2: scanGPT2(text, 0..<text.count, body)
    case .smollm:
      var start = 0
      for position in 0..<text.count where text.classes[position] == .number {
        scanGPT2(text, start..<position, body)
        body(text.bytes(position..<position + 1))
        start = position + 1
      }
      scanGPT2(text, start..<text.count, body)
    case .llama3: scanLlama3(text, digitRun: 3, body)
    case .qwen2: scanLlama3(text, digitRun: 1, body)
    }
  }

  private func scanGPT2(_ text: ClassifiedText, _ part: Range<Int>, _ body: (Range<Int>) -> Void) {
    var position = part.lowerBound
    while position < part.upperBound {
      var end = position
      if let contraction = text.contraction(at: position, before: part.upperBound, ignoringCase: false) {
        end = contraction
      } else {
        // An optional space before a run of letters, of numbers, or of other things.
        let start = text.scalars[position] == 0x20 && position + 1 < part.upperBound ? position + 1 : position
        let kind = text.classes[start]
        if kind.isSpace {
          end = text.endOfSpaces(from: position, before: part.upperBound)
        } else {
          end = text.endOfRun(from: start, before: part.upperBound) { $0 == kind }
        }
      }
      body(text.bytes(position..<end))
      position = end
    }
  }

  private func scanLlama3(_ text: ClassifiedText, digitRun: Int, _ body: (Range<Int>) -> Void) {
    var position = 0
    while position < text.count {
      let end = endOfLlama3Piece(text, from: position, digitRun: digitRun)
      body(text.bytes(position..<end))
      position = end
    }
  }

  private func endOfLlama3Piece(_ text: ClassifiedText, from position: Int, digitRun: Int) -> Int {
    let count = text.count
    if let contraction = text.contraction(at: position, before: count, ignoringCase: true) { return contraction }
    let kind = text.classes[position]
    // [^\r\n\p{L}\p{N}]?\p{L}+
    if kind == .letter { return text.endOfRun(from: position, before: count) { $0 == .letter } }
    if kind != .newline, kind != .number, position + 1 < count, text.classes[position + 1] == .letter {
      return text.endOfRun(from: position + 1, before: count) { $0 == .letter }
    }
    if kind == .number { return text.endOfRun(from: position, before: min(count, position + digitRun)) { $0 == .number } }
    // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
    let start = text.scalars[position] == 0x20 && position + 1 < count ? position + 1 : position
    if text.classes[start] == .other {
      let others = text.endOfRun(from: start, before: count) { $0 == .other }
      return text.endOfRun(from: others, before: count) { $0 == .newline }
    }
    // `\s*[\r\n]+`: up to the last line break of a run of white space.
    let spaces = text.endOfRun(from: position, before: count) { $0.isSpace }
    if let lastBreak = (position..<spaces).last(where: { text.classes[$0] == .newline }) { return lastBreak + 1 }
    return text.endOfSpaces(from: position, before: count)
  }
}

/// A text's scalars with the classes that the expressions ask for. A byte that is not UTF-8 counts as a scalar of class `other`.
private struct ClassifiedText {
  enum Class: UInt8 {
    case letter, number, space, newline, other

    var isSpace: Bool { self == .space || self == .newline }
  }

  private(set) var scalars: [UInt32] = []
  private(set) var classes: [Class] = []
  private var offsets: [Int] = []

  var count: Int { scalars.count }

  init(_ bytes: [UInt8]) {
    scalars.reserveCapacity(bytes.count)
    classes.reserveCapacity(bytes.count)
    offsets.reserveCapacity(bytes.count + 1)
    var position = 0
    while position < bytes.count {
      offsets.append(position)
      let byte = bytes[position]
      if byte < 0x80 {
        scalars.append(UInt32(byte))
        classes.append(Self.ascii[Int(byte)])
        position += 1
      } else if let (scalar, length) = Self.scalar(in: bytes, at: position) {
        scalars.append(scalar.value)
        classes.append(Self.classify(scalar))
        position += length
      } else {
        scalars.append(0xFFFD)
        classes.append(.other)
        position += 1
      }
    }
    offsets.append(bytes.count)
  }

  func bytes(_ range: Range<Int>) -> Range<Int> { offsets[range.lowerBound]..<offsets[range.upperBound] }

  func endOfRun(from start: Int, before limit: Int, while belongs: (Class) -> Bool) -> Int {
    var end = start
    while end < limit, belongs(classes[end]) { end += 1 }
    return end
  }

  /// `\s+(?!\S)|\s+`: all of a run at the end of the text, else all but its last, which goes with what follows.
  func endOfSpaces(from start: Int, before limit: Int) -> Int {
    let end = endOfRun(from: start, before: limit) { $0.isSpace }
    return end == limit || end == start + 1 ? end : end - 1
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d`
  func contraction(at position: Int, before limit: Int, ignoringCase: Bool) -> Int? {
    guard scalars[position] == 0x27, position + 1 < limit else { return nil }
    func letter(_ offset: Int) -> UInt32 {
      guard position + offset < limit else { return 0 }
      let value = scalars[position + offset]
      guard ignoringCase else { return value }
      // U+017F, the long s, is an s when case is ignored.
      return value == 0x17F ? 0x73 : (0x41...0x5A).contains(value) ? value | 0x20 : value
    }
    switch (letter(1), letter(2)) {
    case (0x73, _), (0x74, _), (0x6D, _), (0x64, _): return position + 2
    case (0x72, 0x65), (0x76, 0x65), (0x6C, 0x6C): return position + 3
    default: return nil
    }
  }

  private static let ascii: [Class] = (0..<0x80).map { classify(Unicode.Scalar(UInt8($0))) }

  private static func classify(_ scalar: Unicode.Scalar) -> Class {
    if scalar.value == 0x0A || scalar.value == 0x0D { return .newline }
    if scalar.properties.isWhitespace { return .space }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
    case .decimalNumber, .letterNumber, .otherNumber: .number
    default: .other
    }
  }

  /// One scalar by the table of well-formed UTF-8 (Unicode, table 3-7); `nil` when the bytes are not one.
  private static func scalar(in bytes: [UInt8], at position: Int) -> (Unicode.Scalar, Int)? {
    let first = bytes[position]
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard (0xC2...0xF4).contains(first), position + length <= bytes.count else { return nil }
    var value = UInt32(first & (0xFF >> UInt8(length + 1)))
    for offset in 1..<length {
      let next = bytes[position + offset]
      guard next & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(next & 0x3F)
    }
    guard length == 2 || (length == 3 && value >= 0x800) || (length == 4 && value >= 0x10000) else { return nil }
    return Unicode.Scalar(value).map { ($0, length) }
  }
}
