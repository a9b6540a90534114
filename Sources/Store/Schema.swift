import Foundation
import GRDB

/// The tables of an index, and how older ones become today's.
enum Schema {
  /// "QRRY": tells an index from any other SQLite database.
  static let applicationID = 0x5152_5259

  /// Pages that hold several vectors of 384 numbers each.
  static let pageByteCount = 8192

  /// Of pages that each connection keeps: the inner ones of all tables fit, up to some millions of passages. With SQLite's own 2 MiB a search among a
  /// million took .5 ms longer.
  static let cacheByteCount = 16 << 20

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    // A migration that is in a release never changes again.
    migrator.registerMigration("1 documents, chunks, vectors, generations") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: version1)
    }
    migrator.registerMigration("2 languages and metadata of documents") { db in
      try db.execute(
        sql: """
          ALTER TABLE document ADD COLUMN language TEXT;
          -- a JSON object of lists of text
          ALTER TABLE document ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
          """)
    }
    migrator.registerMigration("3 vocabularies") { db in
      for id in try Int64.fetchAll(db, sql: "SELECT id FROM collection") {
        try db.execute(sql: "CREATE VIRTUAL TABLE lexical_vocabulary_\(id) USING fts5vocab('lexical_\(id)', 'row')")
      }
    }
    migrator.registerMigration("4 words in files of their own, in the place of FTS5") { db in
      for id in try Int64.fetchAll(db, sql: "SELECT id FROM collection") {
        try db.execute(sql: "DROP TABLE lexical_vocabulary_\(id); DROP TABLE lexical_\(id); DROP VIEW lexical_content_\(id);")
      }
      try db.execute(
        sql: """
          -- files of words that are valid, each of the chunks behind those of the one before
          CREATE TABLE word_segment (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            collection_id INTEGER NOT NULL REFERENCES collection (id),
            file TEXT NOT NULL,
            last_chunk_id INTEGER NOT NULL,
            count INTEGER NOT NULL,
            sha256 TEXT NOT NULL
          ) STRICT;
          CREATE INDEX word_segment_collection ON word_segment (collection_id);
          """)
    }
    migrator.registerMigration("5 weights that were learnt") { db in
      // The vectors' share of the score; NULL for the default.
      try db.execute(sql: "ALTER TABLE collection ADD COLUMN dense_weight REAL CHECK (dense_weight BETWEEN 0 AND 1)")
    }
    migrator.registerMigration("6 a ledger of files, which may share a document") { db in
      try db.execute(sql: version6)
      try noteChecksums(db)
    }
    // No key changes from here on. An index with a reference that leads nowhere is opened nevertheless: `audit` says what is wrong with it.
    migrator.registerMigration("7 checksums of whole rows", foreignKeyChecks: .immediate) { db in
      try db.execute(sql: version7)
      try sealDocuments(db)
    }
    migrator.registerMigration("8 checksums of passages as of all other rows", foreignKeyChecks: .immediate) { db in try sealPassages(db) }
    // The tables are the same, but that a collection may have several rows in `generation`: a program of before would take one for all.
    migrator.registerMigration("9 several graphs of a collection", foreignKeyChecks: .immediate) { _ in }
    return migrator
  }

  /// What is there is taken to be right.
  private static func noteChecksums(_ db: Database) throws {
    for row in try Row.fetchAll(db, sql: "SELECT id, root, path FROM document") {
      try db.execute(
        sql: "UPDATE document SET checksum = ? WHERE id = ?", arguments: [RowChecksum.ofPath(root: row[1], path: row[2]), row[0] as Int64])
    }
    try withPassageChecksums(db) { try db.execute(sql: "UPDATE chunk SET checksum = passage_checksum(\(passageColumns))") }
    let vectors = try db.makeStatement(sql: "UPDATE vector SET checksum = ? WHERE chunk_id = ?")
    for id in try Int64.fetchAll(db, sql: "SELECT chunk_id FROM vector") {
      if let data = try Data.fetchOne(db, sql: "SELECT data FROM vector WHERE chunk_id = ?", arguments: [id]) {
        try vectors.execute(arguments: [RowChecksum.of(data, chunk: id), id])
      }
    }
  }

  /// Passages whose checksum of schema 6 is right get one of today's; the others stay damaged.
  private static func sealPassages(_ db: Database) throws {
    try withPassageChecksums(db) {
      try db.execute(
        sql: """
          UPDATE chunk SET checksum = row_checksum(id, collection_id, document_id, ordinal, text_start, text_end, record_name, title, heading_path, header,
            context, body, spans, content_hash, token_count)
          WHERE checksum = passage_checksum(\(passageColumns)) AND text_start <= text_end
            AND collection_id = (SELECT d.collection_id FROM document d WHERE d.id = document_id)
          """)
    }
  }

  private static let passageColumns =
    "document_id, ordinal, text_start, text_end, token_count, record_name, title, heading_path, header, context, body, spans, content_hash"

  /// With the checksum that passages had in schemas 6 and 7 as an SQL function of `passageColumns`.
  private static func withPassageChecksums(_ db: Database, _ body: () throws -> Void) throws {
    let function = DatabaseFunction("passage_checksum", argumentCount: 13, pure: true) { values in
      RowChecksum.ofPassage(values.prefix(5).map { Int64.fromDatabaseValue($0) }, values.dropFirst(5).map { String.fromDatabaseValue($0) })
    }
    db.add(function: function)
    defer { db.remove(function: function) }
    try body()
  }

  /// Documents whose checksum of root and path is right get one of all; the others stay damaged.
  private static func sealDocuments(_ db: Database) throws {
    let seal = try db.makeStatement(
      sql: """
        UPDATE document SET checksum = row_checksum(id, collection_id, root, path, sha256, byte_count, modification_time, title, format, language,
          metadata, chunk_count)
        WHERE id = ?
        """)
    for id in try Int64.fetchAll(db, sql: "SELECT id FROM document") {
      guard let row = try Row.fetchOne(db, sql: "SELECT root, path, checksum FROM document WHERE id = ?", arguments: [id]),
        try row.decode(Int64.self, atIndex: 2) == RowChecksum.ofPath(root: row.decode(atIndex: 0), path: row.decode(atIndex: 1))
      else { continue }
      try seal.execute(arguments: [id])
    }
  }

  /// Rows are read in the order of their keys, in which they lie in the file: in that of their paths a filter takes five times as long.
  private static let version7 = """
    ALTER TABLE collection ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE file ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE staged_vector ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    -- that chunks of no segment are missed where one is lost
    ALTER TABLE word_segment ADD COLUMN first_chunk_id INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE word_segment ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    UPDATE word_segment SET first_chunk_id = ifnull(
      (SELECT max(w.last_chunk_id) FROM word_segment w
       WHERE w.collection_id = word_segment.collection_id AND w.last_chunk_id < word_segment.last_chunk_id), 0);
    UPDATE word_segment SET checksum = row_checksum(file, number, collection_id, first_chunk_id, last_chunk_id, count, sha256);
    UPDATE collection SET checksum = row_checksum(name, id, embedder, dimension, dense_weight, chunker);
    UPDATE file SET checksum = row_checksum(path, collection_id, root, modification_time, document_id);
    UPDATE staged_vector SET checksum = row_checksum(content_hash, embedder, data);
    """

  /// A row of `document` was a file's, whether it could be read or not; now it is a content that can be searched, under the path of one of its files.
  private static let version6 = """
    CREATE TABLE file (
      id INTEGER PRIMARY KEY,
      collection_id INTEGER NOT NULL REFERENCES collection (id),
      root TEXT NOT NULL,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      byte_count INTEGER NOT NULL,
      modification_time INTEGER NOT NULL,
      stamp TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('new', 'done', 'unchanged', 'failed', 'skipped', 'gone')),
      code TEXT,
      reason TEXT,
      seconds REAL NOT NULL,
      -- seconds since 1970
      noted_at REAL NOT NULL,
      document_id INTEGER REFERENCES document (id),
      UNIQUE (collection_id, root, path)
    ) STRICT;
    CREATE INDEX file_document ON file (document_id);
    INSERT INTO file (collection_id, root, path, sha256, byte_count, modification_time, stamp, state, reason, seconds, noted_at, document_id)
      SELECT collection_id, root, path, sha256, byte_count, modification_time, '', iif(state = 'ready', 'done', 'failed'), error, 0, ingested_at,
        iif(state = 'ready' OR chunk_count > 0, id, NULL)
      FROM document;
    DELETE FROM document WHERE state = 'failed' AND chunk_count = 0;
    ALTER TABLE document ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE chunk ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE vector ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE collection ADD COLUMN chunker TEXT NOT NULL DEFAULT '';
    ALTER TABLE document DROP COLUMN state;
    ALTER TABLE document DROP COLUMN error;
    """

  /// Chunk keys rise and never come back (AUTOINCREMENT), also when rows are deleted: a graph's position whose chunk is gone can not come to
  /// mean another chunk, and "newer than the graph" is "a larger key".
  private static let version1 = """
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      sequence INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state (id, sequence) VALUES (1, 0);

    CREATE TABLE collection (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      embedder TEXT NOT NULL,
      dimension INTEGER NOT NULL CHECK (dimension > 0),
      -- of its last change
      sequence INTEGER NOT NULL,
      -- of the last change that took chunks away
      removal_sequence INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE document (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL REFERENCES collection (id),
      root TEXT NOT NULL,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      byte_count INTEGER NOT NULL,
      modification_time INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('ready', 'failed')),
      error TEXT,
      title TEXT,
      format TEXT NOT NULL,
      chunk_count INTEGER NOT NULL,
      -- seconds since 1970
      ingested_at REAL NOT NULL,
      UNIQUE (collection_id, root, path)
    ) STRICT;

    CREATE TABLE chunk (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL REFERENCES collection (id),
      document_id INTEGER NOT NULL REFERENCES document (id),
      ordinal INTEGER NOT NULL,
      text_start INTEGER NOT NULL,
      text_end INTEGER NOT NULL,
      record_name TEXT,
      title TEXT,
      -- a JSON list
      heading_path TEXT NOT NULL,
      header TEXT NOT NULL,
      context TEXT,
      body TEXT NOT NULL,
      -- a JSON list of {offset, source}
      spans TEXT NOT NULL,
      content_hash TEXT NOT NULL,
      token_count INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX chunk_collection ON chunk (collection_id);
    CREATE INDEX chunk_document ON chunk (document_id);
    CREATE INDEX chunk_content_hash ON chunk (content_hash);

    -- 32-bit floats, little-endian
    CREATE TABLE vector (
      chunk_id INTEGER PRIMARY KEY REFERENCES chunk (id),
      data BLOB NOT NULL
    ) STRICT;

    -- vectors of documents that are not finished
    CREATE TABLE staged_vector (
      embedder TEXT NOT NULL,
      content_hash TEXT NOT NULL,
      data BLOB NOT NULL,
      UNIQUE (embedder, content_hash)
    ) STRICT;

    -- the graph files that are valid: at most one for each collection
    CREATE TABLE generation (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      collection_id INTEGER NOT NULL REFERENCES collection (id),
      file TEXT NOT NULL,
      kind TEXT NOT NULL,
      last_sequence INTEGER NOT NULL,
      last_chunk_id INTEGER NOT NULL,
      count INTEGER NOT NULL,
      dimension INTEGER NOT NULL,
      metric TEXT NOT NULL,
      embedder TEXT NOT NULL,
      sha256 TEXT NOT NULL
    ) STRICT;
    CREATE INDEX generation_collection ON generation (collection_id);
    """
}
