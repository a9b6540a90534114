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
  package func content(ofDocument id: Int64) throws(StoreError) -> StoredDocument? {
    try read("read a document") { db in
      let document = "SELECT * FROM document WHERE id = ? AND \(SealedTable.document.requireIntact())"
      guard let row = try Row.fetchOne(db, sql: document, arguments: [id]) else { return nil }
      let decoder = JSONDecoder()
      let metadata: String = row["metadata"]
      let version = DocumentVersion(
        root: row["root"], path: row["path"], sha256: row["sha256"], byteCount: row["byte_count"], modificationTime: row["modification_time"],
        format: row["format"], title: row["title"], language: row["language"],
        metadata: try decoder.decode([String: [String]].self, from: Data(metadata.utf8)))
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT \(ChunkRow.columns), v.data, v.checksum FROM chunk c JOIN vector v ON v.chunk_id = c.id WHERE c.document_id = ? ORDER BY c.ordinal
          """, arguments: [id])
      var chunks: [EmbeddedChunk] = []
      while let row = try rows.next() {
        let stored = try ChunkRow(row)
        let chunk = Chunk(
          ordinal: stored.ordinal, textRange: stored.textStart..<stored.textEnd, text: stored.body, title: stored.title,
          headingPath: try stored.decodedHeadingPath(decoder), context: stored.context,
          record: stored.recordName.map { RecordIdentity(name: $0, title: stored.title) }, spans: try stored.decodedSpans(decoder),
          tokenCount: stored.tokenCount)
        let vector = try VectorBlob.checked(row, at: ChunkRow.columnCount, chunk: stored.id)
        chunks.append(EmbeddedChunk(chunk: chunk, contentHash: stored.contentHash, vector: vector))
      }
      return StoredDocument(version: version, chunks: chunks)
    }
  }
}
