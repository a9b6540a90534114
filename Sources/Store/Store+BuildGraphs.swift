import DurableFiles
import Foundation
import GRDB
import Synchronization
import VectorIndex

extension Store {
  /// Vectors that are read and brought into a graph at a time.
  private static let linkedVectorCount = 4096

  /// Writes what a plan says in the place of the graphs that it replaces.
  ///
  /// - Parameter sizeLimit: Vectors that a graph may have: where there are more, several of one size are written.
  func buildGraphs(_ part: GraphPlan.Part, sizeLimit: Int, _ state: GraphState) throws {
    let replaced = Array(state.rows[part.replaced])
    let old = part.isExtension ? replaced.first.flatMap { usableIndex($0, state, addedCount: state.newCount) } : nil
    var first = replaced.first?.firstChunkID ?? state.rows.last?.lastChunkID ?? 0
    // A row that says more than there is would keep what comes later.
    let last = part.includesNew ? state.lastChunkID : min(replaced.last?.lastChunkID ?? first, state.lastChunkID)
    let pieces = try read("divide the graphs") { [first] db in
      try ChunkLists.pieces(of: state.collection, after: first, through: last, count: part.liveCount, sizeLimit: sizeLimit, db)
    }
    var written: [GenerationRow] = []
    for (end, _) in pieces {
      let number = try nextGenerationNumber() + Int64(written.count)
      try written.append(writeGraph(number, after: first, through: end, extending: old, state))
      first = end
      // A search finds the new graphs one by one, but never the old one and a part of what takes its place.
      guard replaced.isEmpty else { continue }
      try replace([], with: written, of: state.collection)
      written = []
    }
    if !replaced.isEmpty { try replace(replaced, with: written, of: state.collection) }
  }

  /// Writes the file of a graph of the chunks whose keys are larger than `first` and at most `end`, which no row means yet.
  private func writeGraph(
    _ number: Int64, after first: Int64, through end: Int64, extending old: LoadedVectorIndex?, _ state: GraphState
  ) throws -> GenerationRow {
    let dimension = state.embedder.dimension
    let index = try old?.index ?? VectorIndex(dimension: dimension, kind: .hnsw)
    var labels = old?.labels ?? []
    var last = labels.last ?? first
    let addedCount = try read("count the vectors of a graph") { [last] db in
      try ChunkLists.count(of: state.collection, after: last, through: end, db)
    }
    try index.reserve(index.count + addedCount, held: min(addedCount, Self.linkedVectorCount))
    let scratch = try scratchFile(for: state.collection, byteLimit: addedCount * dimension * 4)
    labels.reserveCapacity(labels.count + addedCount)
    // In short transactions, so that the write-ahead log can be folded back meanwhile. Chunks with keys up to the last one of `state` can only
    // go in between, never come: one that goes is a dead position at most.
    while last < end {
      var batch: (ids: [Int64], vectors: [Float]) = ([], [])
      let page = last
      try pool.read { db in
        let pageEnd = try Int64.fetchOne(
          db, sql: "SELECT max(id) FROM (SELECT id FROM chunk WHERE collection_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?)",
          arguments: [state.collection.rawValue, page, end, Self.linkedVectorCount])
        guard let pageEnd else { return }
        try StoredVectors.forEachBatch(of: state.collection, after: page, through: pageEnd, dimension: dimension, db) { ids, vectors in
          batch.ids += ids
          batch.vectors += vectors
        }
      }
      guard let batchEnd = batch.ids.last else { break }
      try index.add(batch.vectors)
      try index.moveVectors(to: scratch)
      labels += batch.ids
      last = batchEnd
    }
    return try writeFile(number, .hnsw, through: end, state) { path, before in
      try (index.save(to: path, labels: labels, before: before), index.count)
    }
  }

  /// Where vectors lie while a graph is built, which needs only their codes.
  private func scratchFile(for collection: CollectionID, byteLimit: Int) throws -> ScratchFile {
    try FileManager.default.createDirectory(atPath: generationFolder, withIntermediateDirectories: true)
    // No generation has this number: a file that a stop leaves is removed as any other that no row means.
    let path = generationPath(Self.generationFile(of: collection, number: 0)) + ".scratch.tmp"
    return try ScratchFile(path: path, byteLimit: byteLimit) { [options] step in try options.failpoint(StoreStep(step)) }
  }

  /// Makes lists of all vectors: which of them one is in depends on all.
  func buildLists(_ state: GraphState) throws {
    let dimension = state.embedder.dimension
    let row = try writeFile(nextGenerationNumber(), .lists, through: state.lastChunkID, state) { path, before in
      // One transaction: the labels are written before the vectors.
      try pool.read { db in
        let labels = try Int64.fetchAll(
          db, sql: "SELECT id FROM chunk WHERE collection_id = ? AND id <= ? ORDER BY id",
          arguments: [state.collection.rawValue, state.lastChunkID])
        let sample = try StoredVectors.vectors(of: ListIndexFile.samplePositions(of: labels.count).map { labels[$0] }, dimension: dimension, db)
        let file = try ListIndexFile(path: path, dimension: dimension, labels: labels, sample: sample, before: before)
        try StoredVectors.forEachBatch(of: state.collection, after: 0, through: state.lastChunkID, dimension: dimension, db) { _, vectors in
          try file.add(vectors)
        }
        return try (file.finish(), labels.count)
      }
    }
    try replace(state.rows, with: [row], of: state.collection)
  }

  /// The sequence of AUTOINCREMENT keeps its place when rows go: a name is never used twice.
  private func nextGenerationNumber() throws -> Int64 {
    try read("number the graph") { db in try (Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'generation'") ?? 0) + 1 }
  }

  /// - Parameter save: Writes the file, and gives its checksum and how many vectors it has; asks before each step.
  private func writeFile(
    _ number: Int64, _ kind: VectorIndex.Kind, through last: Int64, _ state: GraphState,
    save: (_ path: String, _ before: @escaping (FileStep) throws -> Void) throws -> (checksum: String, count: Int)
  ) throws -> GenerationRow {
    try FileManager.default.createDirectory(atPath: generationFolder, withIntermediateDirectories: true)
    let file = Self.generationFile(of: state.collection, number: number)
    let (checksum, count) = try save(generationPath(file)) { [options] step in try options.failpoint(StoreStep(step)) }
    return GenerationRow(
      number: number, file: file, kind: kind, lastSequence: state.sequence, firstChunkID: 0, lastChunkID: last, count: count,
      dimension: state.embedder.dimension, embedder: state.embedder.fingerprint, sha256: checksum)
  }

  /// Lets new files take the place of old ones.
  func replace(_ old: [GenerationRow], with new: [GenerationRow], of collection: CollectionID) throws {
    try options.failpoint(.beforeGenerationRow)
    let files = try write("note the graph") { db in
      for row in old { try db.execute(sql: "DELETE FROM generation WHERE number = ?", arguments: [row.number]) }
      for row in new { try row.insert(collection, db) }
      return try Set(String.fetchAll(db, sql: "SELECT file FROM generation"))
    }
    try options.failpoint(.beforePruning)
    for row in old where !files.contains(row.file) { removeGenerationFile(row.file) }
    if !old.isEmpty { vectorCaches.withLock { $0[collection] }?.forget(Set(old.map(\.number))) }
  }
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
