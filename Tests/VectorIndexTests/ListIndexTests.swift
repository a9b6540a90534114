import DurableFiles
import Foundation
import Testing
import VectorIndex

/// Lists of neighbours in a file.
@Suite struct ListIndexTests {
  let folder: TemporaryFolder
  var path: String { folder.path + "/lists.vectors" }

  init() throws { folder = try TemporaryFolder() }

  private func write(
    _ vectors: [[Float]], to path: String, batch: Int = 1000, before: @escaping (FileStep) throws -> Void = { _ in }
  ) throws -> String {
    let count = vectors.count
    let file = try ListIndexFile(
      path: path, dimension: vectors[0].count, labels: (0..<count).map { Int64($0) * 2 },
      sample: ListIndexFile.samplePositions(of: count).flatMap { vectors[$0] }, before: before)
    for start in stride(from: 0, to: count, by: batch) { try file.add(vectors[start..<min(start + batch, count)].flatMap { $0 }) }
    return try file.finish()
  }

  private func exact(_ vectors: [[Float]]) throws -> VectorIndex {
    let index = try VectorIndex(dimension: vectors[0].count, kind: .exact)
    try index.add(vectors.flatMap { $0 })
    return index
  }

  @Test func theyFindWhatAScanFinds() throws {
    let vectors = clusteredVectors(count: 20_000, dimension: 48, clusterCount: 300, seed: 41)
    let checksum = try write(vectors, to: path)
    let loaded = try VectorIndex.load(from: path)
    #expect(loaded.index.kind == .lists && loaded.index.count == 20_000 && loaded.checksum == checksum && loaded.labels[7] == 14)
    #expect(loaded.index.vector(at: 4711) == vectors[4711])
    let scan = try exact(vectors)
    var found = 0
    let queries = clusteredVectors(count: 60, dimension: 48, clusterCount: 300, seed: 42)
    for query in queries {
      let wanted = try scan.search(query, limit: 10)
      let hits = try loaded.index.search(query, limit: 10)
      #expect(hits.count == 10 && hits == hits.sorted { ($0.score, $1.position) > ($1.score, $0.position) })
      // Whoever is found has its exact score, bit for bit.
      #expect(try hits.map(\.score) == scan.scores(of: hits.map(\.position), against: query))
      found += wanted.count { hits.contains($0) }
    }
    #expect(Double(found) >= 0.98 * Double(10 * queries.count), "\(found) of \(10 * queries.count)")
  }

  @Test(arguments: [0.001, 0.01, 0.1, 0.5, 0.99]) func filtersAreKept(share: Double) throws {
    let vectors = clusteredVectors(count: 8_000, dimension: 32, clusterCount: 120, seed: 43)
    _ = try write(vectors, to: path)
    let index = try VectorIndex.load(from: path).index
    let scan = try exact(vectors)
    var generator = Generator(seed: 44)
    var found = 0
    var wantedCount = 0
    for query in clusteredVectors(count: 20, dimension: 32, clusterCount: 120, seed: 45) {
      var allowed = Bitmap(count: vectors.count, repeating: false)
      for position in vectors.indices where Double.random(in: 0..<1, using: &generator) < share { allowed[position] = true }
      let wanted = try scan.search(query, limit: 10, allowing: allowed)
      let hits = try index.search(query, limit: 10, allowing: allowed)
      #expect(hits.count == wanted.count && hits.allSatisfy { allowed[$0.position] })
      found += wanted.count { hits.contains($0) }
      wantedCount += wanted.count
    }
    #expect(Double(found) >= 0.98 * Double(wantedCount), "\(found) of \(wantedCount)")
  }

  @Test func theSameVectorsGiveTheSameBytes() throws {
    let vectors = clusteredVectors(count: 3_000, dimension: 16, seed: 46)
    #expect(try write(vectors, to: path) == write(vectors, to: path + "2", batch: 77))
  }

  @Test(arguments: [1, 2, 5, 17]) func fewVectorsAreNoTrouble(count: Int) throws {
    let vectors = clusteredVectors(count: count, dimension: 8, seed: 47)
    _ = try write(vectors, to: path)
    let index = try VectorIndex.load(from: path).index
    #expect(try index.search(vectors[0], limit: 3) == exact(vectors).search(vectors[0], limit: 3))
  }

  @Test(arguments: FileStep.allCases) func aFailedStepLeavesNothing(step: FileStep) throws {
    struct Injected: Error {}
    let vectors = clusteredVectors(count: 100, dimension: 8, seed: 48)
    #expect(throws: VectorIndexError.self) { try write(vectors, to: path) { if $0 == step { throw Injected() } } }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names == (step == .syncFolder ? ["lists.vectors"] : []))
  }

  @Test func vectorsThatAreNoneAreRefused() throws {
    let vectors = clusteredVectors(count: 100, dimension: 8, seed: 49)
    let sample = ListIndexFile.samplePositions(of: 100).flatMap { vectors[$0] }
    let file = try ListIndexFile(path: path, dimension: 8, labels: (0..<100).map(Int64.init), sample: sample)
    #expect(throws: VectorIndexError.self) { try file.add([Float](repeating: .nan, count: 8)) }
    #expect(throws: VectorIndexError.self) { try file.add([1, 2, 3]) }
    #expect(throws: VectorIndexError.self) { try file.add(clusteredVectors(count: 101, dimension: 8, seed: 50).flatMap { $0 }) }
  }

  /// A file whose checksum is right and whose content is forged: refused, or searched without harm.
  @Test(arguments: [VectorIndex.Kind.exact, .hnsw, .lists]) func forgedContentDoesNoHarm(kind: VectorIndex.Kind) throws {
    let vectors = clusteredVectors(count: 400, dimension: 8, seed: 51)
    if kind == .lists {
      _ = try write(vectors, to: path)
    } else {
      let index = try VectorIndex(dimension: 8, kind: kind)
      try index.add(vectors.flatMap { $0 })
      try index.save(to: path, labels: (0..<400).map(Int64.init))
    }
    let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let content = whole[64..<(whole.count - 40)]
    var generator = Generator(seed: UInt64(52))
    var refused = 0
    for round in 0..<600 {
      var forged = Array(content)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Half of them in the header, which decides the most.
        let place = Bool.random(using: &generator) ? Int.random(in: 0..<64, using: &generator) : Int.random(in: 0..<forged.count, using: &generator)
        forged[place] = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &generator)].randomElement(using: &generator) ?? 0
      }
      let file = try DurableFile(path: path + ".forged", kind: "QUARRYVI", version: VectorIndex.fileVersion)
      try file.write(forged)
      _ = try file.seal()
      do {
        let index = try VectorIndex.load(from: path + ".forged").index
        var allowed = Bitmap(count: index.count, repeating: false)
        for position in stride(from: 0, to: index.count, by: 3) { allowed[position] = true }
        for query in [vectors[round % 400], [Float](repeating: 0, count: 8)] where index.dimension == 8 {
          #expect(try index.search(query, limit: 300).count <= 300)
          #expect(try index.search(query, limit: 5, allowing: allowed).allSatisfy { allowed[$0.position] })
        }
      } catch {
        #expect(error.code == "derived_file_damaged" || error.code == "vector_engine", "\(error)")
        refused += 1
      }
    }
    #expect(refused > 50)
  }
}
