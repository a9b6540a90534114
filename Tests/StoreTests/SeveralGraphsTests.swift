import Foundation
import Store
import Testing
import VectorIndex

/// A collection whose vectors are more than one graph may have.
@Suite struct SeveralGraphsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A graph has forty vectors at most, where nothing else is asked for.
  private func open(_ access: Store.Access = .writing, threshold: Int = 50, graphSize: Int = 40) throws -> Store {
    try Store.open(
      directory: folder.path, access: access,
      options: StoreOptions(
        graphThreshold: threshold, singleGraphByteLimit: VectorIndex.graphByteCount(count: graphSize, dimension: embedder.dimension)))
  }

  private var generationFiles: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/vectors"))?.sorted() ?? []
  }

  /// What is more than one graph may have is in several: those that are full stay, and each follows its own changes.
  @Test func aCollectionHasSeveralGraphs() throws {
    let store = try open(threshold: 10)
    let reader = try open(.reading)
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.fill(collection)
    let scanned = try store.answers(in: collection)
    func expectGraphs(_ numbers: [Int], count: Int, pending: Int = 0) throws {
      try store.publish(collection)
      #expect(Set(generationFiles) == Set(numbers.map { "collection-1-\($0).vectors" }))
      let status = try store.collections()[0]
      #expect(status.generation?.fileCount == numbers.count && status.generation?.count == count && status.pendingCount == pending)
      #expect(try store.audit().isEmpty)
    }
    try expectGraphs([1, 2, 3], count: 100)
    for store in [store, reader] { #expect(try store.answers(in: collection) == scanned) }
    // Room for six in the last one; others begin a new one.
    try store.put("d10", (0..<4).map { "text 10 \($0)" }, in: collection)
    try expectGraphs([1, 2, 4], count: 104)
    try store.fill(collection, documents: 11..<12)
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
      let store = try open()
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      try store.publish(collection)
      try store.fill(collection, documents: 10..<11)
      expected = try store.answers(in: collection)
    }
    try flipMiddle(of: folder.path + "/vectors/collection-1-\(number).vectors")
    let reader = try open(.reading)
    #expect(try reader.answers(in: collection) == expected)
    #expect(reader.damagedFiles.count == 1)
    let store = try open()
    #expect(try store.audit().map(\.kind) == [.generation])
    try store.publish(collection)
    #expect(try store.audit().isEmpty && store.collections()[0].generation?.fileCount == 3)
    for store in [store, reader] { #expect(try store.answers(in: collection) == expected) }
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
      let store = try open()
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      expected = try store.answers(in: collection)
      try store.publish(collection)
    }
    try change(folder, damage)
    let store = try open()
    #expect(try !store.audit().isEmpty)
    #expect(try store.answers(in: collection) == expected)
    try store.publish(collection)
    #expect(try store.audit().isEmpty)
    for store in try [store, open(.reading)] { #expect(try store.answers(in: collection) == expected) }
  }

  /// A row that says more than its file holds would keep what comes later from every graph.
  @Test func aRowOfChunksThatAreNotThereYet() throws {
    do {
      let store = try open()
      try store.fill(store.createCollection(named: "c", embedder: embedder).id)
      try store.publish(CollectionID(rawValue: 1))
    }
    try change(folder, "UPDATE generation SET last_chunk_id = 900 WHERE number = 3")
    let store = try open()
    let collection = CollectionID(rawValue: 1)
    for document in 10..<12 {
      try store.fill(collection, documents: document..<document + 1)
      try store.publish(collection)
    }
    #expect(try query(folder, "SELECT last_chunk_id FROM generation ORDER BY last_chunk_id").last == "120")
    #expect(try store.audit().isEmpty && store.collections()[0].pendingCount == 0)
  }

  /// A graph of before that is larger than one may be is divided when it is made anew; until then it serves.
  @Test func aGraphThatIsTooLargeIsDivided() throws {
    var collection = CollectionID(rawValue: 0)
    do {
      let store = try open(graphSize: 1000)
      collection = try store.createCollection(named: "c", embedder: embedder).id
      try store.fill(collection)
      try store.publish(collection)
    }
    let store = try open()
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-1.vectors"])
    try store.remove(paths: (0..<2).map { (root: "/docs", path: "d\($0)") }, from: collection)
    let expected = try store.answers(in: collection)
    try store.publish(collection)
    #expect(generationFiles == ["collection-1-2.vectors", "collection-1-3.vectors"])
    #expect(try store.answers(in: collection) == expected)
    #expect(try store.audit().isEmpty)
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
        try store.fill(collection, documents: 0..<8)
        try store.publish(collection)
        // Of the first graph a half is gone, of the second all, and two more have to be made.
        try store.remove(paths: [0, 1, 4, 5, 6, 7].map { (root: "/docs", path: "d\($0)") }, from: collection)
        try store.fill(collection, documents: 10..<18)
        expected = try store.answers(in: collection)
        isArmed.value = true
        do { try store.publish(collection) } catch { isStopped = true }
        isArmed.value = false
        #expect(try store.answers(in: collection) == expected)
      }
      let store = try open()
      #expect(try store.answers(in: collection) == expected)
      #expect(try store.audit().isEmpty)
      try store.publish(collection)
      #expect(try store.answers(in: collection) == expected)
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
      try store.fill(collection)
      try store.publish(collection)
      let reader = try open(.reading)
      func answers(_ store: Store) throws -> [[ScoredChunk]] {
        try store.answers(in: collection) + [
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
    let store = try open()
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.fill(collection)
    try store.publish(collection)
    let reader = try open(.reading)
    _ = try reader.denseSearch(queries[0], limit: 10, in: collection)
    let expected = try store.answers(in: collection)
    try change(folder, "UPDATE generation SET number = 9, file = 'gone.vectors' WHERE number = 2")
    try change(folder, "UPDATE vector SET checksum = checksum + 1 WHERE chunk_id = 50")
    #expect(throws: StoreError.self) { try reader.denseSearch(queries[0], limit: 10, in: collection) }
    try change(folder, "DELETE FROM generation")
    try change(folder, "UPDATE vector SET checksum = checksum - 1 WHERE chunk_id = 50")
    #expect(try reader.answers(in: collection) == expected)
  }
}
