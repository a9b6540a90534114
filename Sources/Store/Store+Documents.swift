import Chunking
import Documents
import Foundation
import GRDB

extension Store {
  /// Everything known of a collection's files, by root and path.
  package func ledger(of collection: CollectionID) throws(StoreError) -> [LedgerEntry] {
    try read("read the ledger") { db in
      try Row.fetchAll(db, sql: "SELECT * FROM document WHERE collection_id = ? ORDER BY root, path", arguments: [collection.rawValue]).map { row in
        let state: String = row["state"]
        let time: Double = row["ingested_at"]
        return LedgerEntry(
          documentID: row["id"], root: row["root"], path: row["path"], sha256: row["sha256"], byteCount: row["byte_count"],
          modificationTime: row["modification_time"], state: state == "ready" ? .ready : .failed, error: row["error"], title: row["title"],
          format: row["format"], language: row["language"], chunkCount: row["chunk_count"], ingestedAt: Date(timeIntervalSince1970: time))
      }
    }
  }

  /// Puts a version of a document in the place of what was there, in one transaction: on disk when this returns, untouched when it throws.
  package func replace(_ document: DocumentVersion, with chunks: [EmbeddedChunk], in collection: CollectionID) throws(StoreError) {
    try write("store \(document.path)") { db in
      let embedder = try Self.embedder(of: collection, db)
      for chunk in chunks where chunk.vector.count != embedder.dimension {
        throw StoreError.wrongDimension(expected: embedder.dimension, found: chunk.vector.count)
      }
      let old = try Self.documentID(document, in: collection, db)
      let removed = try old.map { try removeChunks(ofDocument: $0, in: collection, db) } ?? 0
      try options.failpoint(.insertDocument)
      let id = try upsert(document, state: .ready, error: nil, chunkCount: chunks.count, in: collection, db)
      for chunk in chunks { try insert(chunk, document: id, in: collection, db) }
      let unstage = try db.cachedStatement(sql: "DELETE FROM staged_vector WHERE embedder = ? AND content_hash = ?")
      for chunk in chunks { try unstage.execute(arguments: [embedder.fingerprint, chunk.contentHash]) }
      try raiseSequence(of: collection, removesChunks: removed > 0, db)
    }
  }

  /// Notes that a version of a document could not be read; chunks of an older version stay and answer.
  package func recordFailure(of document: DocumentVersion, error: String, in collection: CollectionID) throws(StoreError) {
    try write("note the failure of \(document.path)") { db in
      let id = try Self.documentID(document, in: collection, db)
      let count = try id.map { try Int.fetchOne(db, sql: "SELECT chunk_count FROM document WHERE id = ?", arguments: [$0]) ?? 0 } ?? 0
      try upsert(document, state: .failed, error: error, chunkCount: count, in: collection, db)
      try raiseSequence(of: collection, removesChunks: false, db)
    }
  }

  /// Notes that a file has a new modification time or size on disk and the content that is known.
  package func confirmUnchanged(_ document: DocumentVersion, in collection: CollectionID) throws(StoreError) {
    try write("note the time of \(document.path)") { db in
      try db.execute(
        sql: "UPDATE document SET modification_time = ?, byte_count = ? WHERE collection_id = ? AND root = ? AND path = ? AND sha256 = ?",
        arguments: [
          document.modificationTime, document.byteCount, collection.rawValue, document.root, document.path, document.sha256,
        ])
    }
  }

  /// Removes documents with their chunks, in one transaction; paths that are not there count for nothing.
  ///
  /// - Returns: How many were removed.
  @discardableResult
  package func remove(paths: [(root: String, path: String)], from collection: CollectionID) throws(StoreError) -> Int {
    guard !paths.isEmpty else { return 0 }
    return try write("remove documents") { db in
      var count = 0
      var removedChunks = 0
      for (root, path) in paths {
        guard let id = try Self.documentID(root: root, path: path, in: collection, db) else { continue }
        removedChunks += try removeChunks(ofDocument: id, in: collection, db)
        try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [id])
        count += 1
      }
      if count > 0 { try raiseSequence(of: collection, removesChunks: removedChunks > 0, db) }
      return count
    }
  }

  private static func documentID(_ document: DocumentVersion, in collection: CollectionID, _ db: Database) throws -> Int64? {
    try documentID(root: document.root, path: document.path, in: collection, db)
  }

  private static func documentID(root: String, path: String, in collection: CollectionID, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db, sql: "SELECT id FROM document WHERE collection_id = ? AND root = ? AND path = ?", arguments: [collection.rawValue, root, path])
  }

  /// Removes a document's chunks from all tables, and gives how many there were.
  private func removeChunks(ofDocument document: Int64, in collection: CollectionID, _ db: Database) throws -> Int {
    try options.failpoint(.removeOldRows)
    try db.execute(sql: "DELETE FROM vector WHERE chunk_id IN (SELECT id FROM chunk WHERE document_id = ?)", arguments: [document])
    try db.execute(sql: "DELETE FROM chunk WHERE document_id = ?", arguments: [document])
    return db.changesCount
  }

  @discardableResult
  private func upsert(
    _ document: DocumentVersion, state: DocumentState, error: String?, chunkCount: Int, in collection: CollectionID, _ db: Database
  ) throws -> Int64 {
    let sql = """
      INSERT INTO document (collection_id, root, path, sha256, byte_count, modification_time, state, error, title, format, chunk_count, ingested_at,
        language, metadata)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (collection_id, root, path) DO UPDATE SET
        sha256 = excluded.sha256, byte_count = excluded.byte_count, modification_time = excluded.modification_time, state = excluded.state,
        error = excluded.error, title = excluded.title, format = excluded.format, chunk_count = excluded.chunk_count,
        ingested_at = excluded.ingested_at, language = excluded.language, metadata = excluded.metadata
      RETURNING id
      """
    let arguments: StatementArguments = [
      collection.rawValue, document.root, document.path, document.sha256, document.byteCount, document.modificationTime, state.rawValue, error,
      document.title, document.format, chunkCount, Date().timeIntervalSince1970, document.language, try json(document.metadata),
    ]
    guard let id = try Int64.fetchOne(db, sql: sql, arguments: arguments) else { preconditionFailure("RETURNING gave no row") }
    return id
  }

  private func insert(_ embedded: EmbeddedChunk, document: Int64, in collection: CollectionID, _ db: Database) throws {
    let chunk = embedded.chunk
    try options.failpoint(.insertChunk)
    try db.cachedStatement(
      sql: """
        INSERT INTO chunk (collection_id, document_id, ordinal, text_start, text_end, record_name, title, heading_path, header, context, body, spans,
          content_hash, token_count)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      collection.rawValue, document, chunk.ordinal, chunk.textRange.lowerBound, chunk.textRange.upperBound, chunk.record?.name,
      chunk.record?.title ?? chunk.title, try json(chunk.headingPath), chunk.header, chunk.context, chunk.text, try json(chunk.spans),
      embedded.contentHash, chunk.tokenCount,
    ])
    let id = db.lastInsertedRowID
    try options.failpoint(.insertVector)
    try db.cachedStatement(sql: "INSERT INTO vector (chunk_id, data) VALUES (?, ?)").execute(arguments: [id, VectorBlob.data(embedded.vector)])
  }
}

private func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
