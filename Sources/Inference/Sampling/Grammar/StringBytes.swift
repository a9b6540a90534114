/// Where in a JSON string one is, byte by byte: characters are whole UTF-8 (Unicode 3.9, table 3-7), escapes are whole, and an escaped
/// surrogate comes in a pair.
enum StringBytes: Int32 {
  /// Between two characters; the string may end here, and nowhere else.
  case border
  case oneMore, twoMore, threeMore
  /// After the first bytes whose second byte has a range of its own: no overlong forms, no surrogates, nothing above U+10FFFF.
  case afterE0, afterED, afterF0, afterF4
  case escape
  case unit, unitAfterD, unitThree, unitTwo, unitOne
  case highTwo, highOne, lowEscape, lowU, lowD, lowSecond
  /// The one form of a control character's escape in a name: \u00 and two lower-case digits.
  case nameUnit, nameZero, nameRow, nameDigitOf0, nameDigitOf1

  /// What names are written like: each in one form only, so that different bytes are different names.
  enum Form { case any, unique }

  /// After one byte more that is not the end; `nil` if it cannot stand there.
  func next(_ byte: UInt8, _ form: Form) -> StringBytes? {
    let isHexadecimal = (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    switch self {
    case .border:
      switch byte {
      case 0..<0x20, 0x22: return nil
      case 0x5C: return .escape
      case 0..<0x80: return .border
      case 0xC2...0xDF: return .oneMore
      case 0xE0: return .afterE0
      case 0xED: return .afterED
      case 0xE1...0xEF: return .twoMore
      case 0xF0: return .afterF0
      case 0xF1...0xF3: return .threeMore
      case 0xF4: return .afterF4
      default: return nil
      }
    case .oneMore: return byte & 0xC0 == 0x80 ? .border : nil
    case .twoMore: return byte & 0xC0 == 0x80 ? .oneMore : nil
    case .threeMore: return byte & 0xC0 == 0x80 ? .twoMore : nil
    case .afterE0: return (0xA0...0xBF).contains(byte) ? .oneMore : nil
    case .afterED: return (0x80...0x9F).contains(byte) ? .oneMore : nil
    case .afterF0: return (0x90...0xBF).contains(byte) ? .twoMore : nil
    case .afterF4: return (0x80...0x8F).contains(byte) ? .twoMore : nil
    case .escape:
      if byte == 0x75 { return form == .any ? .unit : .nameUnit }
      if byte == 0x2F { return form == .any ? .border : nil }
      return "\"\\bfnrt".utf8.contains(byte) ? .border : nil
    case .unit:
      if byte | 0x20 == 0x64 { return .unitAfterD }
      return isHexadecimal ? .unitThree : nil
    case .unitAfterD:
      switch byte {
      case 0x30...0x37: return .unitTwo
      case 0x38, 0x39, 0x41, 0x42, 0x61, 0x62: return .highTwo
      default: return nil
      }
    case .unitThree: return isHexadecimal ? .unitTwo : nil
    case .unitTwo: return isHexadecimal ? .unitOne : nil
    case .unitOne: return isHexadecimal ? .border : nil
    case .highTwo: return isHexadecimal ? .highOne : nil
    case .highOne: return isHexadecimal ? .lowEscape : nil
    case .lowEscape: return byte == 0x5C ? .lowU : nil
    case .lowU: return byte == 0x75 ? .lowD : nil
    case .lowD: return byte | 0x20 == 0x64 ? .lowSecond : nil
    case .lowSecond: return (0x43...0x46).contains(byte) || (0x63...0x66).contains(byte) ? .unitTwo : nil
    case .nameUnit: return byte == 0x30 ? .nameZero : nil
    case .nameZero: return byte == 0x30 ? .nameRow : nil
    case .nameRow: return byte == 0x30 ? .nameDigitOf0 : byte == 0x31 ? .nameDigitOf1 : nil
    case .nameDigitOf0: return "01234567bef".utf8.contains(byte) ? .border : nil
    case .nameDigitOf1: return "0123456789abcdef".utf8.contains(byte) ? .border : nil
    }
  }
}
