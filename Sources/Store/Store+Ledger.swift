import Foundation
import GRDB

extension Store {
  /// Everything known of a collection's files, by root and path.
  package func ledger(of collection: CollectionID) throws(StoreError) -> [LedgerEntry] {
    try read("read the ledger") { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT f.root, f.path, f.sha256, f.byte_count, f.modification_time, f.stamp, f.state, f.code, f.reason, f.seconds, f.noted_at,
            f.document_id, d.title, d.format, d.language, d.chunk_count
          FROM file f LEFT JOIN document d ON d.id = f.document_id WHERE f.collection_id = ? ORDER BY f.root, f.path
          """, arguments: [collection.rawValue])
      var entries: [LedgerEntry] = []
      var root = ""
      while let row = try rows.next() {
        // One text for all files under it: there may be a million.
        let next: String = row[0]
        if !next.hasBytes(of: root) { root = next }
        entries.append(
          LedgerEntry(
            root: root, path: row[1], sha256: row[2], byteCount: row[3], modificationTime: row[4], stamp: row[5],
            state: FileState(rawValue: row[6]) ?? .failed, code: row[7], reason: row[8], seconds: row[9],
            notedAt: Date(timeIntervalSince1970: row[10]), documentID: row[11], title: row[12], format: row[13] ?? "", language: row[14],
            chunkCount: row[15] ?? 0))
      }
      return entries
    }
  }

  /// Takes over what was found out about files, all of it in one transaction: on disk when this returns, untouched when it throws.
  ///
  /// Documents that no file has any more go at the end of it: files that changed their names among each other keep theirs.
  package func apply(_ changes: [FileChange], in collection: CollectionID) throws(StoreError) {
    guard !changes.isEmpty else { return }
    try write(changes.count == 1 ? "note \(changes[0].version.path)" : "note \(changes.count) files") { db in
      var transaction = LedgerTransaction(
        collection: collection, embedder: try Self.embedder(of: collection, db), db: db, failpoint: options.failpoint)
      try transaction.apply(changes)
      try transaction.finish()
      if transaction.changesAnswers { try raiseSequence(of: collection, removesChunks: transaction.removedChunkCount > 0, db) }
    }
  }

  /// Notes that files are what they were when they were read.
  package func confirm(_ paths: [String], under root: String, in collection: CollectionID) throws(StoreError) {
    guard !paths.isEmpty else { return }
    try write("note unchanged files") { db in
      let update = try db.cachedStatement(
        sql: "UPDATE file SET state = 'unchanged' WHERE collection_id = ? AND root = ? AND path = ? AND state = 'done'")
      for path in paths { try update.execute(arguments: [collection.rawValue, root, path]) }
    }
  }

  /// Forgets files, with their chunks, in one transaction; paths that are not there count for nothing.
  ///
  /// - Returns: How many were known.
  @discardableResult
  package func remove(paths: [(root: String, path: String)], from collection: CollectionID) throws(StoreError) -> Int {
    guard !paths.isEmpty else { return 0 }
    return try write("remove documents") { db in
      var transaction = LedgerTransaction(
        collection: collection, embedder: try Self.embedder(of: collection, db), db: db, failpoint: options.failpoint)
      let count = try paths.count { try transaction.forget(root: $0.root, path: $0.path) }
      try transaction.finish()
      if transaction.changesAnswers { try raiseSequence(of: collection, removesChunks: transaction.removedChunkCount > 0, db) }
      return count
    }
  }

  /// Puts a version of a file in the place of what was there.
  package func replace(_ document: DocumentVersion, with chunks: [EmbeddedChunk], in collection: CollectionID) throws(StoreError) {
    try apply([FileChange(document, .stored(ChunkStream(chunks)))], in: collection)
  }
}
