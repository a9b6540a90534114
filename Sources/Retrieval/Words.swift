import Foundation
import Lexical

/// English words as the lexical index sees them (folded, then stemmed by the same stemmer), so that what is counted outside of it agrees with what
/// it finds.
package enum Words {
  /// The words of a text in order, in lower case and without diacritics: runs of letters, digits and marks.
  ///
  /// Scripts that are written without spaces (Han, kana, Thai …) have no words to see at this level; each pair of neighbouring characters
  /// counts as one.
  package static func folded(_ text: some StringProtocol) -> [String] {
    text.utf8.withContiguousStorageIfAvailable(foldedRuns) ?? foldedScalars(text)
  }

  /// Runs of ASCII letters and digits are words as they are; only runs with anything else are looked at closely.
  private static func foldedRuns(_ bytes: UnsafeBufferPointer<UInt8>) -> [String] {
    var words: [String] = []
    forEachRun(of: bytes) { run, _, isASCII in
      if isASCII {
        words.append(foldedASCII(run))
      } else {
        words += foldedScalars(String(decoding: run, as: UTF8.self))
      }
    }
    return words
  }

  /// Calls `body` for each run of word bytes (`isWordByte`), with its first eight bytes (`head`) and whether all of it is ASCII: then it is one word.
  ///
  /// Eight bytes at a time, without a branch for each: this sees all of every candidate. Typographic punctuation parts runs, too: taking one apart that
  /// is not ASCII costs a hundred times more.
  @inline(__always)
  static func forEachRun(
    of bytes: UnsafeBufferPointer<UInt8>, _ body: (_ run: UnsafeBufferPointer<UInt8>, _ head: UInt64, _ isASCII: Bool) -> Void
  ) {
    var start = 0
    while start < bytes.count {
      let signs = wordSigns(packed(bytes, from: start))
      guard signs != 0 else {
        start += 8
        continue
      }
      start += signs.trailingZeroBitCount / 8
      var end = start
      var (head, all): (UInt64, UInt64) = (0, 0)
      var length = 8
      while length == 8 {
        let eight = packed(bytes, from: end)
        length = (~wordSigns(eight) & signBits).trailingZeroBitCount / 8
        let word = eight & mask(length)
        if end == start { head = word }
        all |= word
        end += length
      }
      let run = UnsafeBufferPointer(rebasing: bytes[start..<end])
      if all & signBits == 0 { body(run, head, true) } else { forEachPart(of: run, body) }
      // Behind it stands what is in no word.
      start = end + 1
    }
  }

  /// What stands between dashes, quotation marks, bullets and ellipses: “so”–much.
  @inline(__always)
  private static func forEachPart(
    of run: UnsafeBufferPointer<UInt8>, _ body: (_ run: UnsafeBufferPointer<UInt8>, _ head: UInt64, _ isASCII: Bool) -> Void
  ) {
    var start = 0
    while start < run.count {
      var end = start
      var all: UInt8 = 0
      while end < run.count, !isPunctuation(run, at: end) {
        all |= run[end]
        end += 1
      }
      if end > start {
        let part = UnsafeBufferPointer(rebasing: run[start..<end])
        body(part, packed(part, from: 0), all < 0x80)
      }
      start = end + 3
    }
  }

  /// U+2010 to U+2015, U+2018 to U+2022, U+2026: three bytes each, which neither case nor decomposition makes letters of.
  static func isPunctuation(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int) -> Bool {
    guard bytes[place] == 0xE2, place + 2 < bytes.count, bytes[place + 1] == 0x80 else { return false }
    return switch bytes[place + 2] {
    case 0x90...0x95, 0x98...0xA2, 0xA6: true
    default: false
    }
  }

  /// Eight bytes, the first one lowest; zeros behind the end.
  @inline(__always)
  static func packed(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> UInt64 {
    if start + 8 <= bytes.count {
      return UInt64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: start, as: UInt64.self))
    }
    var packed: UInt64 = 0
    for place in stride(from: start, to: bytes.count, by: 1) { packed |= UInt64(bytes[place]) << UInt64(8 * (place - start)) }
    return packed
  }

  /// The first bytes of eight, as many as there are.
  @inline(__always)
  static func mask(_ count: Int) -> UInt64 { count < 8 ? 1 << UInt64(8 * count) - 1 : .max }

  private static let signBits: UInt64 = 0x8080_8080_8080_8080

  /// The highest bit of each byte that is in a word.
  @inline(__always)
  private static func wordSigns(_ bytes: UInt64) -> UInt64 {
    let each: UInt64 = 0x0101_0101_0101_0101
    let low = bytes & ~signBits
    let small = low | 0x20 * each
    // Adding what is missing to 0x80 sets the bit from a bound on; no byte overflows.
    let letters = (small + (0x80 - 0x61) * each) & ~(small + (0x80 - 0x7B) * each)
    let digits = (low + (0x80 - 0x30) * each) & ~(low + (0x80 - 0x3A) * each)
    return (letters | digits | bytes) & signBits
  }

  /// The word that a run of ASCII is.
  static func foldedASCII(_ run: UnsafeBufferPointer<UInt8>) -> String {
    String(unsafeUninitializedCapacity: run.count) { word in
      for place in run.indices { word[place] = loweredASCII(run[place]) }
      return run.count
    }
  }

  /// A hash of a word's bytes, eight at a time, those of ASCII in lower case unless they are to be told apart.
  ///
  /// - Parameter head: As `forEachRun` gives it.
  @inline(__always)
  static func hash(of run: UnsafeBufferPointer<UInt8>, head: UInt64, keepsCase: Bool = false) -> UInt64 {
    func mixed(_ hash: UInt64, _ bytes: UInt64) -> UInt64 {
      let product = (hash ^ (keepsCase ? bytes : loweredASCII(bytes))) &* 0x9E37_79B9_7F4A_7C15
      return product ^ product >> 32
    }
    var hash = mixed(UInt64(run.count), head)
    guard run.count > 8 else { return hash }
    for start in stride(from: 8, to: run.count - 8, by: 8) { hash = mixed(hash, packed(run, from: start)) }
    return mixed(hash, packed(run, from: run.count - 8))
  }

  /// The hashes of a text's words (`folded`), without a string for each.
  static func hashes(of text: String) -> [UInt64] {
    var hashes: [UInt64] = []
    var text = text
    text.withUTF8 { bytes in
      forEachRun(of: bytes) { run, head, isASCII in
        if isASCII {
          hashes.append(hash(of: run, head: head))
        } else {
          hashes += foldedScalars(String(decoding: run, as: UTF8.self)).map(hash)
        }
      }
    }
    return hashes
  }

  /// A folded word's.
  static func hash(of word: String) -> UInt64 {
    var word = word
    return word.withUTF8 { hash(of: $0, head: packed($0, from: 0)) }
  }

  /// Eight bytes, capitals of ASCII among them as small letters.
  @inline(__always)
  private static func loweredASCII(_ bytes: UInt64) -> UInt64 {
    let each: UInt64 = 0x0101_0101_0101_0101
    let low = bytes & ~signBits
    let capitals = (low + (0x80 - 0x41) * each) & ~(low + (0x80 - 0x5B) * each) & ~bytes & signBits
    return bytes | capitals >> 2
  }

  static func loweredASCII(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

  /// Letters and digits of ASCII, and every byte of what is not ASCII.
  static func isWordByte(_ byte: UInt8) -> Bool { byte >= 0x80 || (0x30...0x39).contains(byte) || (byte | 0x20) &- 0x61 < 26 }

  private static func foldedScalars(_ text: some StringProtocol) -> [String] {
    var words: [String] = []
    var word = String.UnicodeScalarView()
    var run: [Unicode.Scalar] = []
    func endWord() {
      if !word.isEmpty { words.append(String(word)) }
      word.removeAll()
    }
    func endRun() {
      if run.count == 1 { words.append(String(run[0])) }
      for pair in zip(run, run.dropFirst()) { words.append(String(pair.0) + String(pair.1)) }
      run.removeAll()
    }
    for scalar in decomposed(text) {
      if CharacterFolding.isUnspaced(scalar) {
        endWord()
        run.append(scalar)
      } else if scalar.properties.generalCategory == .nonspacingMark {
        // A diacritic: folded away, and no end of a word.
        continue
      } else if CharacterFolding.isWordScalar(scalar) {
        endRun()
        guard !scalar.isASCII else {
          word.append(contentsOf: lowered(scalar))
          continue
        }
        for letter in scalar.properties.lowercaseMapping.unicodeScalars { CharacterFolding.append(letter, to: &word) }
      } else {
        endWord()
        endRun()
      }
    }
    endWord()
    endRun()
    return words
  }

  /// The words of a text, stemmed.
  package static func stems(_ text: some StringProtocol) -> [String] {
    let analyzer = TextAnalyzer()
    return folded(text).map(analyzer.englishStem)
  }

  /// Whether a folded word is one that says nothing about a text's subject.
  package static func isStopWord(_ word: String) -> Bool { StopWords.english.contains(word) }

  /// The same of a word that may name something: `D` does in `vitamin D`.
  static func isStopWordOfQuestion(_ word: String) -> Bool { !StopWords.endings.contains(word) && isStopWord(word) }

  private static func decomposed(_ text: some StringProtocol) -> String.UnicodeScalarView {
    // Most text needs no decomposition, and that is quick to see.
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return String(text).unicodeScalars }
    return CharacterFolding.decomposed(String(text)).unicodeScalars
  }

  private static func lowered(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView {
    let isUpper = (0x41...0x5A).contains(scalar.value)
    return String.UnicodeScalarView([isUpper ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar])
  }

}
