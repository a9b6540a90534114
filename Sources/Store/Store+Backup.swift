import Documents
import DurableFiles
import Foundation
import GRDB

extension Store {
  /// Pages of a database that are copied at a time.
  private static let backupPageCount: CInt = 4096

  /// Copies the index into one file, as of one moment, while others search and write: the database, from which all other files can be made.
  ///
  /// The copy is checked, synced, and only then called `path`; what was there under that name stays until then.
  ///
  /// - Parameters:
  ///   - isCancelled: Asked while it is copied; nothing stays then.
  ///   - progress: Called with the part that is copied, 0…1.
  /// - Returns: The copy's bytes.
  @discardableResult
  package func backUp(
    to path: String, isCancelled: @escaping () -> Bool = { false }, progress: @escaping (_ fraction: Double) -> Void = { _ in }
  ) throws(StoreError) -> Int64 {
    try requireOutput(path)
    let unfinished = path + ".quarry-unfinished"
    defer { Self.deleteDatabase(unfinished) }
    Self.deleteDatabase(unfinished)
    do {
      let copy = try DatabaseQueue(path: unfinished)
      try pool.backup(to: copy, pagesPerStep: Self.backupPageCount) { step in
        if isCancelled() { throw StoreError.cancelled }
        progress(Double(step.completedPageCount) / Double(max(1, step.totalPageCount)))
      }
      // What the last step throws is not passed on.
      if isCancelled() { throw StoreError.cancelled }
      try copy.writeWithoutTransaction { db in
        // One file: nothing may wait in a log beside it.
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
        try Self.requireSound(db, path: unfinished)
      }
      try copy.close()
      try Self.rename(unfinished, to: path)
      return (try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value ?? 0
    } catch {
      throw .wrapping(error, "write the backup \(path)", path: path)
    }
  }

  /// Makes an index of a backup, in a folder that has none, and everything that is derived with it.
  package static func restore(_ backup: String, to directory: String, options: StoreOptions = StoreOptions()) throws(StoreError) -> Store {
    let target = directory + "/index.sqlite"
    // A link would be copied as one, and what it leads to would be written to.
    guard let source = FileStatus.realPath(backup) else { throw .backupUnreadable(backup, String(cString: strerror(errno))) }
    guard FileStatus(path: source)?.isRegularFile ?? false else { throw .backupUnreadable(backup, "it is not a file") }
    guard !FileManager.default.fileExists(atPath: target) else { throw .indexExists(directory) }
    let unfinished = directory + "/restoring.sqlite"
    defer { deleteDatabase(unfinished) }
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let lock = try WriterLock(directory: directory)
      defer { withExtendedLifetime(lock) {} }
      // Nobody else may have made one meanwhile.
      guard !FileManager.default.fileExists(atPath: target) else { throw StoreError.indexExists(directory) }
      deleteDatabase(unfinished)
      try FileManager.default.copyItem(atPath: source, toPath: unfinished)
      // A backup may be one that nobody may write, but nobody gets to read what was kept from them.
      var status = stat()
      guard stat(source, &status) == 0, chmod(unfinished, status.st_mode & 0o777 | 0o600) == 0 else {
        throw StoreError.notWritable(unfinished, String(cString: strerror(errno)))
      }
      let copy = try DatabaseQueue(path: unfinished)
      try copy.read { db in
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else { throw StoreError.foreign(backup) }
        try Self.requireSound(db, path: backup)
      }
      // Under its name it never has a journal, which one that only reads could not roll back.
      try copy.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = WAL") }
      try copy.close()
      // The log of a database that was here before would be taken for this one's.
      deleteDatabase(target)
      try Self.rename(unfinished, to: target)
    } catch {
      throw .wrapping(error, "restore \(backup)", path: backup)
    }
    let store = try Store.open(directory: directory, access: .writing, options: options)
    try store.forgetDerived()
    for collection in try store.collections() { try store.publish(collection.id, clearsStagedVectors: false) }
    return store
  }

  /// A backup's rows mean files that are not here, or others of the same names.
  private func forgetDerived() throws(StoreError) {
    let files = try write("forget the files of the backup") { db in
      try String.fetchAll(db, sql: "DELETE FROM generation RETURNING file").map(generationPath)
        + String.fetchAll(db, sql: "DELETE FROM word_segment RETURNING file").map(wordPath)
    }
    for file in files { unlink(file) }
  }

  /// Deletes a database, if there is one, with its logs, which are there without it when something went wrong.
  private static func deleteDatabase(_ database: String) {
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(database + suffix) }
  }

  /// Refuses to write what would destroy something: a device, or a file of the index itself.
  func requireOutput(_ path: String) throws(StoreError) {
    var status = stat()
    if lstat(path, &status) == 0, ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) { throw .notWritable(path, "it is not a file") }
    guard let folder = FileStatus.realPath(folder(of: path)), let index = FileStatus.realPath(directory) else { return }
    if (folder + "/").utf8.starts(with: (index + "/").utf8) { throw .notWritable(path, "it would lie inside the index") }
  }

  private static func requireSound(_ db: Database, path: String) throws {
    let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(1)").filter { $0 != "ok" }
    if let fault = faults.first { throw StoreError.corrupt(path, fault) }
  }

  /// Makes a finished file durable under its name.
  private static func rename(_ unfinished: String, to path: String) throws(StoreError) {
    let descriptor = Foundation.open(unfinished, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .notWritable(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0, Foundation.rename(unfinished, path) == 0, syncFolder(of: path) else {
      throw .notWritable(path, String(cString: strerror(errno)))
    }
  }
}
