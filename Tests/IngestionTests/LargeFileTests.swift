import Chunking
import Documents
import Embedding
import Foundation
import Ingestion
import Store
import Synchronization
import Testing

/// Texts that are read in parts of a few kilobytes: read twice, stopped in either pass, changed between them. Real store, real embedder.
@Suite final class LargeFileTests {
  private let base: String
  private let embedder: Embedder
  private let collection = "default"

  init() throws {
    let temporary = FileManager.default.temporaryDirectory.path + "/large-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: temporary + "/docs", withIntermediateDirectories: true)
    guard let resolved = realpath(temporary, nil) else { preconditionFailure("no temporary folder") }
    defer { free(resolved) }
    base = String(cString: resolved)
    embedder = try Embedder(directory: IngestorTests.embedderFolder())
  }

  deinit { try? FileManager.default.removeItem(atPath: base) }

  private func store(_ index: String = "index", failpoint: @escaping @Sendable (StoreStep) throws -> Void = { _ in }) throws -> Store {
    try Store.open(directory: base + "/" + index, access: .writing, options: StoreOptions(wordThreshold: 5, failpoint: failpoint))
  }

  private func ingestor(_ store: Store) -> Ingestor {
    var limits = ReadingLimits()
    limits.partByteCount = 4000
    return Ingestor(store: store, embedder: embedder, reader: DocumentReader(limits: limits))
  }

  private func write(_ text: String, to name: String = "log.txt") throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: base + "/docs/" + name))
  }

  /// Sections of a few paragraphs, each of them different.
  private static func text(_ count: Int = 60, word: String = "mill") -> String {
    "Annals\n======\n\n"
      + (1...count).map { number in
        (number % 5 == 0 ? "Year \(1800 + number)\n---------\n\n" : "")
          + "In entry \(number) the keeper of the \(word) counted \(number * 37) sacks of corn,\n"
          + "and said that the wheel had turned for \(number * 11) days without a rest. Nobody had seen that before.\n\n"
      }.joined()
  }

  private func entry(_ store: Store, _ path: String = "log.txt") throws -> LedgerEntry {
    let id = try #require(try store.collection(named: collection)).id
    return try #require(try store.ledger(of: id).first { $0.path == path })
  }

  private func chunks(_ store: Store) throws -> [StoredChunk] {
    let id = try #require(try store.collection(named: collection)).id
    let ids = try store.chunkIDs(of: id)
    let chunks = try store.chunks(ids)
    return ids.compactMap { chunks[$0] }
  }

  @Test func partsGiveThePassagesOfTheWhole() throws {
    try write(Self.text())
    let whole = try store("whole")
    _ = try Ingestor(store: whole, embedder: embedder).ingest(base + "/docs", into: collection)
    let parted = try store()
    let report = try ingestor(parted).ingest(base + "/docs", into: collection)
    let (expected, found) = (try chunks(whole), try chunks(parted))
    #expect(report.added == 1 && report.chunks == found.count && report.failed.isEmpty)
    #expect(found.map(\.ordinal) == Array(0..<found.count))
    func key(_ chunk: StoredChunk) -> String { "\(chunk.spans.map(\.source)) \(chunk.headingPath) \(chunk.title ?? "") \(chunk.text)" }
    let same = Set(expected.map(key)).intersection(found.map(key)).count
    // Around each of the cuts a passage or two may differ.
    let cutCount = Self.text().utf8.count / 4000 + 1
    #expect(same >= expected.count - 2 * cutCount && same > expected.count / 2)
    // Lines are those of the file, with nothing left out.
    let lines = Self.text().split(separator: "\n", omittingEmptySubsequences: false)
    var covered = Set<Int>()
    for chunk in found {
      let range = try #require(chunk.source(of: 0..<chunk.text.utf8.count).lines)
      covered.formUnion(range)
      #expect(chunk.text.split(separator: "\n").first == lines[range.lowerBound - 1])
    }
    #expect(lines.indices.allSatisfy { lines[$0].isEmpty || lines[$0].allSatisfy { "=-".contains($0) } || covered.contains($0 + 1) })
    let (one, other) = (try entry(whole), try entry(parted))
    #expect((one.sha256, one.title, one.language, one.format) == (other.sha256, other.title, other.language, other.format))
    #expect(try ingestor(parted).ingest(base + "/docs", into: collection).unchanged == 1)
    #expect(try parted.audit().isEmpty)
  }

  /// In the first pass what was embedded is not lost; in the second nothing is seen of the document.
  @Test func aStopInEitherPassLosesNothing() throws {
    try write(Self.text())
    let calls = Atomic(0)
    do {
      let store = try store()
      let stopped = #expect(throws: IngestionError.self) {
        try self.ingestor(store).ingest(self.base + "/docs", into: self.collection, isCancelled: { calls.add(1, ordering: .relaxed).newValue > 4 })
      }
      #expect(stopped?.code == "cancelled")
      #expect(try entry(store).state == .new && chunks(store).isEmpty)
    }
    let inserted = Atomic(0)
    do {
      let store = try store { step in
        if step == .insertVector, inserted.add(1, ordering: .relaxed).newValue == 9 { throw CocoaError(.fileWriteOutOfSpace) }
      }
      #expect(throws: StoreError.self) { try self.ingestor(store).ingest(self.base + "/docs", into: self.collection) }
      #expect(try entry(store).state == .new && chunks(store).isEmpty)
    }
    let store = try store()
    let report = try ingestor(store).ingest(base + "/docs", into: collection)
    #expect((report.added, report.embeddedTokens, report.reusedChunks) == (1, 0, report.chunks))
    #expect(try entry(store).state == .done && chunks(store).count == report.chunks)
    #expect(try store.audit().isEmpty)
  }

  @Test func aFileThatChangesBetweenThePassesIsReadByTheNextRun() throws {
    try write(Self.text())
    _ = try ingestor(store()).ingest(base + "/docs", into: collection)
    try write(Self.text(word: "forge"))
    // It has the same content, and is found to be equal before the other one turns out to have changed.
    try write(Self.text(word: "forge"), to: "same.txt")
    let isChanged = Atomic(false)
    let path = base + "/docs/log.txt"
    do {
      let store = try store { step in
        guard step == .insertDocument, !isChanged.exchange(true, ordering: .relaxed) else { return }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seek(toOffset: 3000)
        try handle.write(contentsOf: Data("changed".utf8))
      }
      let report = try ingestor(store).ingest(base + "/docs", into: collection)
      #expect(report.failed.map(\.path) == ["log.txt", "same.txt"] && report.updated == 0 && report.added == 0)
      #expect(report.failed.first?.reason == "it was changed while it was read")
      let entry = try entry(store)
      #expect((entry.state, entry.code) == (.failed, "document_changed"))
      // The version before it still answers, whole.
      #expect(try chunks(store).allSatisfy { $0.text.contains("mill") || !$0.text.contains("keeper") })
      #expect(try store.audit().isEmpty)
    }
    let store = try store()
    let report = try ingestor(store).ingest(base + "/docs", into: collection)
    #expect((report.updated, report.failed.count) == (2, 0))
    #expect(report.reusedChunks > report.chunks / 2)
    #expect(try chunks(store).contains { $0.text.contains("changed") })
    #expect(try store.audit().isEmpty)
  }

  @Test func aFaultFarInsideIsTheFilesFaultAndIsNotLookedForAgain() throws {
    let records = (1...200).map { "{\"entry\": \"the keeper counted \($0) sacks\"}\n" }.joined()
    try write(records + "{\"entry\": \n", to: "log.jsonl")
    Thread.sleep(forTimeInterval: 3.2)
    let store = try store()
    let report = try ingestor(store).ingest(base + "/docs", into: collection)
    #expect(report.failed.map(\.path) == ["log.jsonl"] && report.failed.first?.reason.hasSuffix("(line 201)") == true)
    #expect(try entry(store, "log.jsonl").code == "document_malformed" && chunks(store).isEmpty)
    let again = try ingestor(store).ingest(base + "/docs", into: collection)
    #expect(again.failed.count == 1 && again.embeddedTokens == 0)
  }

  @Test func aCollectionIsMadeAnewFromParts() throws {
    try write(Self.text())
    let store = try store()
    _ = try ingestor(store).ingest(base + "/docs", into: collection)
    let before = try chunks(store).map(\.text)
    var limits = ReadingLimits()
    limits.partByteCount = 4000
    let reindexer = Reindexer(store: store, embedder: embedder, reader: DocumentReader(limits: limits))
    let report = try reindexer.reindex(collection, force: true)
    #expect((report.documents, report.takenOver, report.chunks) == (1, 0, before.count))
    #expect(try chunks(store).map(\.text) == before)
    // Without its file it is taken over as it is.
    try FileManager.default.removeItem(atPath: base + "/docs/log.txt")
    #expect(try reindexer.reindex(collection, force: true).takenOver == 1)
    #expect(try chunks(store).map(\.text) == before)
    #expect(try store.audit().isEmpty)
  }
}
