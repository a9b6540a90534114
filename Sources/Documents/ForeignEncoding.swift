import Foundation

/// Encodings of one country or script, which the C library knows (iconv(3)).
struct ForeignEncoding: Sendable, Equatable {
  /// As iconv calls it.
  private let name: String
  private let isDoubleByte: Bool

  /// Whether text in it is ASCII to whoever does not know its marks (RFC 1468, RFC 1843).
  let hasASCIIMarks: Bool

  /// - Parameter name: As documents write it, in any case; `nil` for one that is not known.
  init?(named name: String) {
    let name = name.lowercased()
    // Documents name an encoding and use what grew out of it, as the Encoding standard of WHATWG has it.
    self.name = Self.successors[name] ?? name
    guard !name.isEmpty, !name.hasPrefix("utf"), !name.hasPrefix("ucs"),
      name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) })
    else { return nil }
    isDoubleByte = ["cp932", "cp949", "gb18030", "big5", "euc", "iso-2022", "hz", "johab"].contains(where: self.name.hasPrefix)
    hasASCIIMarks = self.name.hasPrefix("iso-2022") || self.name.hasPrefix("hz")
    guard let converter = Self.open(self.name) else { return nil }
    iconv_close(converter)
  }

  private static let successors = [
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932",
    "x-sjis": "cp932", "windows-31j": "cp932", "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ksc5601": "cp949", "big5": "big5-hkscs",
    "tis-620": "cp874", "iso-8859-11": "cp874", "iso-8859-9": "cp1254", "iso-8859-8-i": "iso-8859-8", "x-mac-cyrillic": "mac-cyrillic",
    "hz-gb-2312": "hz", "hz-gb2312": "hz", "x-euc-jp": "euc-jp", "macintosh": "macintosh",
  ]

  private static func open(_ name: String) -> iconv_t? {
    let converter = iconv_open("UTF-8", name)
    return converter == iconv_t(bitPattern: -1) ? nil : converter
  }

  /// - Returns: `nil` where more than a twentieth of the bytes are no text of this encoding.
  func decode(_ data: [UInt8]) -> SourceText? {
    let (source, isSound) = decode(data, base: 0)
    return isSound ? source : nil
  }

  /// The same of a part of a file that begins at `base`; bytes that belong to no character become U+FFFD.
  func decode(_ data: [UInt8], base: Int) -> (source: SourceText, isSound: Bool) {
    guard let converter = Self.open(name) else { preconditionFailure("\(name) was known a moment ago") }
    defer { iconv_close(converter) }
    var decoded: [UInt8] = []
    decoded.reserveCapacity(data.count * 2)
    var anchors = [(decoded: 0, source: base)]
    var (whole, broken) = (0, 0)
    var output = [CChar](repeating: 0, count: 1 << 14)
    var input = data
    input.withUnsafeMutableBytes { bytes in
      var next = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      var left = bytes.count
      var position: Int { bytes.count - left }
      while left > 0 {
        // Up to a line's end, so that places are true to the line.
        let ahead = bytes[position..<min(position + output.count / 4, bytes.count)]
        var piece = (ahead.firstIndex(of: 0x0A).map { $0 + 1 } ?? ahead.endIndex) - position
        let before = piece
        let (result, count, fault) = output.withUnsafeMutableBufferPointer { buffer in
          var target = buffer.baseAddress
          var room = buffer.count
          let result = iconv(converter, &next, &piece, &target, &room)
          return (result, buffer.count - room, errno)
        }
        decoded += output[..<count].lazy.map { UInt8(bitPattern: $0) }
        whole += output[..<count].count { $0 < 0 }
        left -= before - piece
        if result == -1, fault == EILSEQ || piece == before {
          // A byte that belongs to no character, or to one that is cut off.
          broken += 1
          decoded += UTF8.encodedReplacementCharacter
          next = next.map { $0 + 1 }
          left -= 1
          _ = iconv(converter, nil, nil, nil, nil)
        }
        anchors.append((decoded.count, base + position))
      }
    }
    let source = SourceText(bytes: decoded, encoding: isDoubleByte ? .foreignDoubleByte : .foreignSingleByte, anchors: anchors)
    return (source, broken * 10 <= whole)
  }
}
