import DurableFiles
import Foundation
import GRDB
import Lexical
import Synchronization

extension Store {
  /// The collection of a name; `nil` when there is none.
  package func collection(named name: String) throws(StoreError) -> CollectionHandle? {
    try read("find the collection \(name)") { db in try Self.collection(named: name, db) }
  }

  /// The collection of a name; throws `collection_missing` when there is none.
  package func requireCollection(named name: String) throws(StoreError) -> CollectionHandle {
    guard let collection = try collection(named: name) else { throw .unknownCollection(name) }
    return collection
  }

  /// Makes a collection, or gives the one that has the name.
  ///
  /// Throws `embedder_mismatch` if it has another embedder, as vectors of two models do not compare, and `chunker_mismatch` if its passages were
  /// cut in another way.
  ///
  /// - Parameter chunker: How documents are cut into passages; `nil` where that does not matter.
  package func createCollection(named name: String, embedder: EmbedderIdentity, chunker: String? = nil) throws(StoreError) -> CollectionHandle {
    let name = try checkedName(name)
    if let known = try collection(named: name) { return try checked(known, embedder: embedder, chunker: chunker) }
    return try write("make the collection \(name)") { db in try insertCollection(name, embedder, chunker ?? "", db) }
  }

  /// The name, if a collection may have it.
  func checkedName(_ name: String) throws(StoreError) -> String {
    guard !name.isEmpty, name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else { throw .collectionName(name) }
    return name
  }

  func insertCollection(_ name: String, _ embedder: EmbedderIdentity, _ chunker: String, _ db: Database) throws -> CollectionHandle {
    try db.execute(
      sql: "INSERT INTO collection (name, embedder, dimension, sequence, removal_sequence, chunker) VALUES (?, ?, ?, 0, 0, ?)",
      arguments: [name, embedder.fingerprint, embedder.dimension, chunker])
    let id = CollectionID(rawValue: db.lastInsertedRowID)
    try SealedTable.collection.seal(id.rawValue, db)
    try raiseSequence(of: id, removesChunks: false, db)
    return CollectionHandle(id: id, name: name, embedder: embedder, chunker: chunker)
  }

  /// Removes a collection with everything in it.
  package func removeCollection(_ collection: CollectionID) throws(StoreError) {
    let files = try write("remove a collection") { db in
      try raiseSequence(of: collection, removesChunks: true, db)
      return try deleteRows(of: collection, db)
    }
    forget(collection)
    for file in files { unlink(file) }
  }

  /// Removes a collection from all tables, and gives the paths of its files.
  func deleteRows(of collection: CollectionID, _ db: Database) throws -> [String] {
    func files(_ table: String) throws -> [String] {
      try String.fetchAll(db, sql: "SELECT file FROM \(table) WHERE collection_id = ?", arguments: [collection.rawValue])
    }
    let paths = try files("generation").map(generationPath) + files("word_segment").map(wordPath)
    for statement in [
      "DELETE FROM vector WHERE chunk_id IN (SELECT id FROM chunk WHERE collection_id = ?)", "DELETE FROM chunk WHERE collection_id = ?",
      "DELETE FROM file WHERE collection_id = ?", "DELETE FROM document WHERE collection_id = ?", "DELETE FROM generation WHERE collection_id = ?",
      "DELETE FROM word_segment WHERE collection_id = ?", "DELETE FROM collection WHERE id = ?",
    ] {
      try db.execute(sql: statement, arguments: [collection.rawValue])
    }
    return paths
  }

  /// Lets go of what is in memory of a collection that is gone.
  func forget(_ collection: CollectionID) {
    vectorCaches.withLock { $0[collection] = nil }
    wordCaches.withLock { $0[collection] = nil }
  }

  /// Sets the vectors' share of a score, from 0 to 1, for all searches in a collection that do not name one; `nil` for the default.
  ///
  /// The sequence rises: the same question may now get another answer.
  package func setDenseWeight(_ weight: Double?, of collection: CollectionID) throws(StoreError) {
    precondition(weight.map { (0...1).contains($0) } ?? true, "a weight is a share of one")
    try write("set a collection's weights") { db in
      try Self.set("dense_weight", of: collection, to: weight, db)
      try raiseSequence(of: collection, removesChunks: false, db)
    }
  }

  /// Changes a column of a collection's row.
  static func set(_ column: String, of collection: CollectionID, to value: (any DatabaseValueConvertible)?, _ db: Database) throws {
    try db.execute(
      sql: "UPDATE collection SET \(SealedTable.collection.assignments([column: "?1"])) WHERE id = ?2", arguments: [value, collection.rawValue])
  }

  /// All collections in numbers, by name.
  package func collections() throws(StoreError) -> [CollectionStatus] {
    try read("list the collections") { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT c.*,
            (SELECT count(*) FROM chunk WHERE collection_id = c.id) AS chunks,
            (SELECT count(*) FROM chunk WHERE collection_id = c.id
              AND id > (SELECT max(last_chunk_id) FROM generation WHERE collection_id = c.id)) AS pending
          FROM collection c
          WHERE substr(c.name, 1, 1) <> ?
          ORDER BY c.name
          """, arguments: [Self.unfinishedPrefix]
      ).map { row in
        let id: Int64 = row["id"]
        let collection = CollectionID(rawValue: id)
        let graphs = try GenerationRow.all(of: collection, db)
        let files =
          try graphs.map { (generationPath($0.file), $0.sha256) } + WordSegmentRow.all(of: collection, db).map { (wordPath($0.file), $0.sha256) }
        return CollectionStatus(
          id: collection, name: row["name"], fileCounts: try Self.fileCounts(id, db), chunkCount: row["chunks"],
          embedder: EmbedderIdentity(fingerprint: row["embedder"], dimension: row["dimension"]),
          generation: GenerationStatus(graphs),
          unusableFiles: files.filter { VerifiedFile.statedChecksum(of: $0.0) != $0.1 || LexicalSegment.isOfAnotherAnalysis($0.0) }.map(\.0),
          pendingCount: row["pending"],
          denseWeight: row["dense_weight"], sequence: row["sequence"])
      }
    }
  }

  /// Says that a derived file has a form of before.
  func noticeOutdated(_ kind: String, _ path: String) {
    notice(
      "the \(kind) \(path) was made by another version of Quarry: the database is read in its place, slowly, until quarry ingest or quarry audit --repair "
        + "makes it anew")
  }

  private static func fileCounts(_ collection: Int64, _ db: Database) throws -> [FileState: Int] {
    try Row.fetchAll(db, sql: "SELECT state, count(*) FROM file WHERE collection_id = ? GROUP BY state", arguments: [collection])
      .reduce(into: [:]) { counts, row in
        if let state = FileState(rawValue: row[0]) { counts[state] = row[1] }
      }
  }

  static func collection(named name: String, _ db: Database) throws -> CollectionHandle? {
    try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT id, embedder, dimension, dense_weight, chunker FROM collection WHERE name = ? AND \(SealedTable.collection.requireIntact())
          """), arguments: [name]
    ).map { row in
      CollectionHandle(
        id: CollectionID(rawValue: row[0]), name: name, embedder: EmbedderIdentity(fingerprint: row[1], dimension: row[2]), denseWeight: row[3],
        chunker: row[4])
    }
  }

  static func embedder(of collection: CollectionID, _ db: Database) throws -> EmbedderIdentity {
    guard let row = try Row.fetchOne(db, sql: "SELECT embedder, dimension FROM collection WHERE id = ?", arguments: [collection.rawValue])
    else { throw StoreError.noSuchCollection(collection) }
    return EmbedderIdentity(fingerprint: row["embedder"], dimension: row["dimension"])
  }

  private func checked(_ known: CollectionHandle, embedder: EmbedderIdentity, chunker: String?) throws(StoreError) -> CollectionHandle {
    guard known.embedder == embedder else { throw .otherEmbedder(known.name, existing: known.embedder, wanted: embedder) }
    guard let chunker, known.chunker != chunker else { return known }
    guard known.chunker.isEmpty else { throw .otherChunker(known.name, existing: known.chunker, wanted: chunker) }
    // Made before that was noted, when there was one way.
    return try write("note the chunker") { db in
      try Self.set("chunker", of: known.id, to: chunker, db)
      var known = known
      known.chunker = chunker
      return known
    }
  }
}
