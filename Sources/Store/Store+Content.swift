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
      guard let row = try Row.fetchOne(db, sql: "SELECT * FROM document WHERE id = ?", arguments: [id]) else { return nil }
      let decoder = JSONDecoder()
      let metadata: String = row["metadata"]
      let version = DocumentVersion(
        root: row["root"], path: row["path"], sha256: row["sha256"], byteCount: row["byte_count"], modificationTime: row["modification_time"],
        format: row["format"], title: row["title"], language: row["language"],
        metadata: try decoder.decode([String: [String]].self, from: Data(metadata.utf8)))
      let rows = try Row.fetchCursor(
        db,
        sql: "SELECT c.*, v.data FROM chunk c JOIN vector v ON v.chunk_id = c.id WHERE c.document_id = ? ORDER BY c.ordinal", arguments: [id])
      var chunks: [EmbeddedChunk] = []
      while let row = try rows.next() {
        let (headings, spans): (String, String) = (row["heading_path"], row["spans"])
        let (recordName, title): (String?, String?) = (row["record_name"], row["title"])
        let (start, end): (Int, Int) = (row["text_start"], row["text_end"])
        guard start <= end else { throw StoreError.corrupt(databasePath, "a chunk ends before it begins") }
        let chunk = Chunk(
          ordinal: row["ordinal"], textRange: start..<end, text: row["body"], title: title,
          headingPath: try decoder.decode([String].self, from: Data(headings.utf8)), context: row["context"],
          record: recordName.map { RecordIdentity(name: $0, title: title) }, spans: try decoder.decode([ChunkSpan].self, from: Data(spans.utf8)),
          tokenCount: row["token_count"])
        chunks.append(EmbeddedChunk(chunk: chunk, contentHash: row["content_hash"], vector: VectorBlob.vector(row["data"])))
      }
      return StoredDocument(version: version, chunks: chunks)
    }
  }
}
