import Foundation
import GRDB

extension Store {
  private static let busyTimeoutSeconds = 5.0
  private static let migrationPatience = Duration.seconds(120)

  /// The one read-write connection, with a few read-only ones beside it.
  static func openForWriting(_ path: String) throws(StoreError) -> any DatabaseReader {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(busyTimeoutSeconds)
      configuration.maximumReaderCount = 4
      configuration.prepareDatabase { db in
        try prepare(db)
        // Before the first table is made; without effect on a database that has some.
        if !db.configuration.readonly { try db.execute(sql: "PRAGMA page_size = \(Schema.pageByteCount)") }
      }
      let pool = try DatabasePool(path: path, configuration: configuration)
      try pool.writeWithoutTransaction { db in
        // The pool sets NORMAL, under which a commit that was acknowledged can vanish with the power.
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try checkIdentity(db, path: path, mayBeEmpty: true)
      }
      try Schema.migrator.migrate(pool)
      return pool
    } catch {
      throw .wrapping(error, "open \(path)", path: path)
    }
  }

  private static func prepare(_ db: Database) throws {
    try SealedTable.addFunctions(to: db)
    try db.execute(sql: "PRAGMA cache_size = -\(Schema.cacheByteCount / 1024)")
  }

  /// Read-only connections, also where nothing may be written.
  ///
  /// - Parameter migrate: Brings an index of an older version up to date; where it cannot, the reader says that the index is of an older version.
  static func openForReading(
    _ path: String, directory: String, migrate: () throws(StoreError) -> Void
  ) throws(StoreError) -> any DatabaseReader {
    do throws(StoreError) {
      return try openForReading(path, directory: directory)
    } catch {
      guard error.code == StoreError.olderSchema(path).code else { throw error }
      return try openAfterMigration(path, directory: directory, outdated: error, migrate: migrate)
    }
  }

  /// Waits for another process that may be doing the same: a million passages take it half a minute.
  ///
  /// - Parameter outdated: What is said where nothing may be written, or others write for longer than that.
  private static func openAfterMigration(
    _ path: String, directory: String, outdated: StoreError, migrate: () throws(StoreError) -> Void
  ) throws(StoreError) -> any DatabaseReader {
    let end = ContinuousClock.now + migrationPatience
    while ContinuousClock.now < end {
      do throws(StoreError) {
        try migrate()
        return try openForReading(path, directory: directory)
      } catch {
        switch error.code {
        case "index_locked", "index_busy":
          // Perhaps by another process that does the same at the same moment.
          usleep(100_000)
          if let reader = try? openForReading(path, directory: directory) { return reader }
        case "index_not_writable", "index_unopenable": throw outdated
        default: throw error
        }
      }
    }
    throw outdated
  }

  private static func openForReading(_ path: String, directory: String) throws(StoreError) -> any DatabaseReader {
    do {
      let pool = try readOnlyPool(path, directory: directory)
      try pool.read { db in try checkIdentity(db, path: path, mayBeEmpty: false) }
      return pool
    } catch {
      throw .wrapping(error, "open \(path)", path: path)
    }
  }

  private static func readOnlyPool(_ path: String, directory: String) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(busyTimeoutSeconds)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase(prepare)
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      _ = try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") }
      return pool
    } catch let error as DatabaseError {
      // Write-ahead logging needs a file beside the database, which can not be made in a folder that is read-only to us. Where no writer has left a
      // log, the database file is all there is, and is taken as it stands; a writer with more rights that starts later is not seen.
      let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
      // `AT_EACCESS`: the rights that opening a file would have.
      guard error.resultCode == .SQLITE_CANTOPEN || error.resultCode == .SQLITE_READONLY, (log ?? 0) == 0,
        faccessat(AT_FDCWD, directory, W_OK, AT_EACCESS) != 0, faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0
      else { throw error }
      let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%;"))
      guard let escaped = path.addingPercentEncoding(withAllowedCharacters: allowed) else { throw error }
      return try DatabasePool(path: "file:\(escaped)?immutable=1", configuration: configuration)
    }
  }

  /// Throws for a database that is not an index, or of a version that this one does not read.
  private static func checkIdentity(_ db: Database, path: String, mayBeEmpty: Bool) throws {
    let tableCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
    if tableCount == 0 {
      if mayBeEmpty { return }
      throw StoreError.missing((path as NSString).deletingLastPathComponent)
    }
    guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
      // A first writer that was killed leaves the migrator's own empty table, at most.
      let names = try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"))
      if names == ["grdb_migrations"] {
        if mayBeEmpty { return }
        throw StoreError.missing((path as NSString).deletingLastPathComponent)
      }
      throw StoreError.foreign(path)
    }
    let migrator = Schema.migrator
    if try migrator.hasBeenSuperseded(db) {
      let found = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations)
      throw StoreError.newerSchema(path, found: found.sorted().map { "“\($0)”" })
    }
    if !mayBeEmpty, try !migrator.hasCompletedMigrations(db) { throw StoreError.olderSchema(path) }
  }
}
