import Foundation
import Store
import Testing

/// Copies of an index in one file: whole, checked, and the same answers from them.
@Suite struct BackupTests {
  private let folder: TemporaryFolder
  private let options = StoreOptions(graphThreshold: 20, wordThreshold: 20)

  init() throws { folder = try TemporaryFolder() }

  private var index: String { folder.path + "/index" }
  private var file: String { folder.path + "/backup.quarry" }

  private func filled() throws -> (store: Store, collection: CollectionID) {
    let store = try Store.open(directory: index, access: .writing, options: options)
    let collection = try store.createCollection(named: "c", embedder: embedder).id
    for number in 0..<30 { try store.put("d\(number)", ["kite \(number)", "rook \(number)"], in: collection) }
    try store.publish(collection)
    return (store, collection)
  }

  @Test func aRestoredIndexAnswersTheSame() throws {
    let (store, collection) = try filled()
    let reader = try Store.open(directory: index, access: .reading)
    #expect(try reader.backUp(to: file) > 0, "a reader may, beside a writer")
    // What comes later is not in it.
    try store.put("later", ["kite later"], in: collection)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["backup.quarry", "index"])
    let restored = try Store.restore(file, to: folder.path + "/restored", options: options)
    #expect(try restored.audit().isEmpty)
    let found = try restored.lexicalSearch(anyOf: ["kite"], limit: 100, in: collection)
    #expect(found.count == 30)
    #expect(try restored.denseSearch(vector(seed: 3), limit: 10, in: collection).count == 10)
    #expect(try restored.collections().map(\.documentCount) == [30])
  }

  /// Who deletes a broken database leaves its log, which belongs to no other.
  @Test func aLogThatWasLeftBehindIsNotTakenForTheBackups() throws {
    let (store, collection) = try filled()
    try store.backUp(to: file)
    let broken = folder.path + "/broken"
    let other = try Store.open(directory: broken, access: .writing, options: options)
    let others = try other.createCollection(named: "other", embedder: embedder).id
    for number in 0..<40 { try other.put("o\(number)", ["owl \(number)"], in: others) }
    try other.publish(others)
    let files = FileManager.default
    // As it lies there while it is open, which is as a killed process leaves it.
    let killed = folder.path + "/killed"
    try files.createDirectory(atPath: killed, withIntermediateDirectories: true)
    for suffix in ["-wal", "-shm"] { try files.copyItem(atPath: broken + "/index.sqlite" + suffix, toPath: killed + "/index.sqlite" + suffix) }
    // With derived files of the names that the backup's rows mean.
    for kind in ["vectors", "words"] { try files.copyItem(atPath: "\(broken)/\(kind)", toPath: "\(killed)/\(kind)") }
    let restored = try Store.restore(file, to: killed, options: options)
    #expect(try restored.collections().map(\.name) == ["c"] && restored.audit().isEmpty)
    #expect(try restored.lexicalSearch(anyOf: ["kite"], limit: 100, in: collection).count == 30)
    #expect(try restored.notices.isEmpty && files.contentsOfDirectory(atPath: killed + "/words").count == 1)
  }

  /// Neither a device nor the index itself.
  @Test func whatWouldBeDestroyedIsNotWritten() throws {
    let (store, collection) = try filled()
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: index)
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o644) == 0)
    for path in [pipe, index + "/index.sqlite", index + "/backup", link + "/backup", folder.path] {
      #expect(throws: StoreError.self, "\(path)") { try store.backUp(to: path) }
      #expect(throws: StoreError.self, "\(path)") { try store.export("c", to: path) }
    }
    var status = stat()
    #expect(stat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    #expect(try store.lexicalSearch(anyOf: ["kite"], limit: 100, in: collection).count == 30 && store.audit().isEmpty)
  }

  /// Over a link as well, and of one that nobody may write.
  @Test(arguments: ["/absolute", "relative"]) func theBackupStaysAsItIs(kind: String) throws {
    let (store, _) = try filled()
    try store.backUp(to: file)
    chmod(file, 0o440)
    let before = try Data(contentsOf: URL(fileURLWithPath: file))
    let link = folder.path + "/latest"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: kind == "relative" ? "backup.quarry" : file)
    let restored = try Store.restore(link, to: folder.path + "/restored", options: options)
    try restored.put("later", ["kite later"], in: #require(try restored.collection(named: "c")).id)
    #expect(try restored.audit().isEmpty)
    var status = stat()
    #expect(lstat(folder.path + "/restored/index.sqlite", &status) == 0 && status.st_mode == S_IFREG | 0o640)
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["backup.quarry", "index", "latest", "restored"])
    let error = #expect(throws: StoreError.self) { try Store.restore(self.folder.path, to: self.folder.path + "/of-a-folder") }
    #expect(error?.code == "backup_unreadable")
  }

  @Test func aBackupThatIsStoppedLeavesNothing() throws {
    let (store, _) = try filled()
    let error = #expect(throws: StoreError.self) { try store.backUp(to: self.file, isCancelled: { true }) }
    #expect(error?.code == "cancelled")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["index"])
  }

  @Test func nothingIsWrittenOver() throws {
    let (store, _) = try filled()
    try store.backUp(to: file)
    let error = #expect(throws: StoreError.self) { try Store.restore(file, to: index) }
    #expect(error?.code == "index_exists")
    let missing = #expect(throws: StoreError.self) { try Store.restore(folder.path + "/nothing", to: folder.path + "/x") }
    #expect(missing?.code == "backup_unreadable")
    let unwritable = #expect(throws: StoreError.self) { try store.backUp(to: "/nowhere/backup") }
    #expect(unwritable?.why != nil)
  }

  /// Cut, overwritten, or no backup at all: an error, and no index is made.
  @Test(arguments: 0..<6) func aDamagedBackupIsRefused(kind: Int) throws {
    let (store, _) = try filled()
    try store.backUp(to: file)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    switch kind {
    case 0: bytes = Data()
    case 1: bytes = Data("no database".utf8)
    case 2: bytes = bytes.prefix(bytes.count / 2)
    case 3: for index in stride(from: 8192, to: bytes.count, by: 512) { bytes[index] = 0xFF }
    case 4: bytes.replaceSubrange(0..<16, with: Data(repeating: 0, count: 16))
    // The application's id.
    default: bytes.replaceSubrange(68..<72, with: Data(repeating: 0, count: 4))
    }
    try bytes.write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: StoreError.self) { try Store.restore(file, to: folder.path + "/restored") }
    #expect(["index_corrupt", "index_foreign", "index_failed"].contains(error?.code), "\(error?.code ?? "")")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/restored/index.sqlite"))
  }

  /// Checksums are right and the content is not: what an audit is for.
  @Test func whatIsDerivedIsMadeAnew() throws {
    let (store, collection) = try filled()
    // Another collection's files under this one's name have right checksums.
    let other = try store.createCollection(named: "other", embedder: embedder).id
    for number in 0..<30 { try store.put("o\(number)", ["swift \(number)", "owl \(number)"], in: other) }
    try store.publish(other)
    for kind in ["words", "vectors"] {
      let names = try FileManager.default.contentsOfDirectory(atPath: index + "/" + kind).sorted()
      let own = try #require(names.first { $0.contains("-\(collection.rawValue)-") })
      let foreign = try #require(names.first { $0.contains("-\(other.rawValue)-") })
      try FileManager.default.removeItem(atPath: "\(index)/\(kind)/\(own)")
      try FileManager.default.copyItem(atPath: "\(index)/\(kind)/\(foreign)", toPath: "\(index)/\(kind)/\(own)")
    }
    let findings = try store.audit()
    #expect(!findings.isEmpty && findings.allSatisfy { $0.isDerived && $0.collection == "c" }, "\(findings)")
    try store.rebuildDerived(of: ["c"])
    #expect(try store.audit().isEmpty)
  }
}
