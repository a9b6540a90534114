import Testing
import VectorIndex

/// The graph: what a walk finds, under every filter, beside FAISS's own search and the exact one.
@Suite struct GraphTests {
  private static func graph(_ vectors: [[Float]], threads: Int? = nil) throws -> VectorIndex {
    let index = try VectorIndex(dimension: vectors[0].count, kind: .hnsw)
    try index.add(vectors.flatMap { $0 }, threads: threads)
    return index
  }

  private static func exact(_ vectors: [[Float]]) throws -> VectorIndex {
    let index = try VectorIndex(dimension: vectors[0].count, kind: .exact)
    try index.add(vectors.flatMap { $0 })
    return index
  }

  private static func random(_ count: Int, _ share: Double, seed: UInt64) -> Bitmap {
    var generator = Generator(seed: seed)
    var bitmap = Bitmap(count: count, repeating: false)
    for position in 0..<count where Double.random(in: 0..<1, using: &generator) < share { bitmap[position] = true }
    return bitmap
  }

  /// FAISS walks the same structure with our distances, independently.
  @Test func findsWhatFAISSFinds() throws {
    let vectors = clusteredVectors(count: 12_000, dimension: 48, seed: 21)
    let graph = try Self.graph(vectors)
    let exact = try Self.exact(vectors)
    var own = 0
    var faiss = 0
    for query in clusteredVectors(count: 100, dimension: 48, seed: 22) {
      let truth = Set(try exact.search(query, limit: 10).map(\.position))
      own += truth.intersection(try graph.search(query, limit: 10, candidates: 100).map(\.position)).count
      faiss += truth.intersection(try graph.searchWithFAISS(query, limit: 10, candidates: 100)).count
    }
    #expect(own >= 970 && own >= faiss - 5, "of 1,000: \(own), FAISS's own search \(faiss)")
  }

  @Test(arguments: [2, 3]) func threadsDoNotChangeTheGraph(threads: Int) throws {
    let folder = try TemporaryFolder()
    let vectors = clusteredVectors(count: 3000, dimension: 20, seed: 23)
    let alone = try Self.graph(vectors, threads: 1).save(to: folder.path + "/one")
    #expect(try Self.graph(vectors, threads: threads).save(to: folder.path + "/many") == alone)
  }

  @Test(arguments: [0.0002, 0.003, 0.05, 0.3, 0.5, 0.8, 0.99, 1]) func filtersOfEverySelectivity(share: Double) throws {
    let vectors = clusteredVectors(count: 20_000, dimension: 32, clusterCount: 200, seed: 24)
    let graph = try Self.graph(vectors)
    let exact = try Self.exact(vectors)
    let allowed = Self.random(vectors.count, share, seed: 25)
    var found = 0
    var wanted = 0
    for query in clusteredVectors(count: 40, dimension: 32, clusterCount: 200, seed: 26) {
      let truth = try exact.search(query, limit: 10, allowing: allowed)
      let hits = try graph.search(query, limit: 10, allowing: allowed)
      #expect(hits.count == truth.count && hits.allSatisfy { allowed[$0.position] })
      found += Set(truth.map(\.position)).intersection(hits.map(\.position)).count
      wanted += truth.count
      // By exact scores, in order.
      #expect(try graph.scores(of: hits.map(\.position), against: query) == hits.map(\.score))
      #expect(zip(hits, hits.dropFirst()).allSatisfy { ($0.score, $1.position) > ($1.score, $0.position) })
    }
    #expect(Double(found) >= 0.98 * Double(wanted), "\(found) of \(wanted)")
  }

  /// Filters are seldom random: what is allowed is about one subject, and the question about that or another.
  @Test(arguments: [0.1, 0.3, 0.6]) func whatIsAllowedMayLieTogether(share: Double) throws {
    let vectors = clusteredVectors(count: 20_000, dimension: 32, clusterCount: 200, seed: 27)
    let graph = try Self.graph(vectors)
    let exact = try Self.exact(vectors)
    var found = 0
    for (number, query) in clusteredVectors(count: 40, dimension: 32, clusterCount: 200, seed: 28).enumerated() {
      var allowed = Bitmap(count: vectors.count, repeating: false)
      for hit in try exact.search(vectors[number], limit: Int(share * 20_000)) { allowed[hit.position] = true }
      let truth = Set(try exact.search(query, limit: 10, allowing: allowed).map(\.position))
      found += truth.intersection(try graph.search(query, limit: 10, allowing: allowed).map(\.position)).count
    }
    #expect(found >= 360, "\(found) of 400")
  }

  /// The scan reads codes, and is exact to the bit: its bounds leave out nothing.
  @Test(arguments: [3, 45, 384]) func theScanIsExact(dimension: Int) throws {
    var generator = Generator(seed: 29)
    var vectors = clusteredVectors(count: 1500, dimension: dimension, seed: 30)
    // Near copies, whose order the codes can not tell, and rows of all sizes.
    for number in 0..<500 { vectors.append(vectors[number].map { $0 + 1e-4 * generator.normal() }) }
    for number in 0..<100 { vectors.append(vectors[number].map { $0 * Float(number) * 0.1 }) }
    let index = try Self.exact(vectors)
    for query in clusteredVectors(count: 30, dimension: dimension, seed: 31) {
      let scores = try index.scores(of: Array(0..<vectors.count), against: query)
      let truth = scores.enumerated().sorted { ($0.element, $1.offset) > ($1.element, $0.offset) }
      for limit in [1, 10, 200] {
        let hits = try index.search(query, limit: limit)
        #expect(hits == truth.prefix(limit).map { VectorIndex.Hit(position: $0.offset, score: $0.element) })
      }
    }
  }

  @Test func hugeNumbersAreOrderedToo() throws {
    let index = try VectorIndex(dimension: 2, kind: .exact)
    try index.add([1e30, 0, 3e37, 0, -1e30, 0, 0, 1])
    #expect(try index.search([1e5, 0], limit: 4).map(\.position).prefix(2).sorted() == [0, 1])
  }

  @Test func itGrowsPieceByPiece() throws {
    let vectors = clusteredVectors(count: 6000, dimension: 24, seed: 32)
    let graph = try VectorIndex(dimension: 24, kind: .hnsw)
    for start in stride(from: 0, to: 6000, by: 1700) { try graph.add(vectors[start..<min(start + 1700, 6000)].flatMap { $0 }) }
    let exact = try Self.exact(vectors)
    var found = 0
    for query in clusteredVectors(count: 50, dimension: 24, seed: 33) {
      found += Set(try exact.search(query, limit: 10).map(\.position)).intersection(try graph.search(query, limit: 10).map(\.position)).count
    }
    #expect(found >= 490)
  }
}
