import Foundation
import Lexical

/// Random numbers that are the same in every run (Steele, Lea and Flood 2014).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Chunks of made-up words, some in almost all of them and some in one.
struct RandomCollection {
  let entries: [LexicalEntry]
  /// Distinct words by how common they are.
  let vocabulary: [String]

  init(count: Int, vocabularyCount: Int = 300, seed: UInt64) {
    var random = SplitMix64(state: seed)
    let vocabulary = (0..<vocabularyCount).map { "w\($0)x" }
    var id: Int64 = 0
    entries = (0..<count).map { _ in
      id += Int64.random(in: 1...3, using: &random)
      let wordCount = Int.random(in: 0...10, using: &random) == 0 ? Int.random(in: 0...600, using: &random) : Int.random(in: 1...40, using: &random)
      let words = (0..<wordCount).map { _ in
        // Zipf's law, about: the logarithm of the rank is even.
        let rank = Int(pow(Double(vocabularyCount), Double.random(in: 0..<1, using: &random))) - 1
        return vocabulary[rank]
      }
      let split = Int.random(in: 0...min(words.count, 4), using: &random)
      return LexicalEntry(id: id, header: words[..<split].joined(separator: " "), body: words[split...].joined(separator: " "))
    }
    self.vocabulary = vocabulary
  }

  /// Segments of it, cut at some places.
  func segments(cutAt cuts: [Int]) -> [LexicalSegment] {
    let bounds = [0] + cuts.sorted() + [entries.count]
    return zip(bounds, bounds.dropFirst()).map { Self.segment(of: Array(entries[$0..<$1])) }
  }

  static func segment(of entries: [LexicalEntry]) -> LexicalSegment {
    var builder = LexicalSegmentBuilder()
    for entry in entries { builder.add(entry) }
    return builder.finish()
  }
}

/// BM25 of every chunk, one after another, in the index's fixed point, and as it stands in the books.
struct BruteForce {
  private let terms: [[String: Int]]
  private let lengths: [Int]
  private let ids: [Int64]
  private let counts: [String: Int]
  private let average: Double

  init(_ entries: [LexicalEntry]) {
    let analyzer = TextAnalyzer()
    ids = entries.map(\.id)
    let texts = entries.map { analyzer.terms(of: $0.header, language: $0.language) + analyzer.terms(of: $0.body, language: $0.language) }
    terms = texts.map { texts in texts.reduce(into: [:]) { $0[$1.text, default: 0] += 1 } }
    // As it is kept: exact below 64, then five bits after the leading one.
    lengths = zip(entries, texts).map { entry, _ in
      let count =
        Set(analyzer.terms(of: entry.header, language: entry.language).map(\.position)).count
        + Set(analyzer.terms(of: entry.body, language: entry.language).map(\.position)).count
      var octave = 0
      while count >> octave >= 64 { octave += 1 }
      return min((count >> octave) << octave, 3968)
    }
    counts = terms.reduce(into: [:]) { counts, terms in for term in terms.keys { counts[term, default: 0] += 1 } }
    average = ids.isEmpty ? 0 : Double(lengths.reduce(0, +)) / Double(ids.count)
  }

  /// Every chunk with any of the terms, best first. `plain` are the scores in floating point.
  func search(_ query: [String], where isAllowed: (Int64) -> Bool = { _ in true }) -> (matches: [LexicalMatch], plain: [Int64: Double]) {
    let weights = Dictionary(grouping: query) { $0 }.compactMap { term, times -> (term: String, weight: Double)? in
      guard let count = counts[term] else { return nil }
      return (term, Double(times.count) * BM25.inverseDocumentFrequency(chunkCount: count, total: ids.count) * (BM25.k1 + 1))
    }
    // In the order of the query, as the index adds them up.
    let ordered = query.enumerated().filter { query.firstIndex(of: $1) == $0 }.compactMap { _, term in weights.first { $0.term == term } }
    let total = ordered.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return ([], [:]) }
    let scale = Double(sign: .plus, exponent: 29 - total.exponent, significand: 1)
    var matches: [LexicalMatch] = []
    var plain: [Int64: Double] = [:]
    for (place, id) in ids.enumerated() where isAllowed(id) {
      var sum: UInt64 = 0
      var exact = 0.0
      let norm = BM25.k1 * (1 - BM25.b + BM25.b * (Double(lengths[place]) / average))
      for (term, weight) in ordered {
        guard let found = terms[place][term] else { continue }
        let tf = Double(min(found, 255))
        let impact = UInt64(min(tf / (tf + norm) * 4_294_967_296, 4_294_967_295))
        sum += ((UInt64(weight * scale) * impact) >> 32) + 1
        exact += weight * tf / (tf + norm)
      }
      if sum > 0 {
        matches.append(LexicalMatch(id: id, score: Double(sum) / scale))
        plain[id] = exact
      }
    }
    return (matches.sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }, plain)
  }
}
