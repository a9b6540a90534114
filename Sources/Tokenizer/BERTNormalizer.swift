import Foundation
import Synchronization

/// BERT's text clean-up: control characters out, CJK characters as words of their own, accents off, lower case; then words are what
/// white space and punctuation part.
struct BERTNormalizer: Sendable {
  let cleans: Bool
  let partsCJK: Bool
  let stripsAccents: Bool
  let lowercases: Bool

  /// What becomes of one scalar.
  private enum Class {
    case dropped, space
    /// Part of a word, as these bytes.
    case letters([UInt8])
    /// A word of its own, as these bytes.
    case alone([UInt8])
  }

  /// Gives each word as UTF-8, and its number of scalars.
  func forEachWord(of text: String, _ body: (_ word: [UInt8], _ scalarCount: Int) -> Void) {
    var word: [UInt8] = []
    var scalarCount = 0
    func flush() {
      if !word.isEmpty { body(word, scalarCount) }
      word.removeAll(keepingCapacity: true)
      scalarCount = 0
    }
    for scalar in text.unicodeScalars {
      if scalar.value < 0x80 {
        let byte = UInt8(scalar.value)
        switch byte {
        case 0x61...0x7A, 0x30...0x39:
          word.append(byte)
          scalarCount += 1
        case 0x41...0x5A:
          word.append(lowercases ? byte | 0x20 : byte)
          scalarCount += 1
        case 0x20, 0x09, 0x0A, 0x0D: flush()
        case 0x00...0x1F, 0x7F:
          if !cleans {
            // Without cleaning, the white space among the controls still parts words.
            if (0x0B...0x0C).contains(byte) {
              flush()
            } else {
              word.append(byte)
              scalarCount += 1
            }
          }
        default:
          flush()
          body([byte], 1)
        }
        continue
      }
      switch Self.classify(scalar, self) {
      case .dropped: break
      case .space: flush()
      case .letters(let bytes):
        word += bytes
        scalarCount += bytes.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
      case .alone(let bytes):
        flush()
        body(bytes, 1)
      }
    }
    flush()
  }

  /// The category as of Unicode 8: the tables of the tokenizer that the models were trained with know no later characters.
  private static func category(of scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
    switch scalar.value {
    // The ones that a later version moved to another category.
    case 0x166D, 0x111C9: return .otherPunctuation
    case 0x1734, 0x1171E: return .nonspacingMark
    case 0xA9BD: return .spacingMark
    case 0x1885, 0x1886: return .otherLetter
    default:
      guard let age = scalar.properties.age, age.major <= 8 else { return .unassigned }
      return scalar.properties.generalCategory
    }
  }

  private static func classify(_ scalar: Unicode.Scalar, _ options: BERTNormalizer) -> Class {
    let category = category(of: scalar)
    // Before white space, because U+0085 is both.
    if options.cleans, scalar.value == 0xFFFD || [.control, .format, .privateUse].contains(category) { return .dropped }
    if scalar.properties.isWhitespace { return .space }
    let folded = options.fold(scalar)
    if options.partsCJK, isCJK(scalar.value) { return .alone(folded) }
    if folded.isEmpty { return .dropped }
    // Without its accent, ≮ is a plain <.
    if folded.count == 1, let ascii = folded.first, !(0x30...0x39).contains(ascii), !(0x61...0x7A).contains(ascii | 0x20) { return .alone(folded) }
    switch category {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation, .finalPunctuation, .otherPunctuation:
      return .alone(folded)
    default: return .letters(folded)
    }
  }

  /// Canonical decomposition without nonspacing marks, then lower case; kept, because Foundation takes a microsecond for each.
  private func fold(_ scalar: Unicode.Scalar) -> [UInt8] {
    let key = scalar.value << 2 | (stripsAccents ? 2 : 0) | (lowercases ? 1 : 0)
    if let known = Self.folded.withLock({ $0[key] }) { return known }
    var scalars = Array(String(scalar).unicodeScalars)
    if stripsAccents {
      scalars = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.filter { Self.category(of: $0) != .nonspacingMark }
    }
    let text = lowercases ? scalars.map(\.properties.lowercaseMapping).joined() : String(String.UnicodeScalarView(scalars))
    let bytes = Array(text.utf8)
    Self.folded.withLock { $0[key] = bytes }
    return bytes
  }

  private static let folded = Mutex<[UInt32: [UInt8]]>([:])

  /// The blocks that BERT's own tokenizer lists as CJK.
  private static func isCJK(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF,
      0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
