import Foundation
import GRDB
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

  /// Half of the machine's memory: where graphs take more, searches would wait for pages with every step of their walks.
  package static let graphByteLimit = Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)

  /// Memory that one graph may take; a collection with more vectors has several. With it a graph of a million vectors of 384 numbers is built within .75 GiB.
  package static let singleGraphByteLimit = 560 << 20

  /// Brings the files of a collection's words and its graphs up to date, where they are worth it, and clears vectors that were staged under its
  /// embedder.
  ///
  /// A new file is written beside the old ones, synced, renamed, and only then meant by a row; those that it replaces serve until then. A stop at any
  /// moment leaves the old graph, or the new one.
  ///
  /// - Parameters:
  ///   - clearsStagedVectors: Whether nothing is left of a stopped ingestion that the next one would use.
  ///   - makesAnew: Whether no file is used that is there, whatever it says of itself.
  package func publish(_ collection: CollectionID, clearsStagedVectors: Bool = true, makesAnew: Bool = false) throws(StoreError) {
    guard access == .writing else { throw .readOnlyAccess() }
    try publishWords(collection, makesAnew: makesAnew)
    let state = try read("look at the graphs") { db in try GraphState(collection, db) }
    if clearsStagedVectors, state.hasStagedVectors {
      try write("clear staged vectors") { db in
        try db.execute(sql: "DELETE FROM staged_vector WHERE embedder = ?", arguments: [state.embedder.fingerprint])
      }
    }
    do {
      if state.chunkCount < options.graphThreshold {
        try retireSmallGraphs(state, makesAnew: makesAnew)
      } else if kind(for: state) == .lists {
        try publishLists(state, makesAnew: makesAnew)
      } else {
        try publishGraphs(state, makesAnew: makesAnew)
      }
    } catch {
      throw .wrapping(error, "build the vector graph", path: databasePath)
    }
  }

  /// A little below the threshold old graphs still serve; they do not come and go with every document.
  private func retireSmallGraphs(_ state: GraphState, makesAnew: Bool) throws {
    guard !state.rows.isEmpty else { return }
    if makesAnew || state.chunkCount < options.graphThreshold / 2 || graphs(of: state).contains(where: \.isStale) {
      try replace(state.rows, with: [], of: state.collection)
    }
  }

  private func publishLists(_ state: GraphState, makesAnew: Bool) throws {
    guard !makesAnew, state.rows.count == 1, state.rows[0].kind == .lists else { return try buildLists(state) }
    let parts = GraphPlan.parts(of: graphs(of: state), newCount: state.newCount, sizeLimit: .max, threshold: options.graphThreshold)
    if !parts.isEmpty { try buildLists(state) }
  }

  private func publishGraphs(_ state: GraphState, makesAnew: Bool) throws {
    let graphs = graphs(of: state, where: { !makesAnew && $0.kind == .hnsw })
    let sizeLimit = max(1, options.singleGraphByteLimit / VectorIndex.graphByteCount(count: 1, dimension: state.embedder.dimension))
    for part in GraphPlan.parts(of: graphs, newCount: state.newCount, sizeLimit: sizeLimit, threshold: options.graphThreshold) {
      try buildGraphs(part, sizeLimit: sizeLimit, state)
    }
  }

  /// The graphs of all rows, as a plan sees them. Each file is read whole: one that is damaged is made anew before a search finds it so.
  ///
  /// - Parameter isWanted: Whether a row's file may be used: else it counts as one that can not be read.
  private func graphs(of state: GraphState, where isWanted: (GenerationRow) -> Bool = { _ in true }) -> [GraphPlan.Graph] {
    zip(state.rows, state.liveCounts).map { row, liveCount in
      GraphPlan.Graph(count: row.count, liveCount: liveCount, isUsable: isWanted(row) && usableIndex(row, state) != nil)
    }
  }

  /// Lists stay until graphs take a good deal less than the limit, so that one does not follow the other with every document.
  private func kind(for state: GraphState) -> VectorIndex.Kind {
    let limit = state.rows.first?.kind == .lists ? options.graphByteLimit / 5 * 4 : options.graphByteLimit
    return VectorIndex.graphByteCount(count: state.chunkCount, dimension: state.embedder.dimension) > limit ? .lists : .hnsw
  }

  /// The file of a row, checked; `nil` when it is of no use.
  func usableIndex(_ row: GenerationRow, _ state: GraphState, addedCount: Int = 0) -> LoadedVectorIndex? {
    do throws(VectorIndexError) {
      let loaded = try VectorIndex.load(from: generationPath(row.file), addedCount: addedCount)
      guard let problem = row.problem(with: loaded, embedder: state.embedder) else { return loaded }
      quarantine(row, reason: problem)
    } catch {
      if !error.isOutdated { quarantine(row, reason: error.why ?? error.message) }
    }
    return nil
  }
}

/// What decides about a collection's graphs, of one state.
struct GraphState {
  let collection: CollectionID
  let embedder: EmbedderIdentity
  let rows: [GenerationRow]
  /// Of the chunks of each row, those that are still there.
  let liveCounts: [Int]
  /// Chunks that are newer than all graphs.
  let newCount: Int
  let sequence: Int64
  let lastChunkID: Int64
  let hasStagedVectors: Bool

  init(_ collection: CollectionID, _ db: Database) throws {
    self.collection = collection
    embedder = try Store.embedder(of: collection, db)
    rows = try GenerationRow.all(of: collection, db)
    liveCounts = try rows.map { try ChunkLists.count(of: collection, after: $0.firstChunkID, through: $0.lastChunkID, db) }
    newCount = try ChunkLists.count(of: collection, after: rows.last?.lastChunkID ?? 0, db)
    sequence = try Int64.fetchOne(db, sql: "SELECT sequence FROM state") ?? 0
    lastChunkID = try Int64.fetchOne(db, sql: "SELECT max(id) FROM chunk WHERE collection_id = ?", arguments: [collection.rawValue]) ?? 0
    hasStagedVectors =
      try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM staged_vector WHERE embedder = ?)", arguments: [embedder.fingerprint]) ?? false
  }

  var chunkCount: Int { liveCounts.reduce(newCount, +) }
}
