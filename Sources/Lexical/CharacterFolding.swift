import Foundation

/// What of a character is kept.
package enum CharacterFolding {
  /// Without diacritics: canonically decomposed, the marks left out, and letters that are written with others where there is no key for them.
  static func folded(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    var folded = String.UnicodeScalarView()
    for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars where scalar.properties.generalCategory != .nonspacingMark {
      append(scalar, to: &folded)
    }
    return String(folded)
  }

  /// Adds a small letter, or those that stand for it.
  package static func append(_ scalar: Unicode.Scalar, to letters: inout String.UnicodeScalarView) {
    if let plain = plain(scalar) { letters.append(contentsOf: plain.unicodeScalars) } else { letters.append(scalar) }
  }

  /// What stands for a small letter that has no decomposition (Unicode CLDR's transliteration Latin-ASCII).
  private static func plain(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "ß": "ss"
    case "æ": "ae"
    case "œ": "oe"
    case "ø": "o"
    case "đ", "ð": "d"
    case "ł": "l"
    case "ħ": "h"
    case "ı": "i"
    case "þ": "th"
    default: nil
    }
  }

  static func folded(_ scalar: Unicode.Scalar) -> String {
    // Han and Thai have nothing to fold; kana have voice marks.
    (0x3040...0x30FF).contains(scalar.value) || (0xF900...0xFAFF).contains(scalar.value) ? folded(String(scalar)) : String(scalar)
  }

  /// Syllables of Korean.
  static func isHangul(_ scalar: Unicode.Scalar) -> Bool { (0xAC00...0xD7A3).contains(scalar.value) }

  /// Canonically composed.
  static func composed(_ text: String) -> String {
    hasOtherForms(text) ? plain(text).precomposedStringWithCompatibilityMapping : text.precomposedStringWithCanonicalMapping
  }

  /// Canonically decomposed, so that letters and their diacritics are apart.
  package static func decomposed(_ text: String) -> String {
    hasOtherForms(text) ? plain(text).decomposedStringWithCompatibilityMapping : text.decomposedStringWithCanonicalMapping
  }

  /// Whether there are letters and digits of double width, kana of half of it, ligatures as `ﬁ`, or digits above and below the line (`CO₂`, `m³`), which
  /// mean the same as others.
  private static func hasOtherForms(_ text: String) -> Bool {
    text.unicodeScalars.contains { scalar in
      switch scalar.value {
      case 0xFF00...0xFFEF, 0xFB00...0xFB06: true
      default: isRaised(scalar)
      }
    }
  }

  private static func isRaised(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xB2, 0xB3, 0xB9, 0x2070...0x209C: true
    default: false
    }
  }

  /// With a space before exponents: `10²` is not `102`.
  private static func plain(_ text: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isRaised(scalar), let before = plain.last, before.properties.numericType == .decimal { plain.append(" ") }
      plain.append(scalar)
    }
    return String(plain)
  }

  /// Letters, digits and marks, of which words are made.
  package static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return (0x30...0x39).contains(scalar.value) || (0x41...0x5A).contains(scalar.value) || (0x61...0x7A).contains(scalar.value)
    }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber, .otherNumber,
      .nonspacingMark, .spacingMark, .privateUse:
      return true
    default: return false
    }
  }

  /// Han, kana, Thai, Lao, Khmer, Myanmar: written without spaces between words.
  package static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value >= 0x0E00 else { return false }
    switch scalar.value {
    case 0x0E01...0x0E4E, 0x0E81...0x0ECD, 0x1000...0x109F, 0x1780...0x17D3: return scalar.properties.generalCategory != .nonspacingMark
    case 0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,
      0x20000...0x323AF:
      return true
    default: return false
    }
  }
}
