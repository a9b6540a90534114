import Foundation
import Store
import Testing

/// Files and the documents that they share, in one transaction.
@Suite struct LedgerTests {
  let folder: TemporaryFolder
  let store: Store
  let collection: CollectionID

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.open(directory: folder.path, access: .writing)
    collection = try store.createCollection(named: "default", embedder: embedder).id
    try store.put("a.txt", ["alpha"], in: collection, sha256: "a")
    try store.put("b.txt", ["beta"], in: collection, sha256: "b")
  }

  private func contents() throws -> [String] {
    let ids = try store.chunkIDs(of: collection)
    return try store.chunks(ids).values.map { ([$0.path] + $0.otherPaths).joined(separator: "+") + ":" + $0.text }.sorted()
  }

  private func same(_ path: String, as other: String, sha256: String) -> FileChange {
    FileChange(version(path, sha256: sha256), .sameAs(root: "/docs", path: other))
  }

  @Test func twoFilesThatChangeNamesKeepTheirChunks() throws {
    let ids = try store.chunkIDs(of: collection)
    try store.apply([same("c.txt", as: "a.txt", sha256: "a")], in: collection)
    #expect(try contents() == ["a.txt+c.txt:alpha", "b.txt:beta"])
    try store.apply([same("a.txt", as: "b.txt", sha256: "b"), FileChange(version("b.txt"), .gone)], in: collection)
    #expect(try contents() == ["a.txt:beta", "c.txt:alpha"])
    #expect(try store.chunkIDs(of: collection).sorted() == ids.sorted())
    #expect(try store.audit().isEmpty)
  }

  @Test func aDocumentGoesWithItsLastFile() throws {
    try store.apply([same("c.txt", as: "a.txt", sha256: "a")], in: collection)
    #expect(try store.remove(paths: [("/docs", "a.txt")], from: collection) == 1)
    #expect(try contents() == ["b.txt:beta", "c.txt:alpha"])
    try store.apply([FileChange(version("c.txt"), .skipped, reason: "it is a picture")], in: collection)
    #expect(try contents() == ["b.txt:beta"])
    #expect(try store.lexicalSearch(anyOf: ["alpha"], limit: 9, in: collection).isEmpty)
    #expect(try store.ledger(of: collection).map { "\($0.path) \($0.state)" } == ["b.txt done", "c.txt skipped"])
    #expect(try store.audit().isEmpty)
  }

  @Test func whatHoldsSomethingElseIsNotShared() throws {
    let error = #expect(throws: StoreError.self) { try store.apply([same("c.txt", as: "a.txt", sha256: "other")], in: collection) }
    #expect(error?.message.contains("c.txt") == true)
    #expect(try contents() == ["a.txt:alpha", "b.txt:beta"])
  }

  @Test func aFailureKeepsTheSharedDocument() throws {
    try store.apply([same("c.txt", as: "a.txt", sha256: "a")], in: collection)
    try store.putFailure("a.txt", "broken", in: collection, sha256: "new")
    #expect(try contents() == ["a.txt+c.txt:alpha", "b.txt:beta"])
    try store.put("a.txt", ["gamma"], in: collection, sha256: "newer")
    #expect(try contents() == ["a.txt:gamma", "b.txt:beta", "c.txt:alpha"])
    #expect(try store.audit().isEmpty)
  }

  @Test func waitingChangesNoFileThatIsKnown() throws {
    let sequence = try store.sequence()
    try store.apply([FileChange(version("a.txt", sha256: ""), .waiting), FileChange(version("n.txt", sha256: ""), .waiting)], in: collection)
    #expect(try store.sequence() == sequence)
    #expect(try store.ledger(of: collection).map(\.state) == [.done, .done, .new])
    try store.confirm(["a.txt", "n.txt", "none"], under: "/docs", in: collection)
    #expect(try store.ledger(of: collection).map(\.state) == [.unchanged, .done, .new])
    #expect(try store.collections().first?.fileCounts == [.unchanged: 1, .done: 1, .new: 1])
  }

  @Test(arguments: [
    ("UPDATE file SET document_id = NULL WHERE path = 'a.txt'", "no document answers"),
    ("UPDATE document SET path = 'z' WHERE path = 'a.txt'", "no file of this path"),
    ("UPDATE file SET sha256 = 'z' WHERE path = 'a.txt'", "another content"),
  ]) func anAuditSeesFilesAndDocumentsPart(sql: String, finding: String) throws {
    try change(folder, sql)
    #expect(try store.audit().contains { $0.kind == .ledger && $0.message.contains(finding) })
  }
}
