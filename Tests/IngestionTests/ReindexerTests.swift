import Documents
import Embedding
import Foundation
import Ingestion
import Store
import Synchronization
import Testing

/// A collection made anew for another embedder, and folders that are followed: real store, real embedders.
@Suite final class ReindexerTests {
  private let base: String
  private let store: Store
  private let exact: Embedder
  private let small: Embedder

  init() throws {
    let temporary = FileManager.default.temporaryDirectory.path + "/reindex-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: temporary + "/docs", withIntermediateDirectories: true)
    guard let resolved = realpath(temporary, nil) else { preconditionFailure("no temporary folder") }
    defer { free(resolved) }
    base = String(cString: resolved)
    store = try Store.open(directory: base + "/index", access: .writing)
    let folder = try IngestorTests.embedderFolder()
    exact = try Embedder(path: folder, precision: .float32)
    small = try Embedder(path: folder)
    for number in 0..<90 { try write("\(number).txt", "Report \(number) tells of the mill and of \(number * 7) sacks.") }
    try write("copy.txt", "Report 1 tells of the mill and of 7 sacks.")
    try write("broken.pdf", "%PDF-1.4 nothing")
  }

  deinit { try? FileManager.default.removeItem(atPath: base) }

  private func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: base + "/docs/" + name)) }

  private func rows() throws -> [String] {
    try store.ledger(of: try #require(try store.collection(named: "default")).id).map {
      "\($0.path) \($0.state.answers) \($0.reason ?? "") \($0.chunkCount)"
    }
  }

  @Test func anotherEmbedderIsRefusedUntilTheCollectionIsMadeAnew() throws {
    _ = try Ingestor(store: store, embedder: exact).ingest(base + "/docs", into: "default")
    let before = try rows()
    let error = #expect(throws: StoreError.self) {
      try Ingestor(store: self.store, embedder: self.small).ingest(self.base + "/docs", into: "default")
    }
    #expect(error?.code == "embedder_mismatch" && error?.remedy?.contains("quarry reindex") == true)

    // Stopped in the middle, and one file gone: what is there is gone on with, and passages stay without their files.
    let calls = Atomic(0)
    let stopped = #expect(throws: IngestionError.self) {
      try Reindexer(store: self.store, embedder: self.small).reindex("default", isCancelled: { calls.add(1, ordering: .relaxed).newValue > 75 })
    }
    #expect(stopped?.code == "cancelled")
    #expect(try store.collection(named: "default")?.embedder.fingerprint == exact.fingerprint)
    try FileManager.default.removeItem(atPath: base + "/docs/3.txt")
    // What goes meanwhile does not come back.
    try write("4.txt", "Report 4 was written anew.")
    try FileManager.default.removeItem(atPath: base + "/docs/5.txt")
    try store.remove(paths: [(base + "/docs", "5.txt")], from: try #require(try store.collection(named: "default")).id)
    // An ingest notes what is gone or left out, and keeps its row.
    let collection = try #require(try store.collection(named: "default")).id
    for entry in try store.ledger(of: collection) where ["6.txt", "2.txt"].contains(entry.path) {
      try FileManager.default.removeItem(atPath: base + "/docs/" + entry.path)
      let version = DocumentVersion(
        root: entry.root, path: entry.path, sha256: entry.sha256, byteCount: entry.byteCount, modificationTime: entry.modificationTime, format: "",
        title: nil)
      try store.apply([FileChange(version, entry.path == "6.txt" ? .gone : .skipped, reason: "left out")], in: collection)
    }
    let expected = before.filter { !$0.hasPrefix("5.txt") && !$0.hasPrefix("6.txt") }
      .map { $0.hasPrefix("2.txt") ? "2.txt false left out 0" : $0 }
    let report = try Reindexer(store: store, embedder: small).reindex("default")
    #expect(report.kept == 61 && report.documents == 26)
    #expect(try store.collection(named: "default")?.embedder.fingerprint == small.fingerprint)
    #expect(try rows() == expected && store.audit().isEmpty)
    let found = try store.denseSearch(
      small.embed(["Report 3 tells of 21 sacks."])[0], limit: 1, in: try #require(try store.collection(named: "default")).id)
    #expect(try store.chunks(found.map(\.chunkID)).values.map(\.path) == ["3.txt"])

    let again = try Reindexer(store: store, embedder: small).reindex("default")
    #expect(!again.wasNeeded && again.documents == 0)
    let next = try Ingestor(store: store, embedder: small).ingest(base + "/docs", into: "default")
    #expect((next.unchanged, next.updated, next.removed, next.added) == (86, 1, 1, 0))
  }

  /// Files that share a document of before one of them could not be read any more: the first of them, or another.
  @Test(arguments: [["1.txt"], ["copy.txt"], ["1.txt", "copy.txt"]])
  func whatFailedKeepsTheDocumentThatItShares(failed: [String]) throws {
    _ = try Ingestor(store: store, embedder: small).ingest(base + "/docs", into: "default")
    let old = try #require(try store.collection(named: "default")).id
    for entry in try store.ledger(of: old) where failed.contains(entry.path) {
      var version = DocumentVersion(entry)
      version.sha256 = "of what cannot be read"
      try store.apply([FileChange(version, .failed(code: "document_malformed"), reason: "broken")], in: old)
    }
    let before = try rows()
    _ = try Reindexer(store: store, embedder: small).reindex("default", force: true)
    #expect(try rows() == before && store.audit().isEmpty)
    let ledger = try store.ledger(of: try #require(try store.collection(named: "default")).id)
    #expect(Set(ledger.filter { ["1.txt", "copy.txt"].contains($0.path) }.map(\.documentID)).count == 1)
  }

  /// What an earlier attempt has made of a file is not what it is now: it can be read again, or has another time.
  @Test func whatAnEarlierAttemptMadeIsMadeAgainWhereItDiffers() throws {
    let ingestor = Ingestor(store: store, embedder: small)
    _ = try ingestor.ingest(base + "/docs", into: "default")
    let old = try #require(try store.collection(named: "default")).id
    // Its new version could not be read, as if a program were missing.
    try write("10.txt", "Report 10 tells of the ferry.")
    _ = try ingestor.ingest(base + "/docs/10.txt", into: "other")
    let others = try #require(try store.collection(named: "other")).id
    let other = try #require(try store.ledger(of: others).first)
    var version = DocumentVersion(try #require(try store.ledger(of: old).first { $0.path == "10.txt" }))
    version.sha256 = other.sha256
    version.stamp = "missing program"
    try store.apply([FileChange(version, .failed(code: "converter_missing"), reason: "no program")], in: old)

    let calls = Atomic(0)
    #expect(throws: IngestionError.self) {
      try Reindexer(store: self.store, embedder: self.small).reindex(
        "default", force: true, isCancelled: { calls.add(1, ordering: .relaxed).newValue > 75 })
    }
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)], ofItemAtPath: base + "/docs/11.txt")
    _ = try ingestor.ingest(base + "/docs", into: "default")
    let before = try store.ledger(of: old).map { "\($0.path) \($0.state.answers) \($0.sha256) \($0.modificationTime)" }
    let report = try Reindexer(store: store, embedder: small).reindex("default", force: true)
    #expect(report.kept == 62)
    let new = try #require(try store.collection(named: "default")).id
    #expect(try store.ledger(of: new).map { "\($0.path) \($0.state.answers) \($0.sha256) \($0.modificationTime)" } == before)
    #expect(try store.chunks(store.chunkIDs(of: new)).values.filter { $0.path == "10.txt" }.map(\.text) == ["Report 10 tells of the ferry."])
    #expect(try store.audit().isEmpty)
  }

  @Test func whatChangesIsTakenInWhileItIsFollowed() async throws {
    let directory = base + "/followed"
    let isStopped = Atomic(false)
    let reports = Mutex<[IngestReport]>([])
    let watching = WatchingIngestion([base + "/docs"], into: "default", options: IngestOptions(), embedder: small) {
      try Store.open(directory: directory, access: .writing)
    }
    let finished = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      watching.run(isCancelled: { isStopped.load(ordering: .relaxed) }) { event in
        if case .ingested(let report) = event, report.changedSomething { reports.withLock { $0.append(report) } }
      }
      finished.signal()
    }
    func wait(for count: Int) async throws -> IngestReport? {
      for _ in 0..<600 where reports.withLock({ $0.count }) < count { try await Task.sleep(for: .milliseconds(50)) }
      return reports.withLock { $0.count >= count ? $0[count - 1] : nil }
    }
    #expect(try await wait(for: 1)?.added == 90)
    try FileManager.default.createDirectory(atPath: base + "/docs/new", withIntermediateDirectories: true)
    try write("new/a.txt", "A folder that came later.")
    #expect(try await wait(for: 2)?.added == 1)
    try FileManager.default.moveItem(atPath: base + "/docs/new/a.txt", toPath: base + "/docs/b.txt")
    try FileManager.default.removeItem(atPath: base + "/docs/5.txt")
    _ = try await wait(for: 3)
    // Both may come in one turn or in two.
    for _ in 0..<600 where reports.withLock({ $0.dropFirst(2).reduce(0) { $0 + $1.moved + $1.removed } }) < 2 {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(reports.withLock { $0.dropFirst(2).reduce(0) { $0 + $1.moved } } == 1)
    #expect(reports.withLock { $0.dropFirst(2).reduce(0) { $0 + $1.removed } } == 1)
    isStopped.store(true, ordering: .relaxed)
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        finished.wait()
        continuation.resume()
      }
    }
    // The lock is free between the turns, and after them.
    #expect(try Store.open(directory: directory, access: .writing).audit().isEmpty)
  }
}
