import Foundation
import GRDB
import VectorIndex

/// A row of `generation`: a graph file, and which state of the truth it mirrors.
struct GenerationRow {
  var number: Int64
  var file: String
  var lastSequence: Int64
  var lastChunkID: Int64
  var count: Int
  var dimension: Int
  var embedder: String
  var sha256: String

  static func current(of collection: CollectionID, _ db: Database) throws -> GenerationRow? {
    try Row.fetchOne(
      db.cachedStatement(sql: "SELECT * FROM generation WHERE collection_id = ? ORDER BY number DESC LIMIT 1"), arguments: [collection.rawValue]
    ).map { row in
      GenerationRow(
        number: row["number"], file: row["file"], lastSequence: row["last_sequence"], lastChunkID: row["last_chunk_id"], count: row["count"],
        dimension: row["dimension"], embedder: row["embedder"], sha256: row["sha256"])
    }
  }

  /// Why a file that was read is not the one that this row means; `nil` when it is.
  func problem(with loaded: LoadedVectorIndex, embedder: EmbedderIdentity) -> String? {
    if loaded.checksum != sha256 { return "its checksum is not the one in the database" }
    if self.embedder != embedder.fingerprint { return "its vectors are of another embedder" }
    if loaded.index.dimension != embedder.dimension || loaded.index.count != count || loaded.labels.count != count {
      return "its size is not the one in the database"
    }
    if let last = loaded.labels.last, last > lastChunkID { return "it has chunks that the database does not know" }
    if zip(loaded.labels, loaded.labels.dropFirst()).contains(where: { $0 >= $1 }) { return "its chunks are out of order" }
    return nil
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
