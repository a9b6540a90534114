/// Finds what a word that no document has was probably meant to be, among the words that they have.
package enum Spelling {
  /// Letters of a word that is looked at, at least: shorter ones have too many neighbours.
  package static let shortestLength = 4
  /// Letters of a word whose first one may be wrong: of shorter ones another first letter makes another word.
  static let firstLetterLength = 6
  /// Words of the vocabulary that are compared, at most.
  static let candidateLimit = 200_000

  /// How many mistakes a word of a length may have.
  package static func tolerance(length: Int) -> Int { length < shortestLength ? 0 : length < 8 ? 1 : 2 }

  /// The word with the fewest mistakes, of several that in most chunks; `nil` if none is near.
  ///
  /// - Parameter mistakes: How many it may have; `nil` for what its length allows.
  package static func nearest(_ word: String, in vocabulary: [(stem: String, chunkCount: Int)], mistakes: Int? = nil) -> String? {
    let scalars = Array(word.unicodeScalars)
    let tolerance = mistakes ?? tolerance(length: scalars.count)
    guard tolerance > 0 else { return nil }
    var best: (stem: String, distance: Int, count: Int)?
    for (stem, count) in vocabulary where count > 0 {
      // Most are ruled out by their length, without looking at their letters.
      let length = stem.utf8.count
      guard length + 3 * tolerance >= scalars.count, length <= 4 * (scalars.count + tolerance) else { continue }
      let limit = min(tolerance, best?.distance ?? tolerance)
      guard let distance = distance(scalars, Array(stem.unicodeScalars), limit: limit) else { continue }
      if let best, (best.distance, -best.count, best.stem) <= (distance, -count, stem) { continue }
      best = (stem, distance, count)
    }
    return best?.stem
  }

  /// How many letters have to be put in, left out, replaced or exchanged with their neighbour (optimal string alignment; Damerau 1964); `nil` if more
  /// than `limit`.
  package static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in 0..<b.count {
        row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], before[j - 1] + 1) }
      }
      if row.min() ?? 0 > limit { return nil }
      (before, last) = (last, row)
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}
