import Diagnostics

/// Why a folder could not be ingested at all; what is wrong with single files is in the report instead.
package struct IngestionError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func noSuchPath(_ path: String) -> IngestionError {
    IngestionError(
      code: "path_missing", message: "there is nothing at \(path)", why: "no file or folder has this path",
      remedy: "give the path of a folder of documents, or of one document; what is known of one that is gone is forgotten by quarry remove")
  }

  static func emptied(_ path: String, _ count: Int) -> IngestionError {
    IngestionError(
      code: "folder_emptied", message: "\(path) is empty, and \(count) documents are known from it",
      why: "a disk that is not mounted looks like that, and they would all be forgotten",
      remedy: "mount the disk; or if they are gone for good: quarry ingest --allow-empty, or quarry remove")
  }

  static func wentAway(_ path: String) -> IngestionError {
    IngestionError(
      code: "folder_went_away", message: "\(path) went away while it was read",
      why: "a disk that is taken out looks like that, and what was not found there would be forgotten",
      remedy: "mount the disk, and run the same command again: it goes on where it was")
  }

  static func noReader(_ program: String, _ reason: String) -> IngestionError {
    IngestionError(
      code: "reader_not_started", message: "the process that reads documents could not be started", why: "\(program): \(reason)",
      remedy: "allow more memory, processes or open files (ulimit -v, -u, -n), and run the same command again")
  }

  static let cancelled = IngestionError(
    code: "cancelled", message: "ingestion was stopped", why: nil, remedy: "run the same command again: it goes on where it was")
}
