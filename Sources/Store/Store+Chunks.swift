import Chunking
import Foundation
import GRDB

extension Store {
  /// Chunks by their keys; keys of chunks that are gone are left out.
  package func chunks(_ ids: [Int64]) throws(StoreError) -> [Int64: StoredChunk] {
    guard !ids.isEmpty else { return [:] }
    return try read("read chunks") { db in
      var chunks: [Int64: StoredChunk] = [:]
      let decoder = JSONDecoder()
      let otherPaths = try db.cachedStatement(
        sql: """
          SELECT f.path FROM file f JOIN document d ON d.id = f.document_id
          WHERE f.document_id = ? AND \(SealedTable.file.requireIntact("f")) AND NOT (f.root = d.root AND f.path = d.path)
          ORDER BY f.root, f.path LIMIT \(StoredChunk.otherPathLimit)
          """)
      let statement = try db.cachedStatement(
        sql: """
          SELECT \(ChunkRow.columns), d.root, d.path, d.language FROM chunk c JOIN document d ON d.id = c.document_id
          WHERE c.id = ? AND \(SealedTable.document.requireIntact("d"))
          """)
      for id in Set(ids) {
        let rows = try Row.fetchCursor(statement, arguments: [id])
        while let row = try rows.next() {
          let stored = try ChunkRow(row)
          let (root, path): (String, String) = try (row.decode(atIndex: ChunkRow.columnCount), row.decode(atIndex: ChunkRow.columnCount + 1))
          chunks[id] = StoredChunk(
            id: id, documentID: stored.documentID, document: stored.recordName ?? path, root: root, path: path,
            otherPaths: try String.fetchAll(otherPaths, arguments: [stored.documentID]),
            language: try row.decode(atIndex: ChunkRow.columnCount + 2), ordinal: stored.ordinal, title: stored.title,
            headingPath: try stored.decodedHeadingPath(decoder), context: stored.context, text: stored.body, spans: try stored.decodedSpans(decoder),
            contentHash: stored.contentHash)
        }
      }
      return chunks
    }
  }

  /// What stands in chunks, and above it, without where it came from.
  package func texts(of ids: [Int64]) throws(StoreError) -> [Int64: (header: String, text: String)] {
    try read("read passages") { db in
      let statement = try db.cachedStatement(sql: "SELECT c.header, c.body FROM chunk c WHERE c.id = ? AND \(SealedTable.chunk.requireIntact("c"))")
      return try ids.reduce(into: [:]) { texts, id in
        if let row = try Row.fetchOne(statement, arguments: [id]) { texts[id] = try (row.decode(atIndex: 0), row.decode(atIndex: 1)) }
      }
    }
  }

  /// The texts of chunks, and of those before and after them in their documents.
  package func neighbourhoods(of ids: [Int64]) throws(StoreError) -> [Int64: ChunkNeighbourhood] {
    try read("read chunks with their neighbours") { db in
      var texts: [Int64: ChunkText] = [:]
      // A document's chunks are stored together, so that their keys follow each other.
      let all = Set(ids.flatMap { [$0 &- 1, $0, $0 &+ 1] }).sorted()
      let statement = try db.cachedStatement(
        sql: """
          SELECT c.id, c.document_id, c.record_name, c.header, c.body, d.language FROM chunk c JOIN document d ON d.id = c.document_id
          WHERE c.id BETWEEN ? AND ? AND \(SealedTable.chunk.requireIntact("c"))
          """)
      for run in runs(all) {
        let rows = try Row.fetchCursor(statement, arguments: [run.lowerBound, run.upperBound])
        while let row = try rows.next() {
          texts[try row.decode(atIndex: 0)] = try ChunkText(
            document: row.decode(atIndex: 1), record: row.decode(atIndex: 2), header: row.decode(atIndex: 3), body: row.decode(atIndex: 4),
            language: row.decode(atIndex: 5))
        }
      }
      return ids.reduce(into: [:]) { found, id in
        guard let own = texts[id] else { return }
        let neighbours = [id &- 1, id &+ 1].compactMap { texts[$0] }.filter { $0.document == own.document && $0.record == own.record }
        found[id] = ChunkNeighbourhood(header: own.header, text: own.body, neighbours: neighbours.map(\.body), language: own.language)
      }
    }
  }

  /// The keys of a collection's chunks, by their documents' paths and their order there.
  package func chunkIDs(of collection: CollectionID) throws(StoreError) -> [Int64] {
    try read("list chunks") { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT c.id FROM chunk c JOIN document d ON d.id = c.document_id WHERE c.collection_id = ? ORDER BY d.root, d.path, c.ordinal, c.id
          """, arguments: [collection.rawValue])
    }
  }

  /// The names that results of a collection may carry: records', and paths of documents without any.
  package func documentNames(of collection: CollectionID) throws(StoreError) -> Set<String> {
    try read("list documents") { db in
      try String.fetchSet(
        db,
        sql: """
          SELECT DISTINCT coalesce(c.record_name, d.path) FROM chunk c JOIN document d ON d.id = c.document_id WHERE c.collection_id = ?
          """, arguments: [collection.rawValue])
    }
  }

  /// The keys of the chunks of one document, by a path of its (relative or whole), its record's name, or both (`mail.mbox#3`).
  package func chunkIDs(ofDocument name: String, in collection: CollectionID) throws(StoreError) -> [Int64] {
    try read("list the chunks of \(name)") { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT c.id FROM chunk c JOIN document d ON d.id = c.document_id
          WHERE c.collection_id = ?1 AND (c.record_name = ?2 OR d.path || '#' || c.record_name = ?2 OR d.id IN (
            SELECT document_id FROM file WHERE collection_id = ?1 AND (path = ?2 OR root || '/' || path = ?2)))
          ORDER BY d.path, c.ordinal, c.id
          """, arguments: [collection.rawValue, name])
    }
  }

  /// The vectors that are known of texts, under one embedder: those of stored chunks, of any collection, and staged ones.
  package func vectors(forContentHashes hashes: [String], embedder fingerprint: String) throws(StoreError) -> [String: [Float]] {
    guard !hashes.isEmpty else { return [:] }
    return try read("look up vectors") { db in
      var vectors: [String: [Float]] = [:]
      let stored = try db.cachedStatement(
        sql: """
          SELECT v.data, v.checksum, c.id FROM chunk c JOIN collection k ON k.id = c.collection_id AND k.embedder = ?1 JOIN vector v ON v.chunk_id = c.id
          WHERE c.content_hash = ?2 LIMIT 1
          """)
      let staged = try db.cachedStatement(
        sql: "SELECT data FROM staged_vector WHERE embedder = ?1 AND content_hash = ?2 AND \(SealedTable.stagedVector.isIntact())")
      for hash in Set(hashes) {
        // One that is damaged is made anew, and then staged.
        if let row = try Row.fetchOne(stored, arguments: [fingerprint, hash]),
          let vector = try? VectorBlob.checked(row, at: 0, chunk: row.decode(atIndex: 2))
        {
          vectors[hash] = vector
        } else if let data = try Data.fetchOne(staged, arguments: [fingerprint, hash]) {
          vectors[hash] = VectorBlob.vector(data)
        }
      }
      return vectors
    }
  }

  /// Keeps vectors of a document that is not finished, so that a stop does not lose them; `replace` clears those that it uses, `publish` the
  /// rest.
  package func stage(vectors: [String: [Float]], embedder fingerprint: String) throws(StoreError) {
    guard !vectors.isEmpty else { return }
    try write("stage vectors") { db in
      let checksum = SealedTable.stagedVector.checksum(replacing: ["embedder": "?1", "content_hash": "?2", "data": "?3"])
      let insert = try db.cachedStatement(
        sql: "INSERT OR REPLACE INTO staged_vector (embedder, content_hash, data, checksum) VALUES (?1, ?2, ?3, \(checksum))")
      for (hash, vector) in vectors { try insert.execute(arguments: [fingerprint, hash, VectorBlob.data(vector)]) }
    }
  }
}

/// A chunk's text with what stands around it.
package struct ChunkNeighbourhood: Sendable, Equatable {
  /// Title and headings.
  package let header: String
  package let text: String
  /// The texts of the chunks before and after it in its document or record.
  package let neighbours: [String]
  /// The document's.
  package let language: String?
}

/// Keys that follow each other.
///
/// - Parameter ids: Rising.
private func runs(_ ids: [Int64]) -> [ClosedRange<Int64>] {
  ids.reduce(into: []) { runs, id in
    if let last = runs.last, last.upperBound == id - 1 { runs[runs.count - 1] = last.lowerBound...id } else { runs.append(id...id) }
  }
}

private struct ChunkText {
  let document: Int64
  let record: String?
  let header: String
  let body: String
  let language: String?
}
