import Foundation
import GRDB
import Synchronization
import VectorIndex

/// Keeps a collection's vectors in memory and brings them up to date with the database before they are used.
final class VectorCache: Sendable {
  private let collection: CollectionID
  /// Bytes that vectors from the database may take.
  private let byteLimit: Int
  private let current = Mutex(VectorSnapshot.empty)

  /// Segments that are scanned before they are copied into one.
  private static let segmentLimit = 8

  init(collection: CollectionID, byteLimit: Int) { (self.collection, self.byteLimit) = (collection, byteLimit) }

  /// The snapshot of now: what the transaction sees, or newer.
  ///
  /// - Parameter loadGeneration: Gives the segment of a row of `generation`, or `nil` when its file is of no use.
  func refreshed(_ db: Database, loadGeneration: (GenerationRow) throws -> VectorSegment?) throws -> VectorSnapshot {
    // Every search asks some times: most often nothing has changed.
    let row = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT sequence, removal_sequence, dimension, (SELECT max(number) FROM generation WHERE collection_id = collection.id)
          FROM collection WHERE id = ?
          """), arguments: [collection.rawValue])
    guard let row else { throw StoreError.noSuchCollection(collection) }
    let (sequence, removalSequence): (Int64, Int64) = try (row.decode(atIndex: 0), row.decode(atIndex: 1))
    let dimension = try row.decode(Int.self, atIndex: 2)
    let number = try row.decode(Int64?.self, atIndex: 3)

    // Held while loading: two searches that start together load once.
    return try current.withLock { snapshot in
      if snapshot.isDisturbed { snapshot = .empty }
      if snapshot.sequence >= sequence, number.map({ $0 <= snapshot.generation }) ?? true { return snapshot }
      var next = snapshot
      // Or what is left of it is of no state.
      if snapshot.sequence < 0 || number ?? 0 > snapshot.generation {
        let rows = try GenerationRow.all(of: collection, db)
        // What is not used again is not held beside what takes its place.
        let numbers = Set(rows.map(\.number))
        snapshot = snapshot.keeping { numbers.contains($0) }
        // The number is noted even if a file is of no use, so that it is not tried again with every question.
        next = VectorSnapshot(sequence: -1, generation: number ?? 0, segments: [])
        for row in rows {
          let known = snapshot.segments.first { $0.generation == row.number }
          if let segment = try known ?? loadGeneration(row) { next.segments.append(segment) }
        }
        try fillGaps(of: &next, dimension: dimension, db)
      }
      if removalSequence > next.sequence, !next.segments.isEmpty { try removeDead(from: &next, db) }
      if let segment = try newSegment(after: next.lastChunkID, beside: next, dimension: dimension, db) { next.segments.append(segment) }
      try ChunkLists.requireWhole(collection, found: next.segments.reduce(0) { $0 + $1.liveCount }, db)
      try compact(&next, dimension: dimension)
      next.sequence = sequence
      snapshot = next
      return next
    }
  }

  /// Forgets everything: the next search loads anew.
  func reset() { current.withLock { $0 = .empty } }

  /// Lets go of files that are gone: the next search loads what took their place.
  func forget(_ generations: Set<Int64>) {
    current.withLock { snapshot in snapshot = snapshot.keeping { !generations.contains($0) } }
  }

  /// Vectors of files that are of no use, between those of others, are read from the database.
  private func fillGaps(of snapshot: inout VectorSnapshot, dimension: Int, _ db: Database) throws {
    let loaded = snapshot.segments
    snapshot.segments = []
    for segment in loaded {
      if let first = segment.ids.first,
        let gap = try newSegment(after: snapshot.lastChunkID, through: first - 1, beside: snapshot, dimension: dimension, db)
      {
        snapshot.segments.append(gap)
      }
      snapshot.segments.append(segment)
    }
  }

  /// The database alone says which chunks there are.
  private func removeDead(from snapshot: inout VectorSnapshot, _ db: Database) throws {
    let alive = try ChunkLists.ids(of: collection, through: snapshot.lastChunkID, db)
    snapshot.segments = snapshot.segments.map { $0.keeping(alive[...]) }
  }

  /// The vectors of chunks whose keys are larger than `last`, and at most `end`, from the database; `nil` where there are none.
  private func newSegment(
    after last: Int64, through end: Int64 = .max, beside snapshot: VectorSnapshot, dimension: Int, _ db: Database
  ) throws -> VectorSegment? {
    let count = try ChunkLists.count(of: collection, after: last, through: end, db)
    guard count > 0 else { return nil }
    // Floats and codes. Where a file of lists is missing they may be more than there is memory.
    let held = snapshot.segments.reduce(0) { $0 + ($1.generation == nil ? $1.ids.count : 0) }
    let byteCount = (held + count) * (5 * dimension + 16)
    guard byteCount <= byteLimit else { throw StoreError.vectorsTooLarge(count: held + count, byteCount: byteCount) }
    let index = try VectorIndex(dimension: dimension, kind: .exact)
    try index.reserve(count)
    var ids: [Int64] = []
    ids.reserveCapacity(count)
    try StoredVectors.forEachBatch(of: collection, after: last, through: end, dimension: dimension, db) { batchIDs, vectors in
      ids += batchIDs
      try index.add(vectors)
    }
    return VectorSegment(ids: ids, index: index)
  }

  /// Many small segments behind the files', or such that are mostly dead, become one.
  private func compact(_ snapshot: inout VectorSnapshot, dimension: Int) throws {
    let firstRecent = snapshot.segments.lastIndex { $0.generation != nil }.map { $0 + 1 } ?? 0
    let recent = snapshot.segments[firstRecent...]
    let dead = recent.reduce(0) { $0 + $1.deadCount }
    let live = recent.reduce(0) { $0 + $1.liveCount }
    guard recent.count > Self.segmentLimit || dead > max(live, 1000) else { return }
    let index = try VectorIndex(dimension: dimension, kind: .exact)
    try index.reserve(live)
    var ids: [Int64] = []
    for segment in recent {
      try index.add(rowsOf: segment.index, where: segment.live)
      for (position, id) in segment.ids.enumerated() where segment.live[position] { ids.append(id) }
    }
    snapshot.segments = snapshot.segments.prefix(firstRecent) + (ids.isEmpty ? [] : [VectorSegment(ids: ids, index: index)])
  }
}

/// The truth: vectors in the database.
enum StoredVectors {
  private static let batchCount = 2048

  /// The vectors of single chunks, one after the other.
  static func vectors(of ids: [Int64], dimension: Int, _ db: Database) throws -> [Float] {
    var vectors: [Float] = []
    vectors.reserveCapacity(ids.count * dimension)
    let statement = try db.cachedStatement(sql: "SELECT data, checksum FROM vector WHERE chunk_id = ?")
    for id in ids {
      guard let row = try Row.fetchOne(statement, arguments: [id]) else { throw StoreError.damagedRow("the vector of passage \(id)") }
      try VectorBlob.append(row, at: 0, chunk: id, dimension: dimension, to: &vectors)
    }
    return vectors
  }

  /// Gives the vectors of a collection's chunks whose key is larger than `last`, and at most `end`, by rising keys.
  static func forEachBatch(
    of collection: CollectionID, after last: Int64, through end: Int64 = .max, dimension: Int, _ db: Database,
    _ body: ([Int64], [Float]) throws -> Void
  ) throws {
    var ids: [Int64] = []
    var vectors: [Float] = []
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT c.id, v.data, v.checksum FROM chunk c INDEXED BY chunk_collection LEFT JOIN vector v ON v.chunk_id = c.id
        WHERE c.collection_id = ? AND c.id > ? AND c.id <= ? ORDER BY c.id
        """, arguments: [collection.rawValue, last, end])
    var order = ChunkLists.Order()
    while let row = try rows.next() {
      let id: Int64 = row[0]
      try order.take(id)
      try VectorBlob.append(row, at: 1, chunk: id, dimension: dimension, to: &vectors)
      ids.append(id)
      if ids.count == batchCount {
        try body(ids, vectors)
        ids.removeAll(keepingCapacity: true)
        vectors.removeAll(keepingCapacity: true)
      }
    }
    if !ids.isEmpty { try body(ids, vectors) }
  }
}
