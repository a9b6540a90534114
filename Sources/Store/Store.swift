import Foundation
import GRDB
import Synchronization
import VectorIndex

/// An index on disk: SQLite is the truth; the indexes of vectors and of words are derived from it, and say which state they mirror.
///
/// One process writes, under a lock file, through one connection with `synchronous = FULL`; any number read meanwhile, without locks. A
/// store may be used from any thread. Methods block: call them from threads that may wait.
package final class Store: Sendable {
  package enum Access: Sendable {
    case reading, writing
  }

  /// The folder of the index.
  package let directory: String
  package let access: Access
  let databasePath: String
  let options: StoreOptions
  let pool: any DatabaseReader
  /// Holds the lock for as long as the store lives.
  private let lock: WriterLock?
  private let noticeList = Mutex<[String]>([])
  let damage = Mutex<Set<String>>([])
  /// What each collection has in memory; made at the first dense search.
  let vectorCaches = Mutex<[CollectionID: VectorCache]>([:])
  let wordCaches = Mutex<[CollectionID: WordCache]>([:])
  let filteredChunks = Mutex(FilteredChunks())

  /// Opens the index in a folder.
  ///
  /// - Parameters:
  ///   - directory: Made when it is not there and `access` is `.writing`.
  ///   - access: `.writing` takes the lock, and throws `index_locked` with the other process's id if it is taken. `.reading` takes none, and
  ///     throws `index_missing` if there is no index.
  package static func open(directory: String, access: Access, options: StoreOptions = StoreOptions()) throws(StoreError) -> Store {
    try Store(directory: directory, access: access, options: options)
  }

  /// Opens an index for writing; throws `index_missing` where there is none, for what has nothing to do without one.
  package static func openExisting(directory: String) throws(StoreError) -> Store {
    guard FileManager.default.fileExists(atPath: directory + "/index.sqlite") else { throw .missing(directory) }
    return try open(directory: directory, access: .writing)
  }

  private init(directory: String, access: Access, options: StoreOptions) throws(StoreError) {
    self.directory = directory
    self.access = access
    self.options = options
    databasePath = directory + "/index.sqlite"
    switch access {
    case .writing:
      do {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      } catch {
        throw .notWritable(directory, error.localizedDescription)
      }
      lock = try WriterLock(directory: directory)
      pool = try Self.openForWriting(databasePath)
    case .reading:
      guard FileManager.default.fileExists(atPath: databasePath) else { throw .missing(directory) }
      lock = nil
      pool = try Self.openForReading(databasePath, directory: directory) { () throws(StoreError) in
        // A writer brings it up to date, if nobody writes and we may.
        _ = try Store(directory: directory, access: .writing, options: options)
      }
    }
    if access == .writing {
      removeStrayGenerationFiles()
      removeStrayWordFiles()
    }
  }

  private init(_ store: Store, reading pool: any DatabaseReader) {
    (directory, access, databasePath, options, lock) = (store.directory, .reading, store.databasePath, store.options, nil)
    self.pool = pool
  }

  /// The index as it is now, to be read for as long as it is held, whatever others write meanwhile: their log grows until it is let go.
  func atThisMoment() throws(StoreError) -> Store {
    guard let pool = pool as? DatabasePool else { return self }
    do { return try Store(self, reading: pool.makeSnapshot()) } catch { throw .wrapping(error, "read the index", path: databasePath) }
  }

  /// What happened beside the point since the store was opened: a damaged graph that was put aside, for one. Each is one sentence.
  package var notices: [String] { noticeList.withLock { $0 } }

  func notice(_ sentence: String) {
    noticeList.withLock { if !$0.contains(sentence) { $0.append(sentence) } }
  }

  /// Reads in one transaction: everything in it is of one state.
  func read<T>(_ action: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
    do { return try pool.read(body) } catch { throw .wrapping(error, action, path: databasePath) }
  }

  /// Writes in one transaction, on disk when this returns, or not at all when it throws.
  func write<T>(_ action: String, _ body: (Database) throws -> T) throws(StoreError) -> T {
    guard access == .writing, let writer = pool as? any DatabaseWriter else { throw .readOnlyAccess() }
    do {
      let result = try writer.write { db in
        let result = try body(db)
        try options.failpoint(.beforeCommit)
        return result
      }
      try options.failpoint(.afterCommit)
      return result
    } catch {
      throw .wrapping(error, action, path: databasePath)
    }
  }

  /// Raises the index's sequence number, notes it as the collection's last change, and gives it.
  @discardableResult
  func raiseSequence(of collection: CollectionID, removesChunks: Bool, _ db: Database) throws -> Int64 {
    try options.failpoint(.raiseSequence)
    try db.execute(sql: "UPDATE state SET sequence = sequence + 1")
    let sequence = try Int64.fetchOne(db, sql: "SELECT sequence FROM state") ?? 0
    try db.execute(
      sql: "UPDATE collection SET sequence = ?1, removal_sequence = CASE WHEN ?2 THEN ?1 ELSE removal_sequence END WHERE id = ?3",
      arguments: [sequence, removesChunks, collection.rawValue])
    guard db.changesCount == 1 else { throw StoreError.noSuchCollection(collection) }
    return sequence
  }

  /// The sequence number: rises by one with every change of any collection.
  package func sequence() throws(StoreError) -> Int64 {
    try read("read the sequence number") { db in try Int64.fetchOne(db.cachedStatement(sql: "SELECT sequence FROM state")) ?? 0 }
  }

  /// SQLite's `synchronous` of the connection that writes; 2 is FULL, under which a commit that was acknowledged survives a power cut.
  package func writerSynchronousLevel() throws(StoreError) -> Int {
    try write("read the settings") { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? 0 }
  }
}
