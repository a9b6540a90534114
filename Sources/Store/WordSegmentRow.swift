import DurableFiles
import Foundation
import GRDB
import Lexical

/// A row of `word_segment`: a file with the words of the chunks between the segment before it and `lastChunkID`.
struct WordSegmentRow: Equatable {
  var number: Int64
  var file: String
  /// The last one of the segment before it, 0 for none: chunks with larger keys, up to `lastChunkID`, are in this segment, or gone.
  var firstChunkID: Int64
  var lastChunkID: Int64
  var count: Int
  var sha256: String

  /// In the order of their chunks' keys, up to one that is damaged or lost: what is behind it counts as in no file.
  static func all(of collection: CollectionID, _ db: Database) throws -> [WordSegmentRow] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT number, file, first_chunk_id, last_chunk_id, count, sha256, \(SealedTable.wordSegment.isIntact())
          FROM word_segment WHERE collection_id = ? ORDER BY last_chunk_id
          """),
      arguments: [collection.rawValue])
    var found: [WordSegmentRow] = []
    while let row = try rows.next(), row[6], row[2] == found.last?.lastChunkID ?? 0 {
      found.append(WordSegmentRow(number: row[0], file: row[1], firstChunkID: row[2], lastChunkID: row[3], count: row[4], sha256: row[5]))
    }
    return found
  }

  /// How many rows there are, damaged ones too.
  static func count(of collection: CollectionID, _ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM word_segment WHERE collection_id = ?", arguments: [collection.rawValue]) ?? 0
  }

  func insert(_ collection: CollectionID, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO word_segment (number, collection_id, file, first_chunk_id, last_chunk_id, count, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);
        UPDATE word_segment SET checksum = \(SealedTable.wordSegment.checksum()) WHERE number = ?1
        """, arguments: [number, collection.rawValue, file, firstChunkID, lastChunkID, count, sha256, number])
  }
}

/// The truth: words of the chunks in the database.
enum StoredWords {
  /// Calls `body` for the chunks of a collection whose keys are larger than `first`, and at most `last`, by rising keys.
  static func forEach(
    of collection: CollectionID, after first: Int64, through last: Int64 = .max, _ db: Database, _ body: (LexicalEntry) throws -> Void
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT \(ChunkRow.columns), d.language
        FROM chunk c INDEXED BY chunk_collection LEFT JOIN document d ON d.id = c.document_id
        WHERE c.collection_id = ? AND c.id > ? AND c.id <= ? AND \(SealedTable.document.requireIntact("d")) ORDER BY c.id
        """, arguments: [collection.rawValue, first, last])
    var order = ChunkLists.Order()
    while let row = try rows.next() {
      let stored = try ChunkRow(row)
      try order.take(stored.id)
      try body(
        LexicalEntry(
          id: stored.id, header: stored.header, context: stored.context ?? "", body: stored.body, language: row.decode(atIndex: ChunkRow.columnCount))
      )
    }
  }

  /// A segment in memory of those chunks.
  static func segment(of collection: CollectionID, after first: Int64, through last: Int64 = .max, _ db: Database) throws -> LexicalSegment {
    var builder = LexicalSegmentBuilder()
    try forEach(of: collection, after: first, through: last, db) { builder.add($0) }
    return builder.finish()
  }
}

extension Store {
  var wordFolder: String { directory + "/words" }

  func wordPath(_ file: String) -> String { wordFolder + "/" + file }

  /// The segment of a row, if its file is what the row says.
  func loadWords(_ row: WordSegmentRow) throws(DurableFileError) -> LexicalSegment {
    let path = wordPath(row.file)
    let segment = try LexicalSegment.load(from: path)
    guard segment.checksum == row.sha256, segment.count == row.count, segment.ids.last.map({ $0 <= row.lastChunkID }) ?? true else {
      throw .damaged(path, "it is not the file that the database means")
    }
    return segment
  }

  /// Puts a file that can not be trusted aside, if this process may write, and says so. One of an older form is simply not used.
  func quarantineWords(_ row: WordSegmentRow, _ error: DurableFileError) {
    guard !error.isOutdated else { return }
    let path = wordPath(row.file)
    noteDamage(path)
    var whereabouts = "quarry ingest makes a new one"
    if access == .writing, FileManager.default.fileExists(atPath: path), rename(path, path + ".bad-\(row.number)") == 0 {
      whereabouts = "it was put aside as \(path).bad-\(row.number)"
    }
    notice("the word index \(path) is not used (\(error.why ?? error.message)); \(whereabouts); its words are read from the database instead")
  }

  /// Files that a stopped writer left. Nothing in them is not in the database.
  func removeStrayWordFiles() {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: wordFolder), !names.isEmpty,
      let known = try? read("list the word indexes", { db in try Set(String.fetchAll(db, sql: "SELECT file FROM word_segment")) })
    else { return }
    for name in names where name.hasPrefix("collection-") && !known.contains(name) && (name.hasSuffix(".words") || name.hasSuffix(".words.tmp")) {
      unlink(wordPath(name))
    }
  }
}
