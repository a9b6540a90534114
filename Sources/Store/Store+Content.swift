import Chunking
import Documents
import Foundation
import GRDB

/// A document as it is stored, whole.
package struct StoredDocument: Sendable {
  package var version: DocumentVersion
  package var chunks: [EmbeddedChunk]
}

extension Store {
  /// A document with its chunks, in their order, and their vectors.
  ///
  /// - Returns: `nil` if there is none.
  package func content(ofDocument id: Int64) throws -> StoredDocument? {
    guard let version = try documentVersion(id) else { return nil }
    var chunks: [EmbeddedChunk] = []
    try forEachChunkBatch(ofDocument: id, size: .max) { chunks += $0 }
    return StoredDocument(version: version, chunks: chunks)
  }

  /// A document without its chunks.
  ///
  /// - Returns: `nil` if there is none.
  package func documentVersion(_ id: Int64) throws(StoreError) -> DocumentVersion? {
    try read("read a document") { db in
      let document = "SELECT * FROM document WHERE id = ? AND \(SealedTable.document.requireIntact())"
      guard let row = try Row.fetchOne(db, sql: document, arguments: [id]) else { return nil }
      let metadata: String = row["metadata"]
      return DocumentVersion(
        root: row["root"], path: row["path"], sha256: row["sha256"], byteCount: row["byte_count"], modificationTime: row["modification_time"],
        format: row["format"], title: row["title"], language: row["language"],
        metadata: try JSONDecoder().decode([String: [String]].self, from: Data(metadata.utf8)))
    }
  }

  /// Gives a document's chunks with their vectors, in their order, so many at a time.
  package func forEachChunkBatch(ofDocument id: Int64, size: Int, _ body: ([EmbeddedChunk]) throws -> Void) throws {
    var last: Int64 = 0
    while true {
      let batch = try read("read the passages of a document") { db in try Self.chunks(ofDocument: id, after: last, limit: size, db) }
      guard let end = batch.last else { return }
      try body(batch.map(\.chunk))
      last = end.id
    }
  }

  /// A document's chunks have rising keys.
  private static func chunks(ofDocument id: Int64, after last: Int64, limit: Int, _ db: Database) throws -> [(id: Int64, chunk: EmbeddedChunk)] {
    let decoder = JSONDecoder()
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT \(ChunkRow.columns), v.data, v.checksum FROM chunk c JOIN vector v ON v.chunk_id = c.id
        WHERE c.document_id = ? AND c.id > ? ORDER BY c.id LIMIT ?
        """, arguments: [id, last, limit])
    var chunks: [(id: Int64, chunk: EmbeddedChunk)] = []
    while let row = try rows.next() {
      let stored = try ChunkRow(row)
      let chunk = Chunk(
        ordinal: stored.ordinal, textRange: stored.textStart..<stored.textEnd, text: stored.body, title: stored.title,
        headingPath: try stored.decodedHeadingPath(decoder), context: stored.context,
        record: stored.recordName.map { RecordIdentity(name: $0, title: stored.title) }, spans: try stored.decodedSpans(decoder),
        tokenCount: stored.tokenCount)
      let vector = try VectorBlob.checked(row, at: ChunkRow.columnCount, chunk: stored.id)
      chunks.append((stored.id, EmbeddedChunk(chunk: chunk, contentHash: stored.contentHash, vector: vector)))
    }
    return chunks
  }
}
