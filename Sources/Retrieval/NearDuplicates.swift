package import Store

/// Finds passages that say what a better one said already: copies of a page, versions of a file.
///
/// Two texts are near duplicates if they are equal, or if their runs of four words overlap by at least 95 % (Jaccard) and they hold the same
/// numbers, with the same signs: two invoices from one template are not copies of each other.
package struct NearDuplicates {
  private static let shingleLength = 4
  private static let threshold = 0.95

  private struct Fingerprint {
    let contentHash: String
    /// By their words' hashes.
    let shingles: Set<UInt64>
    let numbers: [String]
  }

  private var known: [Fingerprint] = []

  package init() {}

  /// Whether a chunk says the same as one that was taken; if not, it is taken.
  package mutating func isDuplicate(_ chunk: StoredChunk) -> Bool {
    let (words, numbers) = Self.words(of: chunk.text)
    let shingles = Self.shingles(of: words)
    for other in known {
      if other.contentHash == chunk.contentHash { return true }
      guard other.numbers == numbers, !shingles.isEmpty else { continue }
      let smaller = min(shingles.count, other.shingles.count)
      guard Double(smaller) >= Self.threshold * Double(max(shingles.count, other.shingles.count)) else { continue }
      let common = shingles.intersection(other.shingles).count
      if Double(common) >= Self.threshold * Double(shingles.count + other.shingles.count - common) { return true }
    }
    known.append(Fingerprint(contentHash: chunk.contentHash, shingles: shingles, numbers: numbers))
    return false
  }

  /// Hashes of a text's words (`Words.folded`), and those that have digits. Most words are not copied: this sees all of every passage that is given.
  private static func words(of text: String) -> (hashes: [UInt64], numbers: [String]) {
    var hashes: [UInt64] = []
    var numbers: [String] = []
    var text = text.utf8.contains(0xE2) ? text.replacing("\u{2212}", with: "-") : text
    text.withUTF8 { bytes in
      Words.forEachRun(of: bytes) { run, head, isASCII in
        if isASCII {
          hashes.append(Words.hash(of: run, head: head))
          if run.contains(where: { (0x30...0x39).contains($0) }) { numbers.append(sign(before: run, in: bytes) + Words.foldedASCII(run)) }
        } else {
          let words = Words.folded(String(decoding: run, as: UTF8.self))
          hashes += words.map { Words.hash(of: $0) }
          numbers += words.filter(isNumber)
        }
      }
    }
    return (hashes, numbers)
  }

  /// The sign of a number: 5 degrees are not the same as -5 degrees. A hyphen or dash behind a word is none.
  private static func sign(before run: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>) -> String {
    guard let start = run.baseAddress, let first = bytes.baseAddress else { return "" }
    let before = bytes[..<(start - first)]
    let sign = ["-", "+", "\u{2013}"].first { before.suffix($0.utf8.count).elementsEqual($0.utf8) }
    guard let sign else { return "" }
    let place = before.count - sign.utf8.count
    let isBehindPunctuation = place >= 3 && Words.isPunctuation(bytes, at: place - 3)
    if place > 0, Words.isWordByte(bytes[place - 1]), !isBehindPunctuation { return "" }
    return sign == "+" ? "+" : "-"
  }

  private static func shingles(of hashes: [UInt64]) -> Set<UInt64> {
    let length = min(shingleLength, hashes.count)
    guard length > 0 else { return [] }
    return Set(
      (0...(hashes.count - length)).map { start in
        hashes[start..<(start + length)].reduce(0) { ($0 &* 0x9E37_79B9_7F4A_7C15).byteSwapped ^ $1 }
      })
  }

  private static func isNumber(_ word: String) -> Bool {
    word.unicodeScalars.contains { $0.isASCII ? (0x30...0x39).contains($0.value) : $0.properties.numericType != nil }
  }
}
