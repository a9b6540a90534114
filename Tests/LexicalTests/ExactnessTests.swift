import Lexical
import Testing

@Suite struct ExactnessTests {
  /// Sizes around that of a block (128) and of a window (4,096).
  @Test(arguments: [0, 1, 2, 127, 128, 129, 255, 256, 257, 1000, 4095, 4096, 4097, 9000])
  func searchesAgreeWithBruteForceToTheLastBit(count: Int) {
    var random = SplitMix64(state: UInt64(count))
    let collection = RandomCollection(count: count, seed: UInt64(count) + 1)
    let brute = BruteForce(collection.entries)
    let cuts = (0..<Int.random(in: 0...3, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }
    let index = LexicalIndex(collection.segments(cutAt: cuts).map { ($0, nil) })
    for round in 0..<60 {
      let query = randomQuery(collection, &random, round)
      let limit = [1, 2, 3, 10, 100, 200, 1000].randomElement(using: &random) ?? 1
      let expected = brute.search(query)
      let ids = (0..<20).map { _ in Int64.random(in: 0...Int64(3 * count + 1), using: &random) }
      let found = index.search(LexicalQuery(terms: query), limit: limit, scoring: ids)
      #expect(found.best == Array(expected.matches.prefix(limit)), "\(query), the best \(limit)")
      let scores = Dictionary(uniqueKeysWithValues: expected.matches.map { ($0.id, $0.score) })
      #expect(found.scores == scores.filter { ids.contains($0.key) })
      for match in found.best { #expect(abs(match.score - (expected.plain[match.id] ?? 0)) < 1e-5) }
    }
  }

  @Test(arguments: [1.0, 0.99, 0.5, 0.1, 0.01, 0.001, 0])
  func filtersAndDeathAreExactAtAnySelectivity(share: Double) {
    var random = SplitMix64(state: UInt64(share * 1000) + 7)
    let collection = RandomCollection(count: 9000, seed: 5)
    let brute = BruteForce(collection.entries)
    let segments = collection.segments(cutAt: [3000, 3500])
    let dead = Set(collection.entries.map(\.id).filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
    let index = LexicalIndex(
      segments.enumerated().map { number, segment in
        guard number != 1 else { return (segment, nil) }
        var live = PositionSet(positionCount: segment.count, repeating: true)
        for (position, id) in segment.ids.enumerated() where dead.contains(id) { live[position] = false }
        return (segment, live)
      })
    let deadHere = dead.subtracting(segments[1].ids)
    let allowed = collection.entries.map(\.id).filter { _ in Double.random(in: 0..<1, using: &random) < share }
    let asked = Set(allowed)
    let filters = [LexicalFilter(index, ids: allowed), LexicalFilter(index, where: asked.contains)]
    #expect(filters.allSatisfy { $0.count == asked.subtracting(deadHere).count })
    for round in 0..<40 {
      let query = randomQuery(collection, &random, round)
      let limit = [1, 10, 100, 1000].randomElement(using: &random) ?? 1
      let expected = brute.search(query) { asked.contains($0) && !deadHere.contains($0) }.matches
      for filter in filters {
        #expect(index.search(LexicalQuery(terms: query), limit: limit, among: filter).best == Array(expected.prefix(limit)))
      }
      let alive = brute.search(query) { !deadHere.contains($0) }.matches
      let found = index.search(LexicalQuery(terms: query), limit: limit, scoring: Array(deadHere.prefix(5)))
      #expect(found.best == Array(alive.prefix(limit)))
      #expect(found.scores.isEmpty)
    }
  }

  @Test func largeFrequenciesAndLengthsAreCounted() {
    let texts = [1, 2, 3, 4, 5, 254, 255, 256, 5000].map { Array(repeating: "much", count: $0).joined(separator: " ") + " little" }
    let entries = texts.enumerated().map { LexicalEntry(id: Int64($0), body: $1) }
    let expected = BruteForce(entries)
    let index = LexicalIndex([(RandomCollection.segment(of: entries), nil)])
    for query in [["much"], ["littl"], ["much", "littl", "much"]] {
      #expect(index.search(LexicalQuery(terms: query), limit: 100).best == expected.search(query).matches)
    }
  }

  /// 1 to 60 terms, some twice, some that no chunk has.
  private func randomQuery(_ collection: RandomCollection, _ random: inout SplitMix64, _ round: Int) -> [String] {
    let count = round % 4 == 0 ? Int.random(in: 1...60, using: &random) : Int.random(in: 1...6, using: &random)
    return (0..<count).map { _ in
      Int.random(in: 0..<20, using: &random) == 0 ? "nowhere" : collection.vocabulary.randomElement(using: &random) ?? ""
    }
  }
}
