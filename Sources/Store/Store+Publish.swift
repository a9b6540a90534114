import DurableFiles
import Foundation
import GRDB
import Synchronization
import VectorIndex

extension Store {
  /// Chunks of a collection from which on a graph is built.
  ///
  /// Measured on 2 cores (AMD EPYC, AVX-512), clustered unit vectors of 384 numbers, best 150 of them, milliseconds at the median:
  ///
  ///     vectors     exact     graph     graph built in
  ///      10,000      0.32      0.34      0.5 s
  ///      25,000      0.52      0.64      1.6 s
  ///      50,000      1.17      0.33      3.6 s
  ///     100,000      1.64      0.36      7.3 s
  ///     200,000      4.26      0.41     17.7 s
  ///
  /// Building it is a hundredth of the time that embedding the chunks took.
  package static let graphThreshold = 50_000

  /// Half of the machine's memory: where a graph takes more, searches would wait for pages with every step of their walks.
  package static let graphByteLimit = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)

  /// Vectors that are read and brought into a graph at a time.
  private static let linkedVectorCount = 4096

  /// The graph is extended when so many chunks are newer than it, as a part of it.
  private static let extensionFraction = 0.1
  /// The graph is built anew when so many of its chunks are gone, as a part of it.
  private static let rebuildFraction = 0.15

  /// Brings the files of a collection's words and its graph up to date, where they are worth it, and clears vectors that were staged under its embedder.
  ///
  /// The new file is written beside the old one, synced, renamed, and only then meant by a row; the old one serves until then. A stop at any
  /// moment leaves the old graph, or the new one.
  ///
  /// - Parameter clearsStagedVectors: Whether nothing is left of a stopped ingestion that the next one would use.
  package func publish(_ collection: CollectionID, clearsStagedVectors: Bool = true) throws(StoreError) {
    guard access == .writing else { throw .readOnlyAccess() }
    try publishWords(collection)
    let state = try read("look at the graph") { db in try GraphState(collection, db) }
    if clearsStagedVectors, state.hasStagedVectors {
      try write("clear staged vectors") { db in
        try db.execute(sql: "DELETE FROM staged_vector WHERE embedder = ?", arguments: [state.embedder.fingerprint])
      }
    }
    // A little below the threshold an old graph still serves; it does not come and go with every document.
    if state.chunkCount < options.graphThreshold {
      guard let row = state.row else { return }
      let isTooSmall = state.chunkCount < options.graphThreshold / 2 || state.goneFraction(of: row) > Self.rebuildFraction
      let isWorthKeeping = try isTooSmall ? false : usableIndex(row, state) != nil
      if !isWorthKeeping { try retire(row, of: collection) }
      return
    }
    guard let row = state.row else { return try build(collection, state, extending: nil) }
    let usable = try usableIndex(row, state)
    if usable?.index.kind != kind(for: state, now: usable?.index.kind) || state.goneFraction(of: row) > Self.rebuildFraction {
      try build(collection, state, extending: nil)
    } else if Double(state.newCount) > Self.extensionFraction * Double(row.count) {
      try build(collection, state, extending: usable)
    }
  }

  /// - Parameter current: Lists stay until a graph takes a good deal less than the limit, so that one does not follow the other with every document.
  private func kind(for state: GraphState, now current: VectorIndex.Kind?) -> VectorIndex.Kind {
    let limit = current == .lists ? options.graphByteLimit / 5 * 4 : options.graphByteLimit
    return VectorIndex.graphByteCount(count: state.chunkCount, dimension: state.embedder.dimension) > limit ? .lists : .hnsw
  }

  /// The file of a row, checked; `nil` when it is of no use.
  private func usableIndex(_ row: GenerationRow, _ state: GraphState) throws(StoreError) -> LoadedVectorIndex? {
    do throws(VectorIndexError) {
      let loaded = try VectorIndex.load(from: generationPath(row.file), addedCount: state.newCount)
      guard let problem = row.problem(with: loaded, embedder: state.embedder) else { return loaded }
      quarantine(row, reason: problem)
    } catch {
      if !error.isOutdated { quarantine(row, reason: error.why ?? error.message) }
    }
    return nil
  }

  private func build(_ collection: CollectionID, _ state: GraphState, extending old: LoadedVectorIndex?) throws(StoreError) {
    do {
      if kind(for: state, now: old?.index.kind) == .lists {
        try buildLists(collection, state)
      } else {
        try buildGraph(collection, state, extending: old)
      }
    } catch {
      throw .wrapping(error, "build the vector graph", path: databasePath)
    }
  }

  private func buildGraph(_ collection: CollectionID, _ state: GraphState, extending old: LoadedVectorIndex?) throws {
    let dimension = state.embedder.dimension
    let index = try old?.index ?? VectorIndex(dimension: dimension, kind: .hnsw)
    let addedCount = old == nil ? state.chunkCount : state.newCount
    try index.reserve(index.count + addedCount, held: min(addedCount, Self.linkedVectorCount))
    let scratch = try scratchFile(for: collection, byteLimit: addedCount * dimension * 4)
    var labels = old?.labels ?? []
    labels.reserveCapacity(labels.count + addedCount)
    // In short transactions, so that the write-ahead log can be folded back meanwhile. Chunks with keys up to the last one of `state` can only
    // go in between, never come: one that goes is a dead position at most.
    var last = labels.last ?? 0
    while last < state.lastChunkID {
      var batch: (ids: [Int64], vectors: [Float]) = ([], [])
      let page = last
      try pool.read { db in
        let end = try Int64.fetchOne(
          db, sql: "SELECT max(id) FROM (SELECT id FROM chunk WHERE collection_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?)",
          arguments: [collection.rawValue, page, state.lastChunkID, Self.linkedVectorCount])
        guard let end else { return }
        try StoredVectors.forEachBatch(of: collection, after: page, through: end, dimension: dimension, db) { ids, vectors in
          batch.ids += ids
          batch.vectors += vectors
        }
      }
      guard let end = batch.ids.last else { break }
      try index.add(batch.vectors)
      try index.moveVectors(to: scratch)
      labels += batch.ids
      last = end
    }
    try install(.hnsw, collection, state) { path, before in try (index.save(to: path, labels: labels, before: before), index.count) }
  }

  /// Where vectors lie while a graph is built, which needs only their codes.
  private func scratchFile(for collection: CollectionID, byteLimit: Int) throws -> ScratchFile {
    try FileManager.default.createDirectory(atPath: generationFolder, withIntermediateDirectories: true)
    // No generation has this number: a file that a stop leaves is removed as any other that no row means.
    let path = generationPath(Self.generationFile(of: collection, number: 0)) + ".scratch.tmp"
    return try ScratchFile(path: path, byteLimit: byteLimit) { [options] step in try options.failpoint(StoreStep(step)) }
  }

  /// Lists are always made anew: which of them a vector is in depends on all.
  private func buildLists(_ collection: CollectionID, _ state: GraphState) throws {
    let dimension = state.embedder.dimension
    try install(.lists, collection, state) { path, before in
      // One transaction: the labels are written before the vectors.
      try pool.read { db in
        let labels = try Int64.fetchAll(
          db, sql: "SELECT id FROM chunk WHERE collection_id = ? AND id <= ? ORDER BY id", arguments: [collection.rawValue, state.lastChunkID])
        let sample = try StoredVectors.vectors(of: ListIndexFile.samplePositions(of: labels.count).map { labels[$0] }, dimension: dimension, db)
        let file = try ListIndexFile(path: path, dimension: dimension, labels: labels, sample: sample, before: before)
        try StoredVectors.forEachBatch(of: collection, after: 0, through: state.lastChunkID, dimension: dimension, db) { _, vectors in
          try file.add(vectors)
        }
        return try (file.finish(), labels.count)
      }
    }
  }

  /// - Parameter save: Writes the file, and gives its checksum and how many vectors it has; asks before each step.
  private func install(
    _ kind: VectorIndex.Kind, _ collection: CollectionID, _ state: GraphState,
    save: (_ path: String, _ before: @escaping (FileStep) throws -> Void) throws -> (checksum: String, count: Int)
  ) throws {
    try FileManager.default.createDirectory(atPath: generationFolder, withIntermediateDirectories: true)
    // The sequence of AUTOINCREMENT keeps its place when rows go: a name is never used twice.
    let number = try read("number the graph") { db in
      try (Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'generation'") ?? 0) + 1
    }
    let file = Self.generationFile(of: collection, number: number)
    let (checksum, count) = try save(generationPath(file)) { [options] step in try options.failpoint(StoreStep(step)) }
    try options.failpoint(.beforeGenerationRow)
    let old = try write("note the graph") { db in
      let old = try String.fetchAll(db, sql: "DELETE FROM generation WHERE collection_id = ? RETURNING file", arguments: [collection.rawValue])
      try db.execute(
        sql: """
          INSERT INTO generation (number, collection_id, file, kind, last_sequence, last_chunk_id, count, dimension, metric, embedder, sha256)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'inner product', ?, ?)
          """,
        arguments: [
          number, collection.rawValue, file, kind.rawValue, state.sequence, state.lastChunkID, count, state.embedder.dimension,
          state.embedder.fingerprint, checksum,
        ])
      return old
    }
    try options.failpoint(.beforePruning)
    for file in old { removeGenerationFile(file) }
    vectorCaches.withLock { $0[collection] }?.reset()
  }

  /// Drops the graph of a collection that has become small.
  private func retire(_ row: GenerationRow, of collection: CollectionID) throws(StoreError) {
    try write("retire the graph") { db in
      try db.execute(sql: "DELETE FROM generation WHERE collection_id = ?", arguments: [collection.rawValue])
    }
    removeGenerationFile(row.file)
    vectorCaches.withLock { $0[collection] }?.reset()
  }
}

/// What decides about a collection's graph, of one state.
private struct GraphState {
  let embedder: EmbedderIdentity
  let row: GenerationRow?
  let sequence: Int64
  let chunkCount: Int
  let lastChunkID: Int64
  /// Chunks that are newer than the graph.
  let newCount: Int
  let hasStagedVectors: Bool

  init(_ collection: CollectionID, _ db: Database) throws {
    embedder = try Store.embedder(of: collection, db)
    row = try GenerationRow.current(of: collection, db)
    sequence = try Int64.fetchOne(db, sql: "SELECT sequence FROM state") ?? 0
    chunkCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM chunk WHERE collection_id = ?", arguments: [collection.rawValue]) ?? 0
    lastChunkID = try Int64.fetchOne(db, sql: "SELECT max(id) FROM chunk WHERE collection_id = ?", arguments: [collection.rawValue]) ?? 0
    newCount =
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM chunk WHERE collection_id = ? AND id > ?", arguments: [collection.rawValue, row?.lastChunkID ?? 0]) ?? 0
    hasStagedVectors =
      try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM staged_vector WHERE embedder = ?)", arguments: [embedder.fingerprint]) ?? false
  }

  /// How many of the graph's chunks are gone, as a part of it.
  func goneFraction(of row: GenerationRow) -> Double { Double(row.count - (chunkCount - newCount)) / Double(max(1, row.count)) }
}

extension StoreStep {
  init(_ step: FileStep) {
    switch step {
    case .create: self = .createFile
    case .write: self = .writeFile
    case .sync: self = .syncFile
    case .rename: self = .renameFile
    case .syncFolder: self = .syncFolder
    }
  }
}
