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

  /// Ten documents of ten chunks.
  private func fill(_ store: Store, _ collection: CollectionID, documents: Range<Int> = 0..<10) throws {
    for document in documents { try store.put("d\(document)", (0..<10).map { "text \(document) \($0)" }, in: collection) }
  }

  private var generationFiles: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/vectors"))?.sorted() ?? []
  }

  private let queries = (100..<120).map { vector(seed: UInt64($0)) }

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

  /// What is more than one graph may have is in several: those that are full stay, and each follows its own changes.
  @Test func aCollectionHasSeveralGraphs() throws {
    let store = try open(threshold: 10, graphSize: 40)
    let reader = try open(.reading)
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try fill(store, collection)
    let scanned = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    func expectGraphs(_ numbers: [Int], count: Int, pending: Int = 0) throws {
      try store.publish(collection)
      #expect(Set(generationFiles) == Set(numbers.map { "collection-1-\($0).vectors" }))
      let status = try store.collections()[0]
      #expect(status.generation?.fileCount == numbers.count && status.generation?.count == count && status.pendingCount == pending)
      #expect(try store.audit().isEmpty)
    }
    try expectGraphs([1, 2, 3], count: 100)
    for store in [store, reader] { #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == scanned) }
    // Room for six in the last one; others begin a new one.
    try store.put("d10", (0..<4).map { "text 10 \($0)" }, in: collection)
    try expectGraphs([1, 2, 4], count: 104)
    try fill(store, collection, documents: 11..<12)
    try expectGraphs([1, 2, 4, 5], count: 114)
    // The second is thinned out and made anew alone.
    try store.remove(paths: [(root: "/docs", path: "d4")], from: collection)
    try expectGraphs([1, 4, 5, 6], count: 104)
    // The first is gone as a whole.
    try store.remove(paths: (0..<3).map { (root: "/docs", path: "d\($0)") }, from: collection)
    try store.publish(collection)
    let left = (["d3"] + (5..<12).map { "d\($0)" }).flatMap { path in (0..<10).map { "text \(path.dropFirst()) \($0)" } }
    for store in try [store, reader, open(.reading)] {
      #expect(try Set(store.texts(store.denseSearch(queries[0], limit: 200, in: collection))).isSubset(of: left))
      #expect(try store.denseSearch(queries[0], limit: 200, in: collection).count == 74)
      #expect(store.notices.isEmpty)
    }
  }

  /// One of several graphs is damaged: its vectors come from the database, those of the others from their files.
  @Test(arguments: 1...3) func oneOfSeveralGraphsIsDamaged(number: Int) throws {
    var expected: [[ScoredChunk]] = []
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open(graphSize: 40)
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try fill(store, collection)
      try store.publish(collection)
      try fill(store, collection, documents: 10..<11)
      expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    }
    try inflict(.flippedMiddle, on: folder.path + "/vectors/collection-1-\(number).vectors")
    let reader = try open(.reading)
    #expect(try queries.map { try reader.denseSearch($0, limit: 10, in: collection) } == expected)
    #expect(reader.damagedFiles.count == 1)
    let store = try open(graphSize: 40)
    #expect(try store.audit().map(\.kind) == [.generation])
    try store.publish(collection)
    #expect(try store.audit().isEmpty && store.collections()[0].generation?.fileCount == 3)
    for store in [store, reader] { #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected) }
  }

  /// Rows that were changed behind the store's back lead to no wrong answer: what they do not fit is read from the database.
  @Test(arguments: [
    "UPDATE generation SET last_chunk_id = 95 WHERE number = 1", "UPDATE generation SET last_chunk_id = 60 WHERE number = 1",
    "UPDATE generation SET last_chunk_id = 20 WHERE number = 1", "UPDATE generation SET last_chunk_id = 10 WHERE number = 3",
    "UPDATE generation SET last_chunk_id = 900 WHERE number = 2", "DELETE FROM generation WHERE number = 2",
    "DELETE FROM generation WHERE number = 1",
    "UPDATE generation SET kind = 'lists' WHERE number = 2", "UPDATE generation SET kind = 'new' WHERE number = 3",
    "UPDATE generation SET file = 'collection-1-1.vectors' WHERE number = 2", "UPDATE generation SET count = 7 WHERE number = 2",
    "UPDATE generation SET dimension = 7 WHERE number = 2", "UPDATE generation SET count = 9223372036854775807",
    "UPDATE generation SET count = -9223372036854775807",
  ])
  func rowsThatDoNotFit(change damage: String) throws {
    var expected: [[ScoredChunk]] = []
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open(graphSize: 40)
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try fill(store, collection)
      expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
      try store.publish(collection)
    }
    try change(folder, damage)
    let store = try open(graphSize: 40)
    #expect(try !store.audit().isEmpty)
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
    try store.publish(collection)
    #expect(try store.audit().isEmpty)
    for store in try [store, open(.reading)] { #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected) }
  }

  /// A row that says more than its file holds would keep what comes later from every graph.
  @Test func aRowOfChunksThatAreNotThereYet() throws {
    do {
      let store = try open(graphSize: 40)
      try fill(store, store.createCollection(named: "c", embedder: embedder).id)
      try store.publish(CollectionID(rawValue: 1))
    }
    try change(folder, "UPDATE generation SET last_chunk_id = 900 WHERE number = 3")
    let store = try open(graphSize: 40)
    let collection = CollectionID(rawValue: 1)
    for document in 10..<12 {
      try fill(store, collection, documents: document..<document + 1)
      try store.publish(collection)
    }
    #expect(try query(folder, "SELECT last_chunk_id FROM generation ORDER BY last_chunk_id").last == "120")
    #expect(try store.audit().isEmpty && store.collections()[0].pendingCount == 0)
  }

  /// A graph of before that is larger than one may be is divided when it is made anew; until then it serves.
  @Test func aGraphThatIsTooLargeIsDivided() throws {
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open()
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try fill(store, collection)
      try store.publish(collection)
    }
    let store = try open(graphSize: 40)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"])
    try store.remove(paths: (0..<2).map { (root: "/docs", path: "d\($0)") }, from: collection)
    let expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-2.vectors", "collection-1-3.vectors"])
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
    #expect(try store.audit().isEmpty)
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
      try fill(store, collection)
      scanned = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
      try store.publish(collection)
      #expect(try store.collections()[0].generation?.kind == "lists")
      #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == scanned)
      #expect(try store.audit().isEmpty)
      try fill(store, collection, documents: 10..<12)
      try store.publish(collection)
      #expect(try store.collections()[0].generation?.count == 120 && generationFiles == ["collection-1-2.vectors"])
      try store.remove(paths: (10..<12).map { (root: "/docs", path: "d\($0)") }, from: collection)
    }
    let store = try open()
    try store.publish(collection)
    #expect(try store.collections()[0].generation?.kind == "hnsw")
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == scanned)
  }

  @Test func aGraphGivesTheScoresOfAScan() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try fill(store, collection)
    let scanned = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    #expect(try store.collections()[0].generation == nil)
    try store.publish(collection)
    let status = try store.collections()[0]
    #expect(status.generation?.count == 100 && status.generation?.kind == "hnsw" && status.pendingCount == 0)
    #expect(try status.generation?.sequence == store.sequence())
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == scanned)
    let ids = scanned[0].map(\.chunkID)
    #expect(
      try store.denseScores(of: ids + [99999], against: queries[0], in: collection)
        == Dictionary(uniqueKeysWithValues: scanned[0].map { ($0.chunkID, $0.score) }))
    let reader = try open(.reading)
    #expect(try queries.map { try reader.denseSearch($0, limit: 10, in: collection) } == scanned)
    #expect(reader.notices.isEmpty)
  }

  @Test func aGraphGrowsAndIsBuiltAnewWhenItIsWorthIt() throws {
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try fill(store, collection, documents: 0..<4)
    try store.publish(collection)
    #expect(generationFiles.isEmpty, "below the threshold")
    try fill(store, collection, documents: 4..<10)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"])
    try fill(store, collection, documents: 10..<11)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"], "ten new ones of a hundred are compared one by one")
    #expect(try store.collections()[0].pendingCount == 10)
    try fill(store, collection, documents: 11..<12)
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
    try fill(store, collection)
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
      try fill(store, collection)
      try store.publish(collection)
      expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    }
    let path = folder.path + "/vectors/collection-1-1.vectors"
    #expect(try open(.reading).collections()[0].unusableFiles == [])
    try inflict(damage, on: path)
    // What does not show at the file's end is found where it is read.
    #expect(try open(.reading).collections()[0].unusableFiles == (damage == .flippedStart || damage == .flippedMiddle ? [] : [path]))

    let reader = try open(.reading)
    #expect(try queries.map { try reader.denseSearch($0, limit: 10, in: collection) } == expected)
    #expect(reader.notices.count == 1 && reader.notices[0].contains(path), "a reader says so, and leaves the file alone")
    #expect(reader.damagedFiles == [path])
    let store = try open()
    #expect(try store.audit().map(\.kind) == [.generation])
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
    #expect(store.notices.count == 1)
    #expect(generationFiles == (damage == .deleted ? [] : ["collection-1-1.vectors.bad-1"]))
    try store.publish(collection)
    #expect(generationFiles.last?.hasSuffix("-2.vectors") == true)
    #expect(try store.audit().isEmpty)
    #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
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
      try fill(store, collection, documents: 20..<30)
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
      try fill(store, collection)
      try store.publish(collection)
      try fill(store, collection, documents: 10..<15)
      let expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
      isArmed.value = true
      #expect(throws: StoreError.self) { try store.publish(collection) }
      #expect(try store.collections()[0].generation?.number == (step == .beforePruning ? 2 : 1))
      #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
      isArmed.value = false
    }
    let store = try open()
    #expect(generationFiles == ["collection-1-\(step == .beforePruning ? 2 : 1).vectors"], "what no row means is cleared away")
    try store.publish(CollectionID(rawValue: 1))
    #expect(try store.collections()[0].generation?.count == 150 && store.audit().isEmpty && store.notices.isEmpty)
  }

  /// Publishing is stopped at every step in turn: what is there is whole, and the next one goes on.
  @Test func aStopAnywhereAmongSeveralGraphs() throws {
    struct Injected: Error {}
    let isArmed = Flag()
    for number in 1... {
      let folder = try TemporaryFolder()
      let counter = Counter()
      func open() throws -> Store {
        try Store.open(
          directory: folder.path, access: .writing,
          options: StoreOptions(
            graphThreshold: 20, singleGraphByteLimit: VectorIndex.graphByteCount(count: 40, dimension: embedder.dimension), wordThreshold: 1000,
            failpoint: { _ in if isArmed.value, counter.next() == number { throw Injected() } }))
      }
      var expected: [[ScoredChunk]] = []
      var collection = CollectionID(rawValue: 0)
      var isStopped = false
      do {
        let store = try open()
        collection = try store.createCollection(named: "c", embedder: embedder).id
        try fill(store, collection, documents: 0..<8)
        try store.publish(collection)
        // Of the first graph a half is gone, of the second all, and two more have to be made.
        try store.remove(paths: [0, 1, 4, 5, 6, 7].map { (root: "/docs", path: "d\($0)") }, from: collection)
        try fill(store, collection, documents: 10..<18)
        expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
        isArmed.value = true
        do { try store.publish(collection) } catch { isStopped = true }
        isArmed.value = false
        #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
      }
      let store = try open()
      #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
      #expect(try store.audit().isEmpty)
      try store.publish(collection)
      #expect(try queries.map { try store.denseSearch($0, limit: 10, in: collection) } == expected)
      #expect(try store.audit().isEmpty && store.notices.isEmpty)
      let status = try store.collections()[0]
      #expect(status.generation?.count == 100 && status.pendingCount == 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/vectors").count == status.generation?.fileCount)
      if !isStopped {
        #expect(number > 30, "each of several files has many steps")
        break
      }
    }
  }

  /// Making everything anew is stopped at every step in turn: what a reader uses stays until what takes its place is there.
  @Test func aStopOfARepair() throws {
    struct Injected: Error {}
    let isArmed = Flag()
    let limit = VectorIndex.graphByteCount(count: 40, dimension: embedder.dimension)
    for number in 1... {
      let folder = try TemporaryFolder()
      let counter = Counter()
      func open(_ access: Store.Access) throws -> Store {
        try Store.open(
          directory: folder.path, access: access,
          options: StoreOptions(
            graphThreshold: 20, singleGraphByteLimit: limit, wordThreshold: 20,
            failpoint: { _ in if isArmed.value, counter.next() == number { throw Injected() } }))
      }
      let store = try open(.writing)
      let collection = try store.createCollection(named: "c", embedder: embedder).id
      try fill(store, collection)
      try store.publish(collection)
      let reader = try open(.reading)
      func answers(_ store: Store) throws -> [[ScoredChunk]] {
        try queries.map { try store.denseSearch($0, limit: 10, in: collection) } + [
          store.lexicalSearch(anyOf: ["7"], limit: 100, in: collection).sorted { $0.chunkID < $1.chunkID }
        ]
      }
      let expected = try answers(reader)
      isArmed.value = true
      var isStopped = false
      do { try store.rebuildDerived(of: ["c"]) } catch { isStopped = true }
      isArmed.value = false
      for (table, kind) in [("generation", "vectors"), ("word_segment", "words")] {
        let files = try query(folder, "SELECT file FROM \(table)")
        #expect(files.count == (kind == "words" ? 1 : 3))
        #expect(files.allSatisfy { FileManager.default.fileExists(atPath: "\(folder.path)/\(kind)/\($0)") })
      }
      for store in try [reader, open(.reading)] { #expect(try answers(store) == expected && store.notices.isEmpty) }
      #expect(try store.audit().isEmpty)
      if !isStopped {
        #expect(number > 30, "each of several files has many steps")
        break
      }
    }
  }

  /// What a reader held is of no use, what takes its place cannot be loaded, and then there is nothing any more that does: it reads the database.
  @Test func aReaderWhoseGraphsGoWhileItLoadsThem() throws {
    let store = try open(graphSize: 40)
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try fill(store, collection)
    try store.publish(collection)
    let reader = try open(.reading)
    _ = try reader.denseSearch(queries[0], limit: 10, in: collection)
    let expected = try queries.map { try store.denseSearch($0, limit: 10, in: collection) }
    try change(folder, "UPDATE generation SET number = 9, file = 'gone.vectors' WHERE number = 2")
    try change(folder, "UPDATE vector SET checksum = checksum + 1 WHERE chunk_id = 50")
    #expect(throws: StoreError.self) { try reader.denseSearch(queries[0], limit: 10, in: collection) }
    try change(folder, "DELETE FROM generation")
    try change(folder, "UPDATE vector SET checksum = checksum - 1 WHERE chunk_id = 50")
    #expect(try queries.map { try reader.denseSearch($0, limit: 10, in: collection) } == expected)
  }

  @Test(arguments: [1_000_000, 40]) func readersFollowAWriterThatPublishes(graphSize: Int) async throws {
    let writer = try open(graphSize: graphSize)
    let collection = try writer.createCollection(named: "c", embedder: embedder).id
    try fill(writer, collection)
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
    try fill(store, collection)
    let error = #expect(throws: StoreError.self) { try store.denseSearch([1, 2], limit: 1, in: collection) }
    #expect(error?.code == "vector_dimension")
    #expect(try store.denseSearch(queries[0], limit: 0, in: collection).isEmpty)
  }
}
