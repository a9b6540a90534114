/// Takes out of text what a reader does not see but a model or an index would: zero-width and bidi controls, tags, runs of variation
/// selectors, control characters. Such characters hide instructions in documents and break search.
///
/// Joiners stay where scripts and emoji need them: between two characters beyond ASCII. Every line end becomes `\n`.
package enum VisibleText {
  /// A text without them.
  package static func cleaned(_ text: String) -> String { String(decoding: clean(Array(text.utf8)[...]), as: UTF8.self) }

  /// - Returns: The bytes as they are when nothing has to go, which is nearly always.
  static func clean(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard let first = firstSuspect(bytes) else { return bytes }
    let all = Array(bytes)
    var result = Array(bytes[bytes.startIndex..<first])
    result.reserveCapacity(all.count)
    var position = first - bytes.startIndex
    // The last scalar that was kept.
    var before: UInt32 = result.isEmpty ? 0x20 : lastScalar(of: result)
    while position < all.count {
      let (scalar, length) = all.scalar(at: position)
      let next = position + length
      defer { position = next }
      var kept = true
      switch scalar {
      case 0x0D, 0x85, 0x2028, 0x2029:
        if scalar != 0x0D || !(next < all.count && all[next] == 0x0A) {
          result.append(0x0A)
          before = 0x0A
        }
        continue
      case 0x0C, 0x0B:
        result.append(0x20)
        before = 0x20
        continue
      case 0xFE00...0xFE0F: kept = before >= 0x80 ? !isSelector(before) : before.isKeycapBase
      case 0xE0100...0xE01EF: kept = isIdeograph(before)
      case 0x200C, 0x200D: kept = before >= 0x80 && before != 0x200C && before != 0x200D && next < all.count && all[next] >= 0x80
      default: kept = !isInvisible(scalar)
      }
      if kept {
        result.append(contentsOf: all[position..<next])
        before = scalar
      }
    }
    return result[...]
  }

  /// The first byte at which something might have to go; everything before it is plain.
  private static func firstSuspect(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.withUnsafeBufferPointer { pointer -> Int? in
      for index in 0..<pointer.count {
        let byte = pointer[index]
        if byte < 0x20 {
          if byte != 0x0A && byte != 0x09 { return index }
        } else if byte >= 0x7F {
          switch byte {
          // U+0080…U+00BF, U+034F, U+061C, U+1000…U+1FFF, U+2000…U+2FFF, U+3164, U+F000 on, and all beyond the first plane.
          case 0x7F, 0xC2, 0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0...0xFF: return index
          default: break
          }
        }
      }
      return nil
    }.map { $0 + bytes.startIndex }
  }

  private static func lastScalar(of bytes: [UInt8]) -> UInt32 {
    var index = bytes.count - 1
    while index > 0, bytes[index].isContinuation { index -= 1 }
    return bytes.scalar(at: index).scalar
  }

  private static func isInvisible(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x00...0x08, 0x0E...0x1F, 0x7F...0x9F, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B, 0x200E, 0x200F,
      0x202A...0x202E, 0x2060...0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFC, 0xFFFE, 0xFFFF, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
      0xE0000...0xE00FF, 0xE01F0...0xE0FFF:
      return true
    default: return false
    }
  }

  private static func isSelector(_ scalar: UInt32) -> Bool { (0xFE00...0xFE0F).contains(scalar) || (0xE0100...0xE01EF).contains(scalar) }

  private static func isIdeograph(_ scalar: UInt32) -> Bool {
    (0x3400...0x9FFF).contains(scalar) || (0xF900...0xFAFF).contains(scalar) || (0x20000...0x3FFFF).contains(scalar)
  }
}

extension UInt32 {
  /// `#`, `*` and digits, which a variation selector turns into a keycap.
  fileprivate var isKeycapBase: Bool { self == 0x23 || self == 0x2A || (self >= 0x30 && self <= 0x39) }
}
