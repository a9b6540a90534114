import Foundation
import Store
import Testing
import VectorIndex

@Suite struct DenseSearchTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(
    _ access: Store.Access = .writing, threshold: Int = 50, graphByteLimit: Int = 1 << 30, graphSize: Int = 1_000_000,
    failpoint: @escaping @Sendable (StoreStep) throws -> Void = { _ in }
  ) throws -> Store {
    try Store.open(
      directory: folder.path, access: access,
      options: StoreOptions(
        graphThreshold: threshold, graphByteLimit: graphByteLimit,
        singleGraphByteLimit: VectorIndex.graphByteCount(count: graphSize, dimension: embedder.dimension), failpoint: failpoint))
  }

  private var generationFiles: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/vectors"))?.sorted() ?? []
  }

  /// Documents come, change and go at random; every search gives what a comparison with all that should be there gives.
  @Test(arguments: [(1_000_000, 1 << 30, 1_000_000), (30, 1 << 30, 1_000_000), (30, 0, 1_000_000), (10, 1 << 30, 20)])
  func searchesFollowEveryChange(threshold: Int, graphByteLimit: Int, graphSize: Int) throws {
    func open(_ access: Store.Access = .writing) throws -> Store {
      try self.open(access, threshold: threshold, graphByteLimit: graphByteLimit, graphSize: graphSize)
    }
    var store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    var reader = try open(.reading)
    var generator = SeededGenerator(seed: 3)
    var truth: [String: [String]] = [:]
    for step in 0..<120 {
      let path = "d\(Int.random(in: 0..<12, using: &generator))"
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<6:
        let texts = (0..<Int.random(in: 0...12, using: &generator)).map { "\(path) step \(step) chunk \($0)" }
        try store.put(path, texts, in: collection, sha256: "\(step)")
        truth[path] = texts
      case 6..<8:
        let isKnown = truth.removeValue(forKey: path) != nil
        #expect(try store.remove(paths: [(root: "/docs", path: path)], from: collection) == (isKnown ? 1 : 0))
      case 8:
        try store.publish(collection)
      default:
        // Close the writer first: there is one at a time.
        store = try reopen(&store, with: { try open() })
        reader = try open(.reading)
      }
      let query = vector(seed: UInt64(step))
      let texts = truth.values.flatMap { $0 }
      let scores = texts.map { text in zip(vector(seed: stableSeed(text)), query).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } }.sorted(by: >)
      for store in [store, reader] {
        let found = try store.denseSearch(query, limit: 8, in: collection)
        #expect(found.count == min(8, texts.count))
        for (hit, score) in zip(found, scores) { #expect(abs(hit.score - score) < 1e-5) }
        #expect(try Set(store.texts(found)).isSubset(of: texts))
      }
    }
    #expect(try store.audit().isEmpty)
    #expect(store.notices.isEmpty && reader.notices.isEmpty)
  }

  private func reopen(_ store: inout Store, with open: () throws -> Store) throws -> Store {
    // Another folder's store takes the place, so that the last reference goes and the lock with it.
    let elsewhere = try TemporaryFolder()
    store = try Store.open(directory: elsewhere.path, access: .writing)
    return try open()
  }

  /// A graph is built, and extended, piece by piece; what it needs meanwhile leaves nothing.
  @Test func aGraphOfManyPieces() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    for (document, count) in [(0, 9000), (1, 5000)] {
      try store.put("d\(document)", (0..<count).map { "text \(document) \($0)" }, in: collection)
      try store.publish(collection)
      #expect(try store.audit().isEmpty)
      #expect(generationFiles == ["collection-1-\(document + 1).vectors"])
    }
    let found = try ["text 0 17", "text 1 4999"].flatMap { try store.denseSearch(vector(seed: stableSeed($0)), limit: 1, in: collection) }
    #expect(try store.texts(found) == ["text 0 17", "text 1 4999"])
  }

  /// Where a graph would take too much memory, lists take its place, with the same scores; and the other way round when there is room.
  @Test func listsTakeTheGraphsPlace() throws {
    let scanned: [[ScoredChunk]]
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open(graphByteLimit: 0)
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      scanned = try store.answers(in: collection)
      try store.publish(collection)
      #expect(try store.collections()[0].generation?.kind == "lists")
      #expect(try store.answers(in: collection) == scanned)
      #expect(try store.audit().isEmpty)
      try store.fill(collection, documents: 10..<12)
      try store.publish(collection)
      #expect(try store.collections()[0].generation?.count == 120 && generationFiles == ["collection-1-2.vectors"])
      try store.remove(paths: (10..<12).map { (root: "/docs", path: "d\($0)") }, from: collection)
    }
    let store = try open()
    try store.publish(collection)
    #expect(try store.collections()[0].generation?.kind == "hnsw")
    #expect(try store.answers(in: collection) == scanned)
  }

  @Test func aGraphGivesTheScoresOfAScan() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.fill(collection)
    let scanned = try store.answers(in: collection)
    #expect(try store.collections()[0].generation == nil)
    try store.publish(collection)
    let status = try store.collections()[0]
    #expect(status.generation?.count == 100 && status.generation?.kind == "hnsw" && status.pendingCount == 0)
    #expect(try status.generation?.sequence == store.sequence())
    #expect(try store.answers(in: collection) == scanned)
    let ids = scanned[0].map(\.chunkID)
    #expect(
      try store.denseScores(of: ids + [99999], against: queries[0], in: collection)
        == Dictionary(uniqueKeysWithValues: scanned[0].map { ($0.chunkID, $0.score) }))
    let reader = try open(.reading)
    #expect(try reader.answers(in: collection) == scanned)
    #expect(reader.notices.isEmpty)
  }

  @Test func aGraphGrowsAndIsBuiltAnewWhenItIsWorthIt() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.fill(collection, documents: 0..<4)
    try store.publish(collection)
    #expect(generationFiles.isEmpty, "below the threshold")
    try store.fill(collection, documents: 4..<10)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"])
    try store.fill(collection, documents: 10..<11)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"], "ten new ones of a hundred are compared one by one")
    #expect(try store.collections()[0].pendingCount == 10)
    try store.fill(collection, documents: 11..<12)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-2.vectors"], "extended, and the old one removed")
    #expect(try store.collections()[0].generation?.count == 120)
    try store.remove(paths: (0..<3).map { (root: "/docs", path: "d\($0)") }, from: collection)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-3.vectors"])
    #expect(try store.collections()[0].generation?.count == 90, "built anew without what is gone")
    try store.remove(paths: (3..<11).map { (root: "/docs", path: "d\($0)") }, from: collection)
    try store.publish(collection)
    #expect(try generationFiles.isEmpty && store.collections()[0].generation == nil, "too small for a graph")
    #expect(try store.denseSearch(queries[0], limit: 50, in: collection).count == 10)
    try store.fill(collection)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-4.vectors"], "no name is used twice")
    try store.removeCollection(collection)
    #expect(generationFiles.isEmpty)
  }

  enum Damage: String, CaseIterable, Sendable { case deleted, flippedStart, flippedMiddle, flippedEnd, torn, emptied, anotherIndex }

  @Test(arguments: Damage.allCases) func aDamagedGraphIsPutAsideAndNothingIsLost(damage: Damage) throws {
    var expected: [[ScoredChunk]] = []
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open()
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      try store.publish(collection)
      expected = try store.answers(in: collection)
    }
    let path = folder.path + "/vectors/collection-1-1.vectors"
    #expect(try open(.reading).collections()[0].unusableFiles == [])
    try inflict(damage, on: path)
    // What does not show at the file's end is found where it is read.
    #expect(try open(.reading).collections()[0].unusableFiles == (damage == .flippedStart || damage == .flippedMiddle ? [] : [path]))

    let reader = try open(.reading)
    #expect(try reader.answers(in: collection) == expected)
    #expect(reader.notices.count == 1 && reader.notices[0].contains(path), "a reader says so, and leaves the file alone")
    #expect(reader.damagedFiles == [path])
    let store = try open()
    #expect(try store.audit().map(\.kind) == [.generation])
    #expect(try store.answers(in: collection) == expected)
    #expect(store.notices.count == 1)
    #expect(generationFiles == (damage == .deleted ? [] : ["collection-1-1.vectors.bad-1"]))
    try store.publish(collection)
    #expect(generationFiles.last?.hasSuffix("-2.vectors") == true)
    #expect(try store.audit().isEmpty)
    #expect(try store.answers(in: collection) == expected)
  }

  private func inflict(_ damage: Damage, on path: String) throws {
    let url = URL(fileURLWithPath: path)
    var bytes = try Data(contentsOf: url)
    switch damage {
    case .deleted: return try FileManager.default.removeItem(at: url)
    case .flippedStart: bytes[3] ^= 1
    case .flippedMiddle: bytes[bytes.count / 2] ^= 1
    case .flippedEnd: bytes[bytes.count - 1] ^= 1
    case .torn: bytes.removeLast(bytes.count / 3)
    case .emptied: bytes = Data()
    case .anotherIndex:
      // Whole and valid, but of another collection.
      let other = try TemporaryFolder()
      let store = try Store.open(directory: other.path, access: .writing, options: StoreOptions(graphThreshold: 50))
      let collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection, documents: 20..<30)
      try store.publish(collection)
      bytes = try Data(contentsOf: URL(fileURLWithPath: other.path + "/vectors/collection-1-1.vectors"))
    }
    try bytes.write(to: url)
  }

  @Test(arguments: [StoreStep.createFile, .writeFile, .syncFile, .renameFile, .syncFolder, .beforeGenerationRow, .beforeCommit, .beforePruning])
  func aFailedPublicationLeavesTheOldGraph(step: StoreStep) throws {
    struct Injected: Error {}
    let isArmed = Flag()
    do {
      let store = try open(failpoint: { reached in if isArmed.value, reached == step { throw Injected() } })
      let collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      try store.publish(collection)
      try store.fill(collection, documents: 10..<15)
      let expected = try store.answers(in: collection)
      isArmed.value = true
      #expect(throws: StoreError.self) { try store.publish(collection) }
      #expect(try store.collections()[0].generation?.number == (step == .beforePruning ? 2 : 1))
      #expect(try store.answers(in: collection) == expected)
      isArmed.value = false
    }
    let store = try open()
    #expect(generationFiles == ["collection-1-\(step == .beforePruning ? 2 : 1).vectors"], "what no row means is cleared away")
    try store.publish(CollectionID(rawValue: 1))
    #expect(try store.collections()[0].generation?.count == 150 && store.audit().isEmpty && store.notices.isEmpty)
  }

  @Test(arguments: [1_000_000, 40]) func readersFollowAWriterThatPublishes(graphSize: Int) async throws {
    let writer = try open(graphSize: graphSize)
    let collection = try writer.createCollection(named: "c", embedder: embedder).id
    try writer.fill(collection)
    let done = Flag()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { done.value = true }
        for number in 0..<12 {
          // Each time all of it is new, and the graph is built anew.
          for document in 0..<10 { try writer.put("d\(document)", (0..<10).map { "text \(document) \($0)" }, in: collection, sha256: "\(number)") }
          try writer.publish(collection)
        }
      }
      group.addTask {
        repeat {
          let reader = try open(.reading)
          #expect(try reader.denseSearch(queries[0], limit: 200, in: collection).count == 100)
          #expect(reader.notices.isEmpty, "\(reader.notices)")
        } while !done.value
      }
      try await group.waitForAll()
    }
    #expect(writer.notices.isEmpty && generationFiles.count == (graphSize == 40 ? 3 : 1))
  }

  @Test func aQueryOfTheWrongLengthIsRefused() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.fill(collection)
    let error = #expect(throws: StoreError.self) { try store.denseSearch([1, 2], limit: 1, in: collection) }
    #expect(error?.code == "vector_dimension")
    #expect(try store.denseSearch(queries[0], limit: 0, in: collection).isEmpty)
  }
}
