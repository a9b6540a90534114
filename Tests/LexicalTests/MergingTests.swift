import Lexical
import Testing

@Suite struct MergingTests {
  @Test(arguments: [0, 1, 2, 5])
  func mergedSegmentsAreAsIfIndexedAnew(cutCount: Int) {
    var random = SplitMix64(state: UInt64(cutCount))
    let collection = RandomCollection(count: 5000, seed: 11)
    let cuts = (0..<cutCount).map { _ in Int.random(in: 0...5000, using: &random) }
    let dead = Set(collection.entries.map(\.id).filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
    let parts = collection.segments(cutAt: cuts).map { segment in
      var live = PositionSet(positionCount: segment.count, repeating: true)
      for (position, id) in segment.ids.enumerated() where dead.contains(id) { live[position] = false }
      return (segment: segment, live: Optional(live))
    }
    let merged = LexicalSegment.merging(parts)
    let fresh = RandomCollection.segment(of: collection.entries.filter { !dead.contains($0.id) })
    #expect(merged.ids == fresh.ids)
    #expect(merged.totalLength == fresh.totalLength)
    #expect(merged.termCount == fresh.termCount)
    #expect(merged.byteCount == fresh.byteCount)
    let (a, b) = (LexicalIndex([(merged, nil)]), LexicalIndex([(fresh, nil)]))
    #expect(a.terms(beginningWith: "w1", limit: 1000).map(\.term) == b.terms(beginningWith: "w1", limit: 1000).map(\.term))
    for word in collection.vocabulary {
      #expect(a.chunkCount(of: word) == b.chunkCount(of: word))
      let query = LexicalQuery(terms: [word, "w3x", "w40x"])
      #expect(a.search(query, limit: 100).best == b.search(query, limit: 100).best)
    }
  }

  @Test func nothingMergesToNothing() {
    #expect(LexicalSegment.merging([]).count == 0)
    let index = LexicalIndex([])
    #expect(index.search(LexicalQuery(terms: ["a"]), limit: 10, scoring: [1]).best.isEmpty)
    #expect(index.terms(beginningWith: "", limit: 10).isEmpty)
  }

  @Test func termsAreListedInOrderWithTheirChunks() {
    let first = RandomCollection.segment(of: [LexicalEntry(id: 1, body: "apple apply banana"), LexicalEntry(id: 2, body: "apple")])
    let second = RandomCollection.segment(of: [LexicalEntry(id: 3, body: "apple appendix")])
    let index = LexicalIndex([(first, nil), (second, nil)])
    #expect(index.terms(beginningWith: "app", limit: 10).map { "\($0.term) \($0.chunkCount)" } == ["appendix 1", "appl 3", "appli 1"])
    #expect(index.terms(beginningWith: "app", limit: 2).map(\.term) == ["appendix", "appl"])
    #expect(index.terms(beginningWith: "zebra", limit: 2).isEmpty)
    #expect(index.terms(beginningWith: "", limit: 0).isEmpty)
    #expect(index.chunkCount(of: "appl") == 3)
  }
}
