import Foundation
import GRDB
import Store
import Synchronization
import Testing

/// What can go wrong around an index: processes that die, disks that fill up, files that are not what they should be.
@Suite struct FaultTests {
  struct Injected: Error {}

  /// The moments inside of one `replace`.
  static let steps: [StoreStep] = [
    .removeOldRows, .insertDocument, .insertChunk, .insertVector, .raiseSequence, .beforeCommit, .afterCommit,
  ]

  let folder: TemporaryFolder
  let collection: CollectionID
  private var databasePath: String { folder.path + "/index.sqlite" }

  init() throws {
    folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    collection = try store.createCollection(named: "c", embedder: embedder).id
    try store.put("a", ["old one", "old two", "old three"], in: collection, sha256: "old")
  }

  /// Everything is of one version: the one before, or the one after.
  private func check(_ store: Store, isNew: Bool) throws {
    let texts: Set<String> = isNew ? ["new one", "new two"] : ["old one", "old two", "old three"]
    #expect(try store.ledger(of: collection).map(\.sha256) == [isNew ? "new" : "old"])
    #expect(try Set(store.texts(store.denseSearch(vector(seed: 1), limit: 9, in: collection))) == texts)
    #expect(try Set(store.texts(store.lexicalSearch(anyOf: ["old", "new"], limit: 9, in: collection))) == texts)
  }

  @Test(arguments: steps) func aStepThatFailsUndoesTheWholeChange(step: StoreStep) throws {
    let count = Counter()
    let store = try Store.open(
      directory: folder.path, access: .writing,
      options: StoreOptions(failpoint: { reached in
        // The second chunk's, where there are several.
        if reached == step, count.next() == ([.insertChunk, .insertVector].contains(step) ? 2 : 1) { throw Injected() }
      }))
    _ = try store.denseSearch(vector(seed: 1), limit: 1, in: collection)
    let sequence = try store.sequence()
    #expect(throws: StoreError.self) { try store.put("a", ["new one", "new two"], in: collection, sha256: "new") }
    try check(store, isNew: step == .afterCommit)
    #expect(try store.sequence() == sequence + (step == .afterCommit ? 1 : 0))
    #expect(try store.audit().isEmpty)
    try store.put("a", ["new one", "new two"], in: collection, sha256: "new")
    try check(store, isNew: true)
  }

  /// Files that are to be compared go meanwhile, and others take their place.
  @Test func anAuditBesideAWriterFindsNothing() throws {
    let options = StoreOptions(graphThreshold: 20, wordThreshold: 20)
    let writer = try Store.open(directory: folder.path, access: .writing, options: options)
    try writer.fill(collection)
    try writer.publish(collection)
    let reader = try Store.open(directory: folder.path, access: .reading, options: options)
    let isDone = Flag()
    let failures = Mutex<[String]>([])
    let thread = Thread { [collection] in
      do {
        for round in 0..<60 {
          try writer.fill(collection, documents: round % 7..<10)
          try writer.publish(collection)
        }
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
      isDone.value = true
    }
    thread.start()
    while !isDone.value {
      let findings = try reader.audit()
      #expect(findings.isEmpty, "\(findings)")
    }
    let failed = failures.withLock { $0 }
    #expect(failed.isEmpty, "\(failed)")
  }

  /// A child process is killed inside of `replace`; then a reader alone, and then a writer, find a whole index.
  @Test(arguments: steps) func aKilledWriterLeavesOneVersion(step: StoreStep) async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = folder.path as String, step = step.rawValue as String, id = collection.rawValue as Int64] in
      let count = Counter()
      let store = try Store.open(
        directory: path, access: .writing,
        options: StoreOptions(failpoint: { reached in
          // The first change of the process goes through, so that the log is not empty.
          guard reached.rawValue == step, count.next() == (step.hasPrefix("insert") && step != "insertDocument" ? 3 : 2) else { return }
          kill(getpid(), SIGKILL)
        }))
      let collection = CollectionID(rawValue: id)
      try store.put("a", ["old one", "old two", "old three"].shuffled(), in: collection, sha256: "old")
      try store.put("a", ["new one", "new two"], in: collection, sha256: "new")
    }
    let isInFirstChange = step.rawValue.hasPrefix("insert") && step != .insertDocument
    let isNew = step == .afterCommit && !isInFirstChange
    do {
      let reader = try Store.open(directory: folder.path, access: .reading)
      try check(reader, isNew: isNew)
      #expect(try reader.audit().isEmpty)
    }
    let writer = try Store.open(directory: folder.path, access: .writing)
    try check(writer, isNew: isNew)
    #expect(try writer.audit().isEmpty)
    try writer.put("a", ["new one", "new two"], in: collection, sha256: "new")
    try check(writer, isNew: true)
  }

  /// Who is refused closes its own file once: a second time, it would be that of another thread.
  @Test func whoIsRefusedClosesNothingElse() async throws {
    let folder = try TemporaryFolder()
    let holder = try Store.open(directory: folder.path, access: .writing)
    let path = folder.path + "/other"
    try Data("content".utf8).write(to: URL(fileURLWithPath: path))
    let done = Flag()
    await withTaskGroup(of: Int.self) { group in
      group.addTask {
        var badCount = 0
        while !done.value {
          let descriptor = Glibc.open(path, O_RDONLY)
          var byte: UInt8 = 0
          for _ in 0..<20 where pread(descriptor, &byte, 1, 0) != 1 { badCount += 1 }
          if close(descriptor) != 0 { badCount += 1 }
        }
        return badCount
      }
      for _ in 0..<12 {
        let error = #expect(throws: StoreError.self) { try Store.open(directory: folder.path, access: .writing) }
        #expect(error?.code == "index_locked")
      }
      done.value = true
      let badCount = await group.next()
      #expect(badCount == 0)
    }
    withExtendedLifetime(holder) {}
  }

  @Test func aSecondWriterIsToldWhoTheFirstIs() async throws {
    let store = try Store.open(directory: folder.path, access: .writing)
    let here = #expect(throws: StoreError.self) { try Store.open(directory: folder.path, access: .writing) }
    #expect(here?.code == "index_locked" && here?.why?.contains("this same process (\(getpid()))") == true)
    await #expect(processExitsWith: .success) { [path = folder.path as String, pid = getpid() as Int32] in
      let there = #expect(throws: StoreError.self) { try Store.open(directory: path, access: .writing) }
      #expect(there?.code == "index_locked" && there?.why == "process \(pid) holds its lock" && there?.remedy != nil)
      let reader = try Store.open(directory: path, access: .reading)
      #expect(try reader.collections().map(\.chunkCount) == [3])
    }
    try store.put("b", ["still writes"], in: collection)
  }

  @Test func readersWorkWhileAWriterWrites() async throws {
    let writer = try Store.open(directory: folder.path, access: .writing)
    let reader = try Store.open(directory: folder.path, access: .reading)
    let done = Flag()
    let collection = collection
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { done.value = true }
        for number in 0..<60 { try writer.put("b", (0...number % 7).map { "version \(number) of \($0)" }, in: collection) }
      }
      for store in [reader, reader, writer] {
        group.addTask {
          repeat {
            let found = try store.denseSearch(vector(seed: 4), limit: 20, in: collection)
            // Three of the first document, and the second one's of a single version.
            let texts = try store.texts(found)
            let versions = Set(texts.filter { $0.hasPrefix("version") }.map { $0.split(separator: " ")[1] })
            #expect(versions.count <= 1 && found.count >= 3)
            _ = try store.lexicalSearch(anyOf: ["version", "old"], limit: 20, in: collection)
          } while !done.value
        }
      }
      try await group.waitForAll()
    }
    #expect(try reader.texts(reader.lexicalSearch(anyOf: ["version"], limit: 20, in: collection)).count == 59 % 7 + 1)
    #expect(try writer.audit().isEmpty)
  }

  /// In a child process, which gives up the rights of root where it has them: root may write anywhere.
  @Test func aFolderThatIsReadOnlyCanBeRead() async throws {
    chmod(folder.path, 0o555)
    chmod(databasePath, 0o444)
    defer { chmod(folder.path, 0o755) }
    await #expect(processExitsWith: .success) { [path = folder.path as String, id = collection.rawValue as Int64] in
      if geteuid() == 0 { #expect(seteuid(65534) == 0) }
      let reader = try Store.open(directory: path, access: .reading)
      #expect(try reader.lexicalSearch(anyOf: ["old"], limit: 9, in: CollectionID(rawValue: id)).count == 3)
      let error = #expect(throws: StoreError.self) { try Store.open(directory: path, access: .writing) }
      #expect(error?.code == "index_not_writable")
      let made = #expect(throws: StoreError.self) { try Store.open(directory: path + "/sub", access: .writing) }
      #expect(made?.code == "index_not_writable")
    }
  }

  @Test func aFullDiskLosesNothing() async throws {
    await #expect(processExitsWith: .success) { [path = folder.path as String, id = collection.rawValue as Int64] in
      let collection = CollectionID(rawValue: id)
      let store = try Store.open(directory: path, access: .writing)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 400_000, rlim_max: rlim_t.max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let large = (0..<2000).map { "large \($0) " + String(repeating: "word ", count: 50) }
      let error = #expect(throws: StoreError.self) { try store.put("a", large, in: collection, sha256: "new") }
      #expect(error?.code == "disk_full" || error?.code == "index_io")
      #expect(error?.remedy?.contains("what was finished before is kept") == true)
      #expect(try store.ledger(of: collection).map(\.sha256) == ["old"])
      limit.rlim_cur = rlim_t.max
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try store.put("b", large, in: collection, sha256: "b")
      #expect(try store.audit().isEmpty)
    }
    try check2(Store.open(directory: folder.path, access: .reading))
  }

  private func check2(_ store: Store) throws {
    #expect(try store.ledger(of: collection).map(\.sha256) == ["old", "b"])
    #expect(try store.lexicalSearch(anyOf: ["old"], limit: 9, in: collection).count == 3)
  }

  @Test(arguments: [Store.Access.reading, .writing]) func aFileThatIsNoDatabaseIsNamedAndKept(access: Store.Access) throws {
    let other = try TemporaryFolder()
    let path = other.path + "/index.sqlite"
    let content = Data(String(repeating: "this is no database. ", count: 500).utf8)
    try content.write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: StoreError.self) { try Store.open(directory: other.path, access: access) }
    #expect(error?.code == "index_corrupt" && error?.message.contains(path) == true && error?.remedy?.contains("nothing was deleted") == true)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == content)
  }

  @Test(arguments: [Store.Access.reading, .writing]) func anotherProgramsDatabaseIsLeftAlone(access: Store.Access) throws {
    let other = try TemporaryFolder()
    try DatabaseQueue(path: other.path + "/index.sqlite").write { db in try db.execute(sql: "CREATE TABLE theirs (x); PRAGMA application_id = 7") }
    let error = #expect(throws: StoreError.self) { try Store.open(directory: other.path, access: access) }
    #expect(error?.code == "index_foreign")
    #expect(try query(other, "SELECT name FROM sqlite_schema") == ["theirs"])
  }

  @Test(arguments: [Store.Access.reading, .writing]) func aNewerSchemaIsNotTouched(access: Store.Access) throws {
    try DatabaseQueue(path: databasePath).write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 from the future')") }
    let error = #expect(throws: StoreError.self) { try Store.open(directory: folder.path, access: access) }
    #expect(error?.code == "index_too_new" && error?.why?.contains("99 from the future") == true)
  }

  @Test func aMissingIndexIsAnErrorForReaders() throws {
    let other = try TemporaryFolder()
    for path in [other.path, other.path + "/not/there"] {
      let error = #expect(throws: StoreError.self) { try Store.open(directory: path, access: .reading) }
      #expect(error?.code == "index_missing" && error?.message.contains(path) == true)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: other.path).isEmpty, "a reader makes nothing")
    // What a first writer leaves that was killed at once.
    try Data().write(to: URL(fileURLWithPath: other.path + "/index.sqlite"))
    let empty = #expect(throws: StoreError.self) { try Store.open(directory: other.path, access: .reading) }
    #expect(empty?.code == "index_missing")
    #expect(try Store.open(directory: other.path, access: .writing).collections().isEmpty)
  }

  /// Damage anywhere in the database gives an error or a finding, or answers as before; never a crash.
  @Test func aDamagedDatabaseNeverCrashes() throws {
    do {
      // With a word index, against which an audit compares the texts.
      let store = try Store.open(directory: folder.path, access: .writing, options: StoreOptions(wordThreshold: 100))
      defer { try? store.publish(collection) }
      try store.put("large", (0..<400).map { "large \($0) " + String(repeating: "word\($0) ", count: 40) }, in: collection)
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: databasePath))
    var noticed = 0
    for number in 0..<40 {
      let other = try TemporaryFolder()
      var bytes = whole
      var generator = SeededGenerator(seed: UInt64(number + 1))
      let start = Int.random(in: 0..<bytes.count - 64, using: &generator)
      if number % 8 == 7 {
        bytes = bytes.prefix(start)
      } else {
        for offset in start..<start + 64 { bytes[offset] ^= UInt8.random(in: 1...255, using: &generator) }
      }
      try bytes.write(to: URL(fileURLWithPath: other.path + "/index.sqlite"))
      try FileManager.default.copyItem(atPath: folder.path + "/words", toPath: other.path + "/words")
      do {
        let store = try Store.open(directory: other.path, access: .writing)
        let found = try store.denseSearch(vector(seed: 1), limit: 9, in: collection)
        _ = try store.chunks(found.map(\.chunkID))
        _ = try store.lexicalSearch(anyOf: ["old"], limit: 9, in: collection)
        _ = try store.ledger(of: collection)
        if try !store.audit().isEmpty { noticed += 1 }
      } catch {
        noticed += 1
      }
    }
    #expect(noticed >= 20, "most of the file is in use")
  }

  /// Rows that disagree are found, whichever side is wrong.
  @Test(arguments: [
    ("DELETE FROM vector WHERE chunk_id = 1", "vectors"),
    ("UPDATE vector SET data = x'00' WHERE chunk_id = 2", "vectors"),
    ("UPDATE chunk SET body = 'changed behind the back' WHERE id = 1", "rows"),
    ("UPDATE chunk SET spans = '[]' WHERE id = 1", "rows"),
    ("UPDATE vector SET data = randomblob(length(data)) WHERE chunk_id = 1", "rows"),
    ("UPDATE document SET root = '/elsewhere'", "rows"),
    ("UPDATE document SET language = 'de'", "rows"),
    ("UPDATE file SET modification_time = 2", "rows"),
    ("UPDATE collection SET dense_weight = 1", "rows"),
    ("UPDATE word_segment SET last_chunk_id = 500", "lexical"),
    ("UPDATE word_segment SET sha256 = 'another'", "lexical"),
    ("UPDATE word_segment SET file = 'none.words'", "lexical"),
    ("UPDATE document SET chunk_count = 5", "ledger"),
    ("UPDATE chunk SET document_id = 999 WHERE id = 1", "database"),
  ]) func anAuditFindsWhatDisagrees(sql: String, kind: String) throws {
    do {
      let store = try Store.open(directory: folder.path, access: .writing, options: StoreOptions(wordThreshold: 1))
      try store.publish(collection)
      #expect(try store.audit().isEmpty)
    }
    try change(folder, sql)
    let findings = try Store.open(directory: folder.path, access: .writing).audit()
    #expect(findings.contains { $0.kind.rawValue == kind }, "\(findings)")
  }
}
