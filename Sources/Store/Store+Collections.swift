import Foundation
import GRDB
import Synchronization

extension Store {
  /// The collection of a name; `nil` when there is none.
  package func collection(named name: String) throws(StoreError) -> CollectionHandle? {
    try read("find the collection \(name)") { db in try Self.collection(named: name, db) }
  }

  /// Makes a collection, or gives the one that has the name and the embedder.
  ///
  /// Throws `embedder_mismatch` if it has another embedder: vectors of two models do not compare.
  package func createCollection(named name: String, embedder: EmbedderIdentity) throws(StoreError) -> CollectionHandle {
    if let known = try collection(named: name) { return try checked(known, embedder: embedder) }
    return try write("make the collection \(name)") { db in
      if let known = try Self.collection(named: name, db) { return try checked(known, embedder: embedder) }
      try db.execute(
        sql: "INSERT INTO collection (name, embedder, dimension, sequence, removal_sequence) VALUES (?, ?, ?, 0, 0)",
        arguments: [name, embedder.fingerprint, embedder.dimension])
      let id = CollectionID(rawValue: db.lastInsertedRowID)
      try raiseSequence(of: id, removesChunks: false, db)
      return CollectionHandle(id: id, name: name, embedder: embedder)
    }
  }

  /// Removes a collection with everything in it.
  package func removeCollection(_ collection: CollectionID) throws(StoreError) {
    let (files, wordFiles) = try write("remove a collection") { db in
      let files = try ["generation", "word_segment"].map { table in
        try String.fetchAll(db, sql: "SELECT file FROM \(table) WHERE collection_id = ?", arguments: [collection.rawValue])
      }
      try raiseSequence(of: collection, removesChunks: true, db)
      for statement in [
        "DELETE FROM vector WHERE chunk_id IN (SELECT id FROM chunk WHERE collection_id = ?)", "DELETE FROM chunk WHERE collection_id = ?",
        "DELETE FROM document WHERE collection_id = ?", "DELETE FROM generation WHERE collection_id = ?",
        "DELETE FROM word_segment WHERE collection_id = ?",
        "DELETE FROM collection WHERE id = ?",
      ] {
        try db.execute(sql: statement, arguments: [collection.rawValue])
      }
      return (files[0], files[1])
    }
    vectorCaches.withLock { $0[collection] = nil }
    wordCaches.withLock { $0[collection] = nil }
    for file in files { removeGenerationFile(file) }
    for file in wordFiles { unlink(wordPath(file)) }
  }

  /// Sets the vectors' share of a score, from 0 to 1, for all searches in a collection that do not name one; `nil` for the default.
  ///
  /// The sequence rises: the same question may now get another answer.
  package func setDenseWeight(_ weight: Double?, of collection: CollectionID) throws(StoreError) {
    precondition(weight.map { (0...1).contains($0) } ?? true, "a weight is a share of one")
    try write("set a collection's weights") { db in
      try db.execute(sql: "UPDATE collection SET dense_weight = ? WHERE id = ?", arguments: [weight, collection.rawValue])
      try raiseSequence(of: collection, removesChunks: false, db)
    }
  }

  /// All collections in numbers, by name.
  package func collections() throws(StoreError) -> [CollectionStatus] {
    try read("list the collections") { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT c.*,
            (SELECT count(*) FROM document WHERE collection_id = c.id AND state = 'ready') AS documents,
            (SELECT count(*) FROM document WHERE collection_id = c.id AND state = 'failed') AS failures,
            (SELECT count(*) FROM chunk WHERE collection_id = c.id) AS chunks,
            g.number, g.kind, g.count, g.last_sequence,
            CASE WHEN g.number IS NULL THEN 0 ELSE (SELECT count(*) FROM chunk WHERE collection_id = c.id AND id > g.last_chunk_id) END AS pending
          FROM collection c
          LEFT JOIN generation g ON g.number = (SELECT max(number) FROM generation WHERE collection_id = c.id)
          ORDER BY c.name
          """
      ).map { row in
        let number: Int64? = row["number"]
        return CollectionStatus(
          id: CollectionID(rawValue: row["id"]), name: row["name"], documentCount: row["documents"], failedCount: row["failures"],
          chunkCount: row["chunks"], embedder: EmbedderIdentity(fingerprint: row["embedder"], dimension: row["dimension"]),
          generation: number.map { GenerationStatus(number: $0, kind: row["kind"], count: row["count"], sequence: row["last_sequence"]) },
          pendingCount: row["pending"], denseWeight: row["dense_weight"], sequence: row["sequence"])
      }
    }
  }

  private static func collection(named name: String, _ db: Database) throws -> CollectionHandle? {
    try Row.fetchOne(db, sql: "SELECT id, embedder, dimension, dense_weight FROM collection WHERE name = ?", arguments: [name]).map { row in
      CollectionHandle(
        id: CollectionID(rawValue: row["id"]), name: name, embedder: EmbedderIdentity(fingerprint: row["embedder"], dimension: row["dimension"]),
        denseWeight: row["dense_weight"])
    }
  }

  static func embedder(of collection: CollectionID, _ db: Database) throws -> EmbedderIdentity {
    guard let row = try Row.fetchOne(db, sql: "SELECT embedder, dimension FROM collection WHERE id = ?", arguments: [collection.rawValue])
    else { throw StoreError.noSuchCollection(collection) }
    return EmbedderIdentity(fingerprint: row["embedder"], dimension: row["dimension"])
  }

  private func checked(_ known: CollectionHandle, embedder: EmbedderIdentity) throws(StoreError) -> CollectionHandle {
    guard known.embedder == embedder else { throw .otherEmbedder(known.name, existing: known.embedder, wanted: embedder) }
    return known
  }
}
