import Foundation
import GRDB
import Synchronization
import VectorIndex

extension Store {
  /// The chunks whose vectors have the largest inner product with the query's, best first; of equal scores the older chunk first.
  ///
  /// Exact below `graphThreshold` chunks; above, the graphs' candidates and an exact scan of what is newer, with the same scores bit for bit.
  ///
  /// - Parameter allowed: Only these are found; `nil` for all.
  package func denseSearch(
    _ query: [Float], limit: Int, in collection: CollectionID, among allowed: ChunkSet? = nil
  ) throws(StoreError) -> [ScoredChunk] {
    let snapshot = try vectors(of: collection)
    do { return try snapshot.search(query, limit: limit, among: allowed) } catch { throw .wrapping(error, "search for vectors", path: databasePath) }
  }

  /// The inner products of single chunks with the query; chunks that are gone are left out.
  package func denseScores(of chunkIDs: [Int64], against query: [Float], in collection: CollectionID) throws(StoreError) -> [Int64: Double] {
    let snapshot = try vectors(of: collection)
    do { return try snapshot.scores(of: chunkIDs, against: query) } catch { throw .wrapping(error, "score vectors", path: databasePath) }
  }

  /// The vectors of single chunks; chunks that are gone are left out.
  package func vectors(of chunkIDs: [Int64], in collection: CollectionID) throws(StoreError) -> [Int64: [Float]] {
    try vectors(of: collection).vectors(of: chunkIDs)
  }

  /// How many chunks a collection has that can be found.
  package func chunkCount(of collection: CollectionID) throws(StoreError) -> Int { try vectors(of: collection).liveCount }

  /// The collection's vectors as of now, loaded at first use.
  private func vectors(of collection: CollectionID) throws(StoreError) -> VectorSnapshot {
    let cache = vectorCaches.withLock { caches in
      if let known = caches[collection] { return known }
      let made = VectorCache(collection: collection, byteLimit: max(2 * options.graphByteLimit, 1 << 30))
      caches[collection] = made
      return made
    }
    // A writer that publishes removes the graph that a transaction of before may still see. Then the next transaction sees the new one; if it
    // sees the same one again, its file is really missing.
    var vanished: Set<Int64> = []
    while true {
      do {
        return try pool.read { db in
          try cache.refreshed(db) { generation in
            try loadGeneration(generation, of: collection, mayVanish: !vanished.contains(generation.number), db)
          }
        }
      } catch let error as VanishedGeneration {
        vanished.insert(error.number)
      } catch {
        throw .wrapping(error, "load vectors", path: databasePath)
      }
    }
  }

  /// The graph of a generation, if its file is what the row says; else `nil` with a notice, and the vectors are read from the database.
  private func loadGeneration(
    _ row: GenerationRow, of collection: CollectionID, mayVanish: Bool, _ db: Database
  ) throws -> VectorSegment? {
    let embedder = try Self.embedder(of: collection, db)
    let path = generationPath(row.file)
    if mayVanish, !FileManager.default.fileExists(atPath: path) { throw VanishedGeneration(number: row.number) }
    do throws(VectorIndexError) {
      let loaded = try VectorIndex.load(from: path)
      if let problem = row.problem(with: loaded, embedder: embedder) {
        quarantine(row, reason: problem)
        return nil
      }
      return VectorSegment(ids: loaded.labels, index: loaded.index, generation: row.number)
    } catch {
      if mayVanish, !FileManager.default.fileExists(atPath: path) { throw VanishedGeneration(number: row.number) }
      // Until the next `publish` makes one of today's form, all vectors are compared.
      guard !error.isOutdated else {
        noticeOutdated("graph", path)
        return nil
      }
      quarantine(row, reason: error.why ?? error.message)
      return nil
    }
  }
}

/// A graph's file was not there, perhaps because a newer one has taken its place.
private struct VanishedGeneration: Error {
  var number: Int64
}
