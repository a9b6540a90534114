import Foundation
import GRDB

extension Store {
  /// Gives back the room of what is gone: rows of files that are no longer there, files that were put aside as damaged, and free pages of the database.
  ///
  /// Takes as much room as the index has, for as long as it runs.
  ///
  /// - Returns: How many rows of files that are gone were forgotten.
  package func vacuum() throws(StoreError) -> Int {
    let count = try write("forget files that are gone") { db in
      try db.execute(sql: "DELETE FROM file WHERE state = 'gone'")
      return db.changesCount
    }
    for folder in [generationFolder, wordFolder] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.contains(".bad-") { unlink(folder + "/" + name) }
    }
    do {
      guard let writer = pool as? any DatabaseWriter else { throw StoreError.readOnlyAccess() }
      try writer.writeWithoutTransaction { db in
        try db.execute(sql: "VACUUM")
        try db.checkpoint(.truncate)
      }
    } catch {
      throw .wrapping(error, "compact the index", path: databasePath)
    }
    return count
  }
}
