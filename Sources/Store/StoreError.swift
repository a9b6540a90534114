import Diagnostics
import GRDB
import VectorIndex

/// What went wrong with an index on disk.
package struct StoreError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func missing(_ directory: String) -> StoreError {
    StoreError(
      code: "index_missing", message: "there is no index in \(directory)", why: "nothing was ingested into it yet",
      remedy: "quarry ingest FOLDER makes one; --index DIR or $QUARRY_INDEX names another place")
  }

  static func vectorsTooLarge(count: Int, byteCount: Int) -> StoreError {
    StoreError(
      code: "vectors_unavailable", message: "the vectors cannot be searched now",
      why: "\(count) of them are in no file that can be used, and to compare them from the database would take \(byteCount >> 20) MiB of memory",
      remedy: "quarry ingest FOLDER makes the file anew; so does quarry serve by itself")
  }

  static let cancelled = StoreError(
    code: "cancelled", message: "it was stopped", why: nil, remedy: "nothing is left of it: run the same command again")

  static func locked(_ directory: String, holder: String) -> StoreError {
    StoreError(
      code: "index_locked", message: "the index in \(directory) is being written by another process", why: "\(holder) holds its lock",
      remedy: "wait until it is done, or stop it; searching and asking work meanwhile")
  }

  static func notWritable(_ path: String, _ reason: String) -> StoreError {
    StoreError(
      code: "index_not_writable", message: "could not write \(path)", why: reason,
      remedy: "check that the folder is there and may be written, or name another one")
  }

  static func newerSchema(_ path: String, found: [String]) -> StoreError {
    StoreError(
      code: "index_too_new", message: "\(path) was written by a newer version of Quarry",
      why: "its schema has \(found.joined(separator: ", ")), unknown here",
      remedy: "use that version, or ingest into another index with --index DIR")
  }

  static func olderSchema(_ path: String) -> StoreError {
    StoreError(
      code: "index_outdated", message: "\(path) was written by an older version of Quarry", why: "its schema must be brought up to date first",
      remedy: "quarry ingest FOLDER does it")
  }

  static func foreign(_ path: String) -> StoreError {
    StoreError(
      code: "index_foreign", message: "\(path) is an SQLite database, but not one of Quarry", why: "its application id is another one",
      remedy: "nothing was changed in it; name another folder with --index DIR")
  }

  static func corrupt(_ path: String, _ reason: String) -> StoreError {
    StoreError(
      code: "index_corrupt", message: "\(path) is damaged or not a database", why: reason,
      remedy: "nothing was deleted; restore it from a backup, or ingest into another index with --index DIR")
  }

  /// A row that is not what was written: a disk, a memory or another program has changed it.
  static func damagedRow(_ what: String) -> StoreError {
    StoreError(
      code: "index_corrupt", message: "the index is damaged: \(what) is not as it was written", why: "its checksum does not fit what stands there",
      remedy: "quarry audit lists what is damaged; "
        + (what.hasPrefix("collection ")
          ? "quarry restore brings a backup back; without one, quarry ingest FOLDER --index ANOTHER makes the index anew"
          : "quarry ingest --force FOLDER writes documents anew, quarry vacuum drops what is left of files that are gone, and quarry restore brings "
            + "a backup back"))
  }

  /// SQLite's list of chunks by document or collection does not say what the documents, or another list, say.
  static func damagedList(by owner: String, found: Int, expected: Int) -> StoreError {
    StoreError(
      code: "index_corrupt", message: "the index is damaged: of \(expected) passages its list by \(owner) leads to \(found)",
      why: "the list is not as it was written",
      remedy: "quarry vacuum writes such lists anew; quarry audit says whether anything else is damaged")
  }

  /// A table's rows do not all stand where SQLite looks for them.
  static func damagedTable(_ name: String, found: Int, expected: Int) -> StoreError {
    StoreError(
      code: "index_corrupt", message: "the index is damaged: of \(expected) rows of its table \(name) \(found) are found",
      why: "a page of the database is not as it was written",
      remedy: "restore a backup, or ingest into a new index; quarry audit names what is damaged")
  }

  static func backupUnreadable(_ path: String, _ reason: String) -> StoreError {
    StoreError(code: "backup_unreadable", message: "could not read \(path)", why: reason, remedy: "check the path and its permissions")
  }

  static func indexExists(_ directory: String) -> StoreError {
    StoreError(
      code: "index_exists", message: "there is an index in \(directory) already", why: "restoring would write over it",
      remedy: "name another folder with --index DIR, or move the old one away")
  }

  static func readOnlyAccess() -> StoreError {
    StoreError(code: "index_reading_only", message: "the index was opened for reading", why: "only one process writes an index", remedy: nil)
  }

  static func otherEmbedder(_ collection: String, existing: EmbedderIdentity, wanted: EmbedderIdentity) -> StoreError {
    StoreError(
      code: "embedder_mismatch", message: "the collection \(collection) was embedded with another model",
      why:
        "it has vectors of \(existing.fingerprint) (\(existing.dimension) numbers), wanted are those of \(wanted.fingerprint) (\(wanted.dimension)); the two do not compare",
      remedy: "quarry reindex makes it anew with this model while the old one serves; --collection NAME names another one")
  }

  static func otherChunker(_ collection: String, existing: String, wanted: String) -> StoreError {
    StoreError(
      code: "chunker_mismatch", message: "the documents of the collection \(collection) were cut into passages in another way",
      why: "it has passages of \(existing), this version makes those of \(wanted)",
      remedy: "quarry reindex makes it anew while the old one serves; searching and asking work as before")
  }

  static func collectionName(_ name: String) -> StoreError {
    StoreError(
      code: "collection_name", message: "a collection cannot have this name",
      why: name.isEmpty ? "it is empty" : "there are control characters in it",
      remedy: "name it with letters, as --collection notes")
  }

  static func unknownCollection(_ name: String) -> StoreError {
    StoreError(
      code: "collection_missing", message: "there is no collection \(name) in this index", why: nil, remedy: "quarry status lists the collections")
  }

  /// What is wrong with a file of JSON Lines that should be a collection.
  static func export(_ path: String, line: Int, _ reason: String) -> StoreError {
    StoreError(
      code: "export_malformed", message: "\(path) is not an exported collection", why: "\(reason) (line \(line))",
      remedy: "nothing was taken over; export it again with quarry export")
  }

  static func collectionExists(_ name: String) -> StoreError {
    StoreError(
      code: "collection_exists", message: "there is a collection \(name) already", why: "importing would write over it",
      remedy: "name another one with --collection NAME, or remove the old one: quarry remove --all --collection \(name)")
  }

  static func noSuchCollection(_ id: CollectionID) -> StoreError {
    StoreError(
      code: "collection_missing", message: "the collection is not there any more", why: "no collection has the number \(id.rawValue)",
      remedy: "quarry status lists the collections")
  }

  static func wrongDimension(expected: Int, found: Int) -> StoreError {
    StoreError(
      code: "vector_dimension", message: "a vector does not fit the collection", why: "expected \(expected) numbers, found \(found)",
      remedy: "use the model that the collection was made with")
  }

  static func vectors(_ error: VectorIndexError) -> StoreError {
    StoreError(code: error.code, message: error.message, why: error.why, remedy: error.remedy)
  }

  /// An injected or unforeseen failure of a step.
  static func failed(_ action: String, _ reason: String) -> StoreError {
    StoreError(code: "index_failed", message: "could not \(action)", why: reason, remedy: nil)
  }

  /// Words for whatever came out of SQLite, while `action` was done on the database at `path`.
  static func wrapping(_ error: any Error, _ action: String, path: String) -> StoreError {
    switch error {
    case let error as StoreError: error
    case let error as VectorIndexError: .vectors(error)
    case let error as DatabaseError: database(error, action, path: path)
    default: .failed(action, "\(error)")
    }
  }

  private static func database(_ error: DatabaseError, _ action: String, path: String) -> StoreError {
    let words = "SQLite says: \(error.message ?? "no more") (\(error.extendedResultCode.rawValue))"
    if error.extendedResultCode.rawValue == SealedTable.damageCode { return .damagedRow(error.message ?? "a row") }
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .corrupt(path, words)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: return .notWritable(path, words)
    case .SQLITE_FULL:
      return StoreError(
        code: "disk_full", message: "could not \(action)", why: "there is no room left for \(path); \(words)",
        remedy: "free some space and run it again: what was finished before is kept")
    case .SQLITE_IOERR:
      return StoreError(
        code: "index_io", message: "could not \(action)", why: "reading or writing \(path) failed; \(words)",
        remedy: "check the disk and its free space, then run it again: what was finished before is kept")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return StoreError(
        code: "index_busy", message: "could not \(action)", why: "\(path) is in use; \(words)", remedy: "try again in a moment")
    case .SQLITE_CANTOPEN:
      return StoreError(
        code: "index_unopenable", message: "could not open \(path)", why: words, remedy: "check its permissions and those of its folder")
    default:
      return StoreError(code: "index_failed", message: "could not \(action)", why: "\(words) in \(path)", remedy: nil)
    }
  }
}
