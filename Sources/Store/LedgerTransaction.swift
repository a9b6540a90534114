import Chunking
import Documents
import Foundation
import GRDB

/// Changes of files and of the documents that they share, inside one transaction.
///
/// A document's own root and path are those of one of its files, under which its passages are cited first.
struct LedgerTransaction {
  let collection: CollectionID
  let embedder: EmbedderIdentity
  let db: Database
  let failpoint: (StoreStep) throws -> Void

  /// Whether a search may now give something else.
  private(set) var changesAnswers = false
  private(set) var removedChunkCount = 0
  /// Documents that lost a file.
  private var released: Set<Int64> = []

  init(collection: CollectionID, embedder: EmbedderIdentity, db: Database, failpoint: @escaping (StoreStep) throws -> Void) {
    self.collection = collection
    self.embedder = embedder
    self.db = db
    self.failpoint = failpoint
  }

  /// Applies changes as if all of them were made at once: what a file shares is what the other one held before.
  mutating func apply(_ changes: [FileChange]) throws {
    let shared = try changes.map { change -> Int64? in
      guard case .sameAs(let root, let path) = change.outcome else { return nil }
      return try document(root: root, path: path, sha256: change.version.sha256)
    }
    for (change, document) in zip(changes, shared) { try apply(change, shared: document) }
  }

  /// - Parameter shared: The document that it shares, if that was there before.
  private mutating func apply(_ change: FileChange, shared: Int64?) throws {
    let version = change.version
    switch change.outcome {
    case .waiting:
      // A file that is known stays what it is until it is read.
      try note(change, .new, document: nil, overwrites: "file.state = 'gone'")
    case .stored(let chunks):
      try store(version, chunks, change)
    case .sameAs(let root, let path):
      // One of the changes before may have made it, or given the other file something else.
      guard let document = try document(root: root, path: path, sha256: version.sha256) ?? shared else {
        throw StoreError.failed("note \(version.path)", "it should share the document of \(path), which holds something else")
      }
      if try self.document(root: version.root, path: version.path) != document { try detach(version) }
      try note(change, .done, document: document)
      changesAnswers = true
    case .unchanged:
      try note(change, .unchanged, document: document(root: version.root, path: version.path))
      try db.cachedStatement(
        sql: """
          UPDATE document SET \(SealedTable.document.assignments(["modification_time": "?1", "byte_count": "?2"]))
          WHERE collection_id = ?3 AND root = ?4 AND path = ?5
          """
      ).execute(arguments: [version.modificationTime, version.byteCount, collection.rawValue, version.root, version.path])
    case .failed(let code):
      try note(change, .failed, code: code, document: document(root: version.root, path: version.path))
    case .skipped:
      try detach(version)
      try note(change, .skipped, document: nil)
    case .gone:
      try detach(version)
      try db.cachedStatement(
        sql: "UPDATE file SET state = 'gone', code = NULL, reason = NULL, noted_at = ? WHERE collection_id = ? AND root = ? AND path = ?"
      ).execute(arguments: [Date().timeIntervalSince1970, collection.rawValue, version.root, version.path])
    }
  }

  /// - Returns: Whether the file was known.
  mutating func forget(root: String, path: String) throws -> Bool {
    if let document = try document(root: root, path: path) { released.insert(document) }
    try db.cachedStatement(sql: "DELETE FROM file WHERE collection_id = ? AND root = ? AND path = ?")
      .execute(arguments: [collection.rawValue, root, path])
    guard db.changesCount > 0 else { return false }
    changesAnswers = true
    return true
  }

  /// Removes documents that no file has any more, and cites those that others have under one of these.
  mutating func finish() throws {
    var renamed: [Int64] = []
    for document in released.sorted() {
      if try Int64.fetchOne(db, sql: "SELECT id FROM file WHERE document_id = ? LIMIT 1", arguments: [document]) == nil {
        try remove(document)
      } else {
        // Out of the way first: its new name may be the old one of another.
        try db.execute(
          sql: """
            UPDATE document SET \(SealedTable.document.assignments(["path": "'\u{1}' || document.id"]))
            WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM file f WHERE f.document_id = ?1 AND f.root = document.root AND f.path = document.path)
            """, arguments: [document])
        if db.changesCount > 0 { renamed.append(document) }
      }
    }
    for document in renamed {
      let file = try Row.fetchOne(
        db, sql: "SELECT root, path, modification_time, byte_count FROM file WHERE document_id = ? ORDER BY root, path LIMIT 1", arguments: [document]
      )
      guard let file else { continue }
      let values = ["root": "?1", "path": "?2", "modification_time": "?3", "byte_count": "?4"]
      try db.execute(
        sql: "UPDATE document SET \(SealedTable.document.assignments(values)) WHERE id = ?5",
        arguments: [file[0] as String, file[1] as String, file[2] as Int64, file[3] as Int64, document])
    }
    released = []
  }

  /// - Parameter sha256: What the file must hold; `nil` for anything.
  private func document(root: String, path: String, sha256: String? = nil) throws -> Int64? {
    let condition = "collection_id = ?1 AND root = ?2 AND path = ?3 AND document_id IS NOT NULL AND sha256 = ifnull(?4, sha256)"
    return try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT document_id FROM file WHERE \(condition)"), arguments: [collection.rawValue, root, path, sha256])
  }

  private mutating func detach(_ version: DocumentVersion) throws {
    guard let document = try document(root: version.root, path: version.path) else { return }
    try db.execute(
      sql: "UPDATE file SET \(SealedTable.file.assignments(["document_id": "NULL"])) WHERE collection_id = ? AND root = ? AND path = ?",
      arguments: [collection.rawValue, version.root, version.path])
    released.insert(document)
    changesAnswers = true
  }

  private mutating func store(_ version: DocumentVersion, _ chunks: ChunkStream, _ change: FileChange) throws {
    try detach(version)
    // The path is the new document's from here on.
    try finish()
    try failpoint(.insertDocument)
    let id = try insert(version, chunkCount: chunks.count)
    let unstage = try db.cachedStatement(sql: "DELETE FROM staged_vector WHERE embedder = ? AND content_hash = ?")
    var count = 0
    try chunks.forEachBatch { batch in
      for chunk in batch {
        guard chunk.vector.count == embedder.dimension else {
          throw StoreError.wrongDimension(expected: embedder.dimension, found: chunk.vector.count)
        }
        try insert(chunk, document: id)
        try unstage.execute(arguments: [embedder.fingerprint, chunk.contentHash])
      }
      count += batch.count
    }
    guard count == chunks.count else {
      throw StoreError.failed("note \(version.path)", "it should have \(chunks.count) chunks and has \(count)")
    }
    try note(change, .done, document: id)
    changesAnswers = true
  }

  /// Removes a document with its chunks from all tables.
  private mutating func remove(_ document: Int64) throws {
    try failpoint(.removeOldRows)
    try db.execute(sql: "DELETE FROM vector WHERE chunk_id IN (SELECT id FROM chunk WHERE document_id = ?)", arguments: [document])
    try db.execute(sql: "DELETE FROM chunk WHERE document_id = ?", arguments: [document])
    removedChunkCount += db.changesCount
    try db.execute(sql: "DELETE FROM document WHERE id = ?", arguments: [document])
  }

  /// - Parameter overwrites: Of a row that is there, which are overwritten.
  private mutating func note(
    _ change: FileChange, _ state: FileState, code: String? = nil, document: Int64?, overwrites: String = "1"
  ) throws {
    let version = change.version
    // A filter by time may now let other documents through.
    if document != nil, !changesAnswers, try hasAnotherTime(version) { changesAnswers = true }
    // A row that is damaged stays known for it, unless all that its checksum covers is written anew: `document` may have been read from it.
    let isWrittenAnew = state == .done || document == nil
    let values = ["collection_id": "?1", "root": "?2", "path": "?3", "modification_time": "?6", "document_id": "?13"]
    try db.cachedStatement(
      sql: """
        INSERT INTO file (collection_id, root, path, sha256, byte_count, modification_time, stamp, state, code, reason, seconds, noted_at, document_id,
          checksum)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \(SealedTable.file.checksum(replacing: values)))
        ON CONFLICT (collection_id, root, path) DO UPDATE SET
          sha256 = excluded.sha256, byte_count = excluded.byte_count, modification_time = excluded.modification_time, stamp = excluded.stamp,
          state = excluded.state, code = excluded.code, reason = excluded.reason, seconds = excluded.seconds, noted_at = excluded.noted_at,
          document_id = excluded.document_id, checksum = iif(\(isWrittenAnew) OR \(SealedTable.file.isIntact()), excluded.checksum, file.checksum)
        WHERE \(overwrites)
        """
    ).execute(arguments: [
      collection.rawValue, version.root, version.path, version.sha256, version.byteCount, version.modificationTime, version.stamp, state.rawValue,
      code, change.reason, change.seconds, Date().timeIntervalSince1970, document,
    ])
  }

  /// Whether a file that is known has another time now.
  private func hasAnotherTime(_ version: DocumentVersion) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT modification_time <> ? FROM file WHERE collection_id = ? AND root = ? AND path = ?"),
      arguments: [version.modificationTime, collection.rawValue, version.root, version.path]) ?? false
  }

  private func insert(_ version: DocumentVersion, chunkCount: Int) throws -> Int64 {
    try db.cachedStatement(
      sql: """
        INSERT INTO document (collection_id, root, path, sha256, byte_count, modification_time, title, format, chunk_count, ingested_at, language,
          metadata)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      collection.rawValue, version.root, version.path, version.sha256, version.byteCount, version.modificationTime, version.title, version.format,
      chunkCount, Date().timeIntervalSince1970, version.language, try json(version.metadata),
    ])
    let id = db.lastInsertedRowID
    try SealedTable.document.seal(id, db)
    return id
  }

  private func insert(_ embedded: EmbeddedChunk, document: Int64) throws {
    try failpoint(.insertChunk)
    let chunk = embedded.chunk
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
    try SealedTable.chunk.seal(id, db)
    try failpoint(.insertVector)
    let data = VectorBlob.data(embedded.vector)
    try db.cachedStatement(sql: "INSERT INTO vector (chunk_id, data, checksum) VALUES (?, ?, ?)")
      .execute(arguments: [id, data, RowChecksum.of(data, chunk: id)])
  }
}
