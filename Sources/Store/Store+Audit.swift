import Documents
import DurableFiles
import Foundation
import GRDB
import Lexical
import Synchronization
import VectorIndex

/// Two things in an index that should agree and do not.
package struct AuditFinding: Sendable, Equatable, Encodable {
  package enum Kind: String, Sendable, Codable {
    /// SQLite's own structure.
    case database
    /// Chunks' texts against the files of their words.
    case lexical
    /// Chunks against vectors, either way.
    case vectors
    /// Passages, vectors, documents, files and collections against the checksums that they were written with.
    case rows
    /// Chunks against the ledger of documents.
    case ledger
    /// The graph file against the vectors in the database.
    case generation
  }

  /// Whether it lies in a file that is derived from the database, and goes when that is made anew.
  package var isDerived: Bool { kind == .lexical || kind == .generation }

  package var kind: Kind
  /// `nil` for what is of no one collection.
  package var collection: String?
  /// One sentence.
  package var message: String
}

extension Store {
  /// Compares everything that is derived with what it is derived from, both ways; empty when all is well.
  ///
  /// Reads the whole index, and analyses all texts again.
  package func audit() throws(StoreError) -> [AuditFinding] {
    var findings = try read("audit the database") { db in try Self.structureFindings(db) }
    for collection in try collections() {
      let truth = try read("audit the collection \(collection.name)") { db in
        try ledgerFindings(collection, db) + vectorFindings(collection, db) + rowFindings(collection, db)
      }
      findings += truth
      // What is derived can be compared only with rows that can be read.
      if truth.allSatisfy({ $0.kind == .ledger }) { findings += try derivedFindings(collection) }
    }
    return findings
  }

  /// How often it is looked again for what took the place of files that are gone.
  private static let derivedAttemptCount = 20

  /// Files of words and of graphs against the database. While others write, files that were to be compared go, and others take their place: those are
  /// compared then.
  private func derivedFindings(_ collection: CollectionStatus) throws(StoreError) -> [AuditFinding] {
    // They never change: they are compared once.
    var compared: [DerivedFile: [AuditFinding]] = [:]
    for attempt in 1...Self.derivedAttemptCount {
      var isBehind = false
      let findings = try read("audit the files of \(collection.name)") { db in
        // It may have been removed.
        let isThere = try Bool.fetchOne(
          db, sql: "SELECT EXISTS (SELECT 1 FROM collection WHERE id = ?)", arguments: [collection.id.rawValue])
        guard isThere ?? false else { return [AuditFinding]() }
        func compare(_ file: DerivedFile, _ findings: () throws -> [AuditFinding]) rethrows -> [AuditFinding] {
          if let known = compared[file] { return known }
          let found = try findings()
          if FileStatus(path: file.path) == nil { isBehind = true } else { compared[file] = found }
          return found
        }
        return try wordFindings(collection, db, compare) + generationFindings(collection, db, compare)
      }
      if !isBehind || attempt == Self.derivedAttemptCount { return findings }
    }
    return []
  }

  /// A file, as a row means it.
  private struct DerivedFile: Hashable {
    let path: String
    /// The chunks that are in it: those of larger keys than the first, up to the last.
    let chunks: [Int64]
    let sha256: String
  }

  /// What is wrong with a file, if that is not known yet.
  private typealias Comparison = (_ file: DerivedFile, _ findings: () throws -> [AuditFinding]) throws -> [AuditFinding]

  /// Makes everything that is derived of some collections anew from the database, whatever its files say.
  ///
  /// - Parameter names: Those of the collections; others that are not there count for nothing.
  package func rebuildDerived(of names: Set<String>) throws(StoreError) {
    for collection in try collections() where names.contains(collection.name) {
      try publish(collection.id, clearsStagedVectors: false, makesAnew: true)
    }
  }

  private static func structureFindings(_ db: Database) throws -> [AuditFinding] {
    let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
    let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row -> String in
      let table: String = row[0]
      return "a row of \(table) refers to a row that is not there"
    }
    return (lines + Set(orphans).sorted()).map { AuditFinding(kind: .database, collection: nil, message: $0) }
  }

  private func ledgerFindings(_ collection: CollectionStatus, _ db: Database) throws -> [AuditFinding] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT d.path, d.chunk_count, count(c.id) AS found, count(DISTINCT c.ordinal) AS ordinals
        FROM document d LEFT JOIN chunk c ON c.document_id = d.id WHERE d.collection_id = ?
        GROUP BY d.id HAVING d.chunk_count <> count(c.id) OR count(c.id) <> count(DISTINCT c.ordinal)
        """, arguments: [collection.id.rawValue]
    ).map { row in
      let path: String = row["path"]
      let expected: Int = row["chunk_count"]
      let found: Int = row["found"]
      return AuditFinding(kind: .ledger, collection: collection.name, message: "\(path) should have \(expected) chunks and has \(found)")
    } + fileFindings(collection, db)
  }

  /// Files against documents, either way.
  private func fileFindings(_ collection: CollectionStatus, _ db: Database) throws -> [AuditFinding] {
    func findings(_ sql: String, _ what: String) throws -> [AuditFinding] {
      try String.fetchAll(db, sql: sql + " LIMIT 20", arguments: [collection.id.rawValue]).map {
        AuditFinding(kind: .ledger, collection: collection.name, message: "\($0) \(what)")
      }
    }
    return try findings(
      "SELECT path FROM file WHERE collection_id = ? AND state IN ('done', 'unchanged') AND document_id IS NULL",
      "is said to be read, and no document answers for it")
      + findings(
        """
        SELECT d.path FROM document d WHERE d.collection_id = ?
          AND NOT EXISTS (SELECT 1 FROM file f WHERE f.document_id = d.id AND f.root = d.root AND f.path = d.path)
        """, "is a document that no file of this path has")
      + findings(
        """
        SELECT f.path FROM file f JOIN document d ON d.id = f.document_id WHERE f.collection_id = ?
          AND (f.collection_id <> d.collection_id OR f.state IN ('done', 'unchanged') AND f.sha256 <> d.sha256)
        """, "has another content than the document that answers for it")
  }

  private func vectorFindings(_ collection: CollectionStatus, _ db: Database) throws -> [AuditFinding] {
    let byteCount = collection.embedder.dimension &* MemoryLayout<Float>.size
    let missing = try Int64.fetchAll(
      db, sql: "SELECT c.id FROM chunk c LEFT JOIN vector v ON v.chunk_id = c.id WHERE c.collection_id = ? AND v.chunk_id IS NULL LIMIT 20",
      arguments: [collection.id.rawValue]
    ).map { "chunk \($0) has no vector" }
    let misshapen = try Int64.fetchAll(
      db, sql: "SELECT c.id FROM chunk c JOIN vector v ON v.chunk_id = c.id WHERE c.collection_id = ? AND length(v.data) <> ? LIMIT 20",
      arguments: [collection.id.rawValue, byteCount]
    ).map { "the vector of chunk \($0) does not have \(collection.embedder.dimension) numbers" }
    return (missing + misshapen).map { AuditFinding(kind: .vectors, collection: collection.name, message: $0) }
  }

  private func rowFindings(_ collection: CollectionStatus, _ db: Database) throws -> [AuditFinding] {
    var damaged: [String] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT c.id, v.data, v.checksum FROM chunk c JOIN vector v ON v.chunk_id = c.id WHERE c.collection_id = ?",
      arguments: [collection.id.rawValue])
    while let row = try rows.next(), damaged.count < 20 {
      do {
        _ = try VectorBlob.checked(row, at: 1, chunk: row.decode(atIndex: 0))
      } catch let error as StoreError {
        damaged.append(error.message)
      }
    }
    for table in [SealedTable.chunk, .document, .file] { damaged += try damagedRows(of: table, where: "collection_id", is: collection, db) }
    damaged += try damagedRows(of: .collection, where: "id", is: collection, db)
    return damaged.map { AuditFinding(kind: .rows, collection: collection.name, message: $0) }
  }

  private func damagedRows(of table: SealedTable, where column: String, is collection: CollectionStatus, _ db: Database) throws -> [String] {
    try String.fetchAll(
      db, sql: "SELECT CAST(\(table.columns[0]) AS TEXT) FROM \(table.name) WHERE \(column) = ? AND NOT \(table.isIntact()) LIMIT 20",
      arguments: [collection.id.rawValue]
    ).map { StoreError.damagedRow("\(table.label) \($0)").message }
  }

  /// The words' files against the chunks' texts, which are analysed anew.
  private func wordFindings(_ collection: CollectionStatus, _ db: Database, _ compare: Comparison) throws -> [AuditFinding] {
    func finding(_ message: String) -> AuditFinding { AuditFinding(kind: .lexical, collection: collection.name, message: message) }
    let rows = try WordSegmentRow.all(of: collection.id, db)
    let rowCount = try WordSegmentRow.count(of: collection.id, db)
    var findings = rows.count < rowCount ? [finding("\(rowCount - rows.count) rows of word indexes are damaged, or lack the one before them")] : []
    var first: Int64 = 0
    for row in rows {
      defer { first = row.lastChunkID }
      findings += try compare(DerivedFile(path: wordPath(row.file), chunks: [first, row.lastChunkID], sha256: row.sha256)) {
        let stored: LexicalSegment
        do throws(DurableFileError) { stored = try loadWords(row) } catch {
          return [finding("the word index \(row.file) is of no use: \(error.why ?? error.message)")]
        }
        let truth = try StoredWords.segment(of: collection.id, after: first, through: row.lastChunkID, db)
        let alive = stored.positions(of: truth.ids[...])
        let held = Set(stored.ids)
        let missing = truth.ids.filter { !held.contains($0) }
        if !missing.isEmpty { return missing.prefix(20).map { finding("chunk \($0) is not in the word index") } }
        guard LexicalSegment.merging([(stored, alive)]).isEqual(to: truth) else {
          return [finding("the word index \(row.file) does not hold the words of its chunks")]
        }
        return []
      }
    }
    return findings
  }

  private func generationFindings(_ collection: CollectionStatus, _ db: Database, _ compare: Comparison) throws -> [AuditFinding] {
    try GenerationRow.all(of: collection.id, db).flatMap { row in
      try compare(DerivedFile(path: generationPath(row.file), chunks: [row.firstChunkID, row.lastChunkID], sha256: row.sha256)) {
        try generationFindings(row, collection, db)
      }
    }
  }

  private func generationFindings(_ row: GenerationRow, _ collection: CollectionStatus, _ db: Database) throws -> [AuditFinding] {
    func finding(_ message: String) -> AuditFinding { AuditFinding(kind: .generation, collection: collection.name, message: message) }
    let loaded: LoadedVectorIndex
    do { loaded = try VectorIndex.load(from: generationPath(row.file)) } catch {
      return [finding("the graph file \(row.file) can not be used: \(error.why ?? error.message)")]
    }
    if let problem = row.problem(with: loaded, embedder: collection.embedder) { return [finding("the graph file \(row.file): \(problem)")] }

    let segment = VectorSegment(ids: loaded.labels, index: loaded.index)
    var missing = 0
    var different = 0
    try StoredVectors.forEachBatch(
      of: collection.id, after: row.firstChunkID, through: row.lastChunkID, dimension: row.dimension, db
    ) { ids, vectors in
      for (number, id) in ids.enumerated() {
        guard let position = segment.position(of: id) else {
          missing += 1
          continue
        }
        let truth = Array(vectors[number * row.dimension..<(number + 1) * row.dimension])
        if loaded.index.vector(at: position) != truth { different += 1 }
      }
    }
    var findings: [AuditFinding] = []
    if missing > 0 { findings.append(finding("the graph file \(row.file) lacks \(missing) chunks that it should have")) }
    if different > 0 { findings.append(finding("the graph file \(row.file) has other vectors for \(different) chunks than the database")) }
    return findings
  }
}
