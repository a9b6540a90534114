import Foundation

/// BM25 of passages as they stand in their documents: words of the neighbouring passages count too, those of the headings twice, and query words that
/// stand next to each other count once more.
///
/// score = Σ idf(t) · B(t in the window) + Σ over neighbouring query terms a b of (idf(a) + idf(b)) · (0.4 · B(a b) + 0.1 · B(a and b within 8 words)), with
/// B(f) = f · (k1 + 1) / (f + k1 · (1 - b + b · length / mean length)). Proximity after Metzler and Croft, "A Markov random field model for term
/// dependencies", SIGIR 2005, with the terms' own idf in place of the pairs', which no index counts; lengths are compared with the candidates' mean.
package struct WindowScores: Sendable {
  /// A passage's texts.
  package struct Window: Sendable {
    var header: String
    var text: String
    /// Those of the passages before and after it in its document.
    var neighbours: [String]
    /// Their document's.
    var language: String?

    package init(header: String, text: String, neighbours: [String], language: String? = nil) {
      self.header = header
      self.text = text
      self.neighbours = neighbours
      self.language = language
    }
  }

  private static let k1 = 0.9
  private static let b = 0.75
  private static let orderedWeight = 0.4
  private static let nearWeight = 0.1
  /// Words that stand as near as this are near.
  private static let reach = 8

  private let stems: [String]
  private let words: [String]
  private let languages: [String]
  private let idf: [Double]
  /// Places of terms that follow each other in the query.
  private let pairs: [(first: Int32, second: Int32)]

  /// - Parameters:
  ///   - stems: The query's, distinct, in its order.
  ///   - documentCounts: How many of `count` chunks hold each of them.
  ///   - words: The word of each, and `languages` of the texts, as `TermMatcher` takes them.
  package init(
    stems: [String], sequence: [String], documentCounts: [Int], count: Int, words: [String] = [], languages: [String] = []
  ) {
    (self.stems, self.words, self.languages) = (stems, words, languages)
    idf = documentCounts.map { log(1 + (max(0, Double(count) - Double($0)) + 0.5) / (Double($0) + 0.5)) }
    let places = Dictionary(stems.enumerated().map { ($1, Int32($0)) }) { first, _ in first }
    var seen = Set<[Int32]>()
    pairs = zip(sequence, sequence.dropFirst()).compactMap { a, b in
      guard let first = places[a], let second = places[b], first != second, seen.insert([first, second]).inserted else { return nil }
      return (first, second)
    }
  }

  /// The score of each window among all of them.
  package func scores(_ windows: [Window]) -> [Double] { scores(count(windows)) }

  /// What scores are made of.
  func count(_ windows: [Window]) -> [Counts] {
    var matcher = TermMatcher(stems: stems, words: words, languages: languages)
    return windows.map { count($0, &matcher) }
  }

  /// The score of each of the windows that were counted.
  func scores(_ counted: [Counts]) -> [Double] {
    let meanLength = mean(counted.map(\.length))
    let meanOwnLength = mean(counted.map(\.ownLength))
    return counted.map { window in
      let norm = Self.k1 * (1 - Self.b + Self.b * window.length / meanLength)
      let ownNorm = Self.k1 * (1 - Self.b + Self.b * window.ownLength / meanOwnLength)
      func saturated(_ frequency: Double, _ norm: Double) -> Double { frequency * (Self.k1 + 1) / (frequency + norm) }
      let words = zip(window.frequencies, idf).reduce(0) { $0 + $1.1 * saturated($1.0, norm) }
      return words
        + pairs.indices.reduce(0) { sum, pair in
          let weight = idf[Int(pairs[pair].first)] + idf[Int(pairs[pair].second)]
          return sum + weight
            * (Self.orderedWeight * saturated(window.ordered[pair], ownNorm) + Self.nearWeight * saturated(window.near[pair], ownNorm))
        }
    }
  }

  /// How often a window has the query's terms, and its lengths in words: with its surroundings, and its own.
  struct Counts {
    fileprivate var length: Double
    fileprivate var ownLength: Double
    /// Of each term.
    fileprivate var frequencies: [Double]
    /// Of each pair, next to each other and near.
    fileprivate var ordered: [Double]
    fileprivate var near: [Double]
  }

  private func count(_ window: Window, _ matcher: inout TermMatcher) -> Counts {
    let header = matcher.matches(in: window.header, language: window.language)
    let own = matcher.matches(in: window.text, language: window.language)
    var frequencies = [Double](repeating: 0, count: stems.count)
    for term in header.terms where term >= 0 { frequencies[Int(term)] += 2 }
    for term in own.terms where term >= 0 { frequencies[Int(term)] += 1 }
    var length = Double(2 * header.wordCount + own.wordCount)
    for neighbour in window.neighbours {
      let matches = matcher.matches(in: neighbour, language: window.language)
      for term in matches.terms where term >= 0 { frequencies[Int(term)] += 1 }
      length += Double(matches.wordCount)
    }
    let sequence = header.terms + own.terms
    let (ordered, near) = countPairs(sequence)
    return Counts(length: max(1, length), ownLength: Double(max(1, sequence.count)), frequencies: frequencies, ordered: ordered, near: near)
  }

  private func countPairs(_ sequence: [Int32]) -> (ordered: [Double], near: [Double]) {
    var ordered = [Double](repeating: 0, count: pairs.count)
    var near = ordered
    guard !pairs.isEmpty else { return (ordered, near) }
    let found = sequence.enumerated().filter { $0.element >= 0 }
    for (index, (place, term)) in found.enumerated() {
      for (otherPlace, other) in found[(index + 1)...] {
        let distance = otherPlace - place
        if distance >= Self.reach { break }
        for (pair, (first, second)) in pairs.enumerated() {
          if term == first, other == second {
            near[pair] += 1
            if distance == 1 { ordered[pair] += 1 }
          } else if term == second, other == first {
            near[pair] += 1
          }
        }
      }
    }
    return (ordered, near)
  }

  private func mean(_ values: [Double]) -> Double { values.isEmpty ? 1 : values.reduce(0, +) / Double(values.count) }
}
