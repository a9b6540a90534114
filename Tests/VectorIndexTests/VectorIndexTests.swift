import Testing
import VectorIndex

@Suite struct VectorIndexTests {
  static let kinds: [VectorIndex.Kind] = [.exact, .hnsw]

  private func index(_ kind: VectorIndex.Kind, _ vectors: [[Float]]) throws -> VectorIndex {
    let index = try VectorIndex(dimension: vectors[0].count, kind: kind)
    try index.add(vectors.flatMap { $0 })
    return index
  }

  // 45 is no multiple of any number of lanes.
  @Test(arguments: [1, 7, 32, 45, 384]) func exactEqualsBruteForce(dimension: Int) throws {
    let vectors = clusteredVectors(count: 500, dimension: dimension, seed: 2)
    let index = try index(.exact, vectors)
    for query in clusteredVectors(count: 20, dimension: dimension, seed: 3) {
      let hits = try index.search(query, limit: 10)
      let expected = bruteForce(vectors, query, limit: 10)
      for (hit, truth) in zip(hits, expected) {
        // Positions may differ where two scores are within rounding.
        #expect(abs(Double(hit.score) - truth.score) <= 1e-5)
      }
      #expect(hits.count == 10 && zip(hits, hits.dropFirst()).allSatisfy { $0.score >= $1.score })
      if dimension > 7 { #expect(hits.map(\.position) == expected.map(\.position)) }
    }
  }

  @Test func theGraphFindsAlmostAllNeighbours() throws {
    let vectors = clusteredVectors(count: 4000, dimension: 96, seed: 4)
    let graph = try index(.hnsw, vectors)
    let scan = try index(.exact, vectors)
    var found = 0
    for query in clusteredVectors(count: 50, dimension: 96, seed: 5) {
      let exact = try scan.search(query, limit: 20)
      let hits = try graph.search(query, limit: 20)
      found += Set(hits.map(\.position)).intersection(exact.map(\.position)).count
      // One way of computing a score, whatever finds it.
      let scores = Dictionary(uniqueKeysWithValues: exact.map { ($0.position, $0.score) })
      for hit in hits { if let score = scores[hit.position] { #expect(score == hit.score) } }
    }
    #expect(Double(found) / 1000 >= 0.95)
  }

  @Test(arguments: kinds) func onlyAllowedPositionsAreFound(kind: VectorIndex.Kind) throws {
    let vectors = clusteredVectors(count: 600, dimension: 24, seed: 6)
    let index = try index(kind, vectors)
    var allowed = Bitmap(count: 600, repeating: false)
    for position in stride(from: 1, to: 600, by: 2) { allowed[position] = true }
    let hits = try index.search(vectors[0], limit: 50, allowing: allowed)
    #expect(hits.count == 50 && hits.allSatisfy { $0.position % 2 == 1 })
    #expect(try index.search(vectors[0], limit: 5, allowing: Bitmap(count: 600, repeating: false)).isEmpty)
    #expect(try index.search(vectors[0], limit: 5, allowing: Bitmap(count: 0, repeating: true)).isEmpty)
    #expect(try index.search(vectors[0], limit: 1, allowing: Bitmap(count: 600, repeating: true)).first?.position == 0)
  }

  @Test(arguments: kinds) func edgesOfTheLimit(kind: VectorIndex.Kind) throws {
    let empty = try VectorIndex(dimension: 4, kind: kind)
    #expect(try empty.search([1, 0, 0, 0], limit: 10).isEmpty && empty.count == 0)
    let vectors = clusteredVectors(count: 5, dimension: 4, seed: 7)
    let index = try index(kind, vectors)
    #expect(try index.search(vectors[2], limit: 0).isEmpty)
    #expect(try index.search(vectors[2], limit: 100).count == 5)
    #expect(index.count == 5 && index.dimension == 4 && index.kind == kind)
  }

  @Test func equalScoresComeInTheOrderOfAdding() throws {
    let index = try VectorIndex(dimension: 2, kind: .exact)
    try index.add([1, 0, 0, 1, 1, 0, 1, 0])
    #expect(try index.search([1, 0], limit: 2).map(\.position) == [0, 2])
  }

  @Test(arguments: kinds) func wrongNumbersAreRefused(kind: VectorIndex.Kind) throws {
    let index = try VectorIndex(dimension: 4, kind: kind)
    let dimension = #expect(throws: VectorIndexError.self) { try index.add([1, 2, 3]) }
    #expect(dimension?.code == "vector_dimension")
    for value in [Float.nan, .infinity, -.infinity] {
      let finite = #expect(throws: VectorIndexError.self) { try index.add([1, 2, 3, value]) }
      #expect(finite?.code == "vector_not_finite")
      #expect(throws: VectorIndexError.self) { try index.search([value, 0, 0, 0], limit: 1) }
    }
    #expect(throws: VectorIndexError.self) { try index.search([1, 2], limit: 1) }
    #expect(index.count == 0)
    let engine = #expect(throws: VectorIndexError.self) { try VectorIndex(dimension: 0, kind: kind) }
    #expect(engine?.code == "vector_engine" && engine?.why == "the dimension must be from 1 to 65536")
  }

  @Test func scoresOfSingleRowsAreThoseOfASearch() throws {
    let vectors = clusteredVectors(count: 50, dimension: 45, seed: 8)
    let index = try index(.exact, vectors)
    let hits = try index.search(vectors[3], limit: 50)
    #expect(try index.scores(of: hits.map(\.position), against: vectors[3]) == hits.map(\.score))
    #expect(index.vector(at: 7) == vectors[7])
  }

  @Test func rowsOfAnotherIndexCanBeAdded() throws {
    let vectors = clusteredVectors(count: 30, dimension: 5, seed: 9)
    let source = try index(.exact, vectors)
    var kept = Bitmap(count: 30, repeating: true)
    for gone in [0, 1, 15, 29] { kept[gone] = false }
    let target = try VectorIndex(dimension: 5, kind: .exact)
    try target.add(rowsOf: source, where: kept)
    #expect((0..<target.count).map(target.vector) == (0..<30).filter { kept[$0] }.map { vectors[$0] })
  }

  @Test func manyThreadsSearchAtOnce() async throws {
    let vectors = clusteredVectors(count: 1500, dimension: 32, seed: 10)
    let index = try index(.hnsw, vectors)
    let expected = try vectors.prefix(40).map { try index.search($0, limit: 10) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<40 { group.addTask { try index.search(vectors[number], limit: 10) == expected[number] } }
      for try await isEqual in group { #expect(isEqual) }
    }
  }
}

@Suite struct BitmapTests {
  @Test(arguments: [0, 1, 7, 8, 9, 64, 1001]) func bitsAreCounted(count: Int) {
    #expect(Bitmap(count: count, repeating: true).populationCount == count)
    var bitmap = Bitmap(count: count, repeating: false)
    for position in stride(from: 0, to: count, by: 3) { bitmap[position] = true }
    #expect(bitmap.populationCount == (count + 2) / 3)
    #expect((0..<count).allSatisfy { bitmap[$0] == ($0 % 3 == 0) })
    for position in stride(from: 0, to: count, by: 3) { bitmap[position] = false }
    #expect(bitmap == Bitmap(count: count, repeating: false))
  }
}
