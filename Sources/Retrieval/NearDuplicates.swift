package import Store

/// Finds passages that say what a better one said already: copies of a page, versions of a file.
///
/// Two texts are near duplicates if they are equal, or if their runs of four words overlap by at least 95 % (Jaccard) and they hold the same
/// numbers: two invoices from one template are not copies of each other.
package struct NearDuplicates {
  private static let shingleLength = 4
  private static let threshold = 0.95

  private struct Fingerprint {
    let contentHash: String
    let shingles: Set<[String]>
    let numbers: [String]
  }

  private var known: [Fingerprint] = []

  package init() {}

  /// Whether a chunk says the same as one that was taken; if not, it is taken.
  package mutating func isDuplicate(_ chunk: StoredChunk) -> Bool {
    let words = Words.folded(chunk.text)
    let length = min(Self.shingleLength, max(1, words.count))
    let shingles = words.count < length ? [] : Set((0...(words.count - length)).map { Array(words[$0..<($0 + length)]) })
    let numbers = words.filter { $0.unicodeScalars.contains { $0.properties.numericType != nil } }
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
}
