import Foundation
import GRDB
import VectorIndex

/// A row of `generation`: a file with the vectors of the chunks between the row before it and `lastChunkID`.
struct GenerationRow {
  var number: Int64
  var file: String
  /// `nil` where it is of none that this version knows.
  var kind: VectorIndex.Kind?
  var lastSequence: Int64
  /// The last one of the row before it, 0 for none: chunks with larger keys, up to `lastChunkID`, are in this file, or gone.
  var firstChunkID: Int64
  var lastChunkID: Int64
  var count: Int
  var dimension: Int
  var embedder: String
  var sha256: String

  /// In the order of their chunks' keys.
  static func all(of collection: CollectionID, _ db: Database) throws -> [GenerationRow] {
    let rows = try Row.fetchCursor(
      db.cachedStatement(
        sql: """
          SELECT number, file, kind, last_sequence, last_chunk_id, count, dimension, embedder, sha256
          FROM generation WHERE collection_id = ? ORDER BY last_chunk_id, number
          """), arguments: [collection.rawValue])
    var found: [GenerationRow] = []
    while let row = try rows.next() {
      try found.append(
        GenerationRow(
          number: row.decode(atIndex: 0), file: row.decode(atIndex: 1), kind: VectorIndex.Kind(rawValue: row.decode(atIndex: 2)),
          lastSequence: row.decode(atIndex: 3), firstChunkID: found.last?.lastChunkID ?? 0, lastChunkID: row.decode(atIndex: 4),
          // Positions in a file have 32 bits: what is more is damage, and fits no file.
          count: Int(Int32(clamping: row.decode(Int64.self, atIndex: 5))),
          dimension: row.decode(atIndex: 6), embedder: row.decode(atIndex: 7), sha256: row.decode(atIndex: 8)))
    }
    return found
  }

  func insert(_ collection: CollectionID, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO generation (number, collection_id, file, kind, last_sequence, last_chunk_id, count, dimension, metric, embedder, sha256)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'inner product', ?, ?)
        """,
      arguments: [number, collection.rawValue, file, kind?.rawValue, lastSequence, lastChunkID, count, dimension, embedder, sha256])
  }

  /// Why a file that was read is not the one that this row means; `nil` when it is.
  func problem(with loaded: LoadedVectorIndex, embedder: EmbedderIdentity) -> String? {
    if loaded.checksum != sha256 { return "its checksum is not the one in the database" }
    if loaded.index.kind != kind { return "it is of another kind than the database says" }
    if self.embedder != embedder.fingerprint { return "its vectors are of another embedder" }
    if dimension != embedder.dimension || loaded.index.dimension != dimension || loaded.index.count != count || loaded.labels.count != count {
      return "its size is not the one in the database"
    }
    if let last = loaded.labels.last, last > lastChunkID { return "it has chunks that the database does not know" }
    if let first = loaded.labels.first, first <= firstChunkID { return "it has chunks of the file before it" }
    if zip(loaded.labels, loaded.labels.dropFirst()).contains(where: { $0 >= $1 }) { return "its chunks are out of order" }
    return nil
  }
}

extension GenerationStatus {
  /// The rows of one collection, in order; `nil` without any.
  init?(_ rows: [GenerationRow]) {
    guard let last = rows.last else { return nil }
    self.init(
      number: rows.reduce(0) { max($0, $1.number) }, kind: last.kind?.rawValue ?? "unknown", fileCount: rows.count,
      count: rows.reduce(0) { $0 + $1.count }, sequence: last.lastSequence)
  }
}

extension Store {
  var generationFolder: String { directory + "/vectors" }

  func generationPath(_ file: String) -> String { generationFolder + "/" + file }

  static func generationFile(of collection: CollectionID, number: Int64) -> String { "collection-\(collection.rawValue)-\(number).vectors" }

  /// Puts a file that can not be trusted aside, if this process may write, and says so.
  func quarantine(_ row: GenerationRow, reason: String) {
    let path = generationPath(row.file)
    noteDamage(path)
    var whereabouts = "it is left where it is"
    if access == .writing, FileManager.default.fileExists(atPath: path) {
      let aside = path + ".bad-\(row.number)"
      if rename(path, aside) == 0 { whereabouts = "it was put aside as \(aside)" }
    }
    if !FileManager.default.fileExists(atPath: path), whereabouts.hasPrefix("it is left") { whereabouts = "quarry ingest makes a new one" }
    notice("the vector graph \(path) is not used (\(reason)); \(whereabouts); all vectors are compared instead, from the database")
  }

  func removeGenerationFile(_ file: String) { unlink(generationPath(file)) }

  /// Files that a stopped writer left: unfinished ones, and finished ones that no row means. Nothing in them is not in the database.
  func removeStrayGenerationFiles() {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: generationFolder), !names.isEmpty,
      let known = try? read("list the graphs", { db in try Set(String.fetchAll(db, sql: "SELECT file FROM generation")) })
    else { return }
    for name in names where name.hasPrefix("collection-") && !known.contains(name) {
      if name.hasSuffix(".vectors") || name.hasSuffix(".vectors.tmp") || name.hasSuffix(".vectors.scratch.tmp") { removeGenerationFile(name) }
    }
  }
}
