/// Finds out how a file writes its characters and turns them into UTF-8.
///
/// A byte order mark decides, however broken the rest; then a pattern of zero bytes (UTF-16, UTF-32); then whether the bytes are valid UTF-8, wholly or but for
/// a few places, which become U+FFFD; then what the letters of another script make likely. What remains is Windows-1252, the superset of Latin-1 that browsers
/// take for it.
enum TextDecoding {
  /// - Parameter declared: The encoding that a header in the file names (`<meta charset>`); weaker than a byte order mark and than valid UTF-8.
  /// - Returns: `nil` when the bytes are no text.
  static func decode(_ data: [UInt8], declared: String? = nil) -> SourceText? {
    if let sign = sign(of: data, byteCount: data.count) { return decode(data, as: sign.encoding, from: sign.markByteCount) }
    guard isText(data[...]) else { return nil }
    if let declared {
      let isLatin = latinNames.contains(declared.lowercased())
      if isLatin, !isValidUTF8(data) { return windows1252(data, base: 0) }
      if !isLatin, let foreign = ForeignEncoding(named: declared),
        foreign.hasASCIIMarks ? !data.contains(where: { $0 >= 0x80 }) : !isValidUTF8(data), let text = foreign.decode(data)
      {
        return text
      }
    }
    if isValidUTF8(data) { return SourceText(utf8: data) }
    if isLikelyForeign(countScalars(data)), let text = EncodingGuess.foreign(data)?.decode(data) { return text }
    return utf8(data, from: 0, base: 0, isCertain: false) ?? windows1252(data, base: 0)
  }

  /// Whether so much in what should be UTF-8 is broken that it may be an encoding of two bytes a character, some of which look like UTF-8's.
  static func isLikelyForeign(_ scalars: (whole: Int, broken: Int)) -> Bool { scalars.broken * 8 > scalars.whole }

  /// Names under which Windows-1252 goes, as the Encoding standard of WHATWG has it.
  private static let latinNames: Set<String> = [
    "iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252", "us-ascii", "ascii", "iso-8859-15", "ansi_x3.4-1968",
  ]

  /// What the first bytes of a file leave no doubt about: its byte order mark, or a pattern of zero bytes.
  ///
  /// - Parameter byteCount: Of the whole file.
  static func sign(of head: [UInt8], byteCount: Int) -> (encoding: TextEncoding, markByteCount: Int)? {
    if head.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 3) }
    if head.starts(with: [0xFF, 0xFE, 0, 0]) { return (.utf32LittleEndian, 4) }
    if head.starts(with: [0, 0, 0xFE, 0xFF]) { return (.utf32BigEndian, 4) }
    if head.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2) }
    if head.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2) }
    return zeroPattern(head, byteCount: byteCount).map { ($0, 0) }
  }

  /// Text of which the encoding is known; what is broken in it becomes U+FFFD.
  ///
  /// - Parameters:
  ///   - start: Where the text begins in `data`, behind the mark.
  ///   - base: Where `data` begins in its file.
  static func decode(_ data: [UInt8], as encoding: TextEncoding, from start: Int, base: Int = 0) -> SourceText {
    switch encoding {
    case .utf8: utf8(data, from: start, base: base, isCertain: true) ?? windows1252(data, base: base)
    case .windows1252, .foreignSingleByte, .foreignDoubleByte: windows1252(data, base: base)
    case .utf16LittleEndian, .utf16BigEndian, .utf32LittleEndian, .utf32BigEndian: wide(data, encoding, from: start, base: base)
    }
  }

  /// Characters beyond ASCII in what should be UTF-8: those that are whole, and bytes that belong to none.
  static func countScalars(_ bytes: [UInt8]) -> (whole: Int, broken: Int) {
    if isValidUTF8(bytes) { return (bytes.count { $0 >= 0xC0 }, 0) }
    var (whole, broken, position) = (0, 0, 0)
    while position < bytes.count {
      let length = validScalarLength(bytes, at: position)
      if length > 1 { whole += 1 } else if length == 0 { broken += 1 }
      position += max(1, length)
    }
    return (whole, broken)
  }

  /// Few control characters and hardly a zero byte.
  static func isText(_ data: ArraySlice<UInt8>) -> Bool {
    let sample = data.prefix(1 << 16)
    var zeros = 0
    var controls = 0
    for byte in sample where byte < 0x20 || byte == 0x7F {
      switch byte {
      case 0: zeros += 1
      case 0x08...0x0D, 0x1B: break
      default: controls += 1
      }
    }
    return zeros <= sample.count / 1000 + (sample.count < 1000 ? 1 : 0) && (zeros + controls) * 10 <= max(sample.count, 20)
  }

  /// UTF-16 and UTF-32 of mostly Latin text without a mark: zeros at every second byte, or at three of four.
  private static func zeroPattern(_ data: [UInt8], byteCount: Int) -> TextEncoding? {
    let sample = data.prefix(4096)
    guard sample.count >= 4 else { return nil }
    var zeros = [0, 0, 0, 0]
    for (index, byte) in sample.enumerated() where byte == 0 { zeros[index % 4] += 1 }
    let quarter = sample.count / 4
    func isMostly(_ index: Int) -> Bool { zeros[index] * 10 >= quarter * 7 && zeros[index] > 0 }
    func isRarely(_ index: Int) -> Bool { zeros[index] * 10 <= quarter }
    if byteCount % 4 == 0 {
      if isRarely(0), isMostly(1), isMostly(2), isMostly(3) { return .utf32LittleEndian }
      if isMostly(0), isMostly(1), isMostly(2), isRarely(3) { return .utf32BigEndian }
    }
    if byteCount % 2 == 0 {
      if isRarely(0), isMostly(1), isRarely(2), isMostly(3) { return .utf16LittleEndian }
      if isMostly(0), isRarely(1), isMostly(2), isRarely(3) { return .utf16BigEndian }
    }
    return nil
  }

  static func isValidUTF8(_ data: [UInt8]) -> Bool {
    String(validating: data, as: UTF8.self) != nil
  }

  /// UTF-8, repaired if that is certain, or at least as many characters beyond ASCII are whole as are broken; `nil` if they are not.
  private static func utf8(_ data: [UInt8], from start: Int, base: Int, isCertain: Bool) -> SourceText? {
    let body = start == 0 ? data : Array(data[start...])
    let base = base + start
    if isValidUTF8(body) { return SourceText(utf8: body, sourceStart: base) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(body.count + 16)
    var anchors = [(decoded: 0, source: base)]
    var whole = 0
    var broken = 0
    var position = 0
    while position < body.count {
      let length = validScalarLength(body, at: position)
      if length > 0 {
        if length > 1 { whole += 1 }
        decoded.append(contentsOf: body[position..<(position + length)])
        position += length
      } else {
        broken += 1
        decoded.append(contentsOf: [0xEF, 0xBF, 0xBD])
        position += 1
        anchors.append((decoded.count, base + position))
      }
    }
    guard isCertain || whole >= broken else { return nil }
    return SourceText(bytes: decoded, encoding: .utf8, anchors: anchors)
  }

  /// Bytes of the scalar at `position`, 0 if it is not valid (overlong, surrogate, cut).
  private static func validScalarLength(_ bytes: [UInt8], at position: Int) -> Int {
    let first = bytes[position]
    if first < 0x80 { return 1 }
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, low) = (3, 0xA0)
    case 0xED: (length, high) = (3, 0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, low) = (4, 0x90)
    case 0xF4: (length, high) = (4, 0x8F)
    case 0xF1...0xF3: length = 4
    default: return 0
    }
    guard position + length <= bytes.count, bytes[position + 1] >= low, bytes[position + 1] <= high else { return 0 }
    for index in 2..<max(2, length) where !bytes[position + index].isContinuation { return 0 }
    return length
  }

  private static func wide(_ data: [UInt8], _ encoding: TextEncoding, from start: Int, base: Int) -> SourceText {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(data.count)
    var anchors = [(decoded: 0, source: base + start)]
    var position = start
    let is32 = encoding == .utf32LittleEndian || encoding == .utf32BigEndian
    let isLittle = encoding == .utf16LittleEndian || encoding == .utf32LittleEndian
    func unit(_ at: Int) -> UInt32 {
      isLittle ? UInt32(data[at]) | UInt32(data[at + 1]) << 8 : UInt32(data[at]) << 8 | UInt32(data[at + 1])
    }
    while position < data.count {
      var scalar: UInt32 = 0xFFFD
      var length = is32 ? 4 : 2
      var isWhole = position + length <= data.count
      if isWhole {
        if is32 {
          scalar = isLittle ? unit(position) | unit(position + 2) << 16 : unit(position) << 16 | unit(position + 2)
        } else {
          scalar = unit(position)
          if scalar & 0xFC00 == 0xD800, position + 4 <= data.count, unit(position + 2) & 0xFC00 == 0xDC00 {
            scalar = 0x10000 + (scalar & 0x3FF) << 10 + (unit(position + 2) & 0x3FF)
            length = 4
          }
        }
      } else {
        length = data.count - position
      }
      if Unicode.Scalar(scalar) == nil {
        scalar = 0xFFFD
        isWhole = false
      }
      decoded.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
      position += length
      // What is broken does not count as its encoding says, and long stretches would be slow to count.
      if !isWhole || decoded.count - anchors[anchors.count - 1].decoded > 1024 { anchors.append((decoded.count, base + position)) }
    }
    return SourceText(bytes: decoded, encoding: encoding, anchors: anchors)
  }

  private static func windows1252(_ data: [UInt8], base: Int) -> SourceText {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(data.count + data.count / 8)
    var anchors = [(decoded: 0, source: base)]
    for (index, byte) in data.enumerated() {
      if byte < 0x80 {
        decoded.append(byte)
      } else {
        let scalar = byte < 0xA0 ? upperControls[Int(byte) - 0x80] : UInt32(byte)
        decoded.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
      }
      if decoded.count - anchors[anchors.count - 1].decoded > 1024 { anchors.append((decoded.count, base + index + 1)) }
    }
    return SourceText(bytes: decoded, encoding: .windows1252, anchors: anchors)
  }

  /// 0x80 to 0x9F of Windows-1252, as the Encoding standard of WHATWG maps them.
  private static let upperControls: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C,
    0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]
}
