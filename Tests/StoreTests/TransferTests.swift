import Foundation
import Store
import Testing

/// A collection goes into JSON Lines and comes back as it was.
@Suite struct TransferTests {
  let folder: TemporaryFolder
  let store: Store
  let collection: CollectionID
  private var file: String { folder.path + "/export.jsonl" }

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.open(directory: folder.path + "/index", access: .writing)
    collection = try store.createCollection(named: "default", embedder: embedder, chunker: "c/1").id
    try store.put("a.txt", ["alpha \u{2028} \"quoted\"", "second"], in: collection, sha256: "a")
    try store.put("b.txt", ["beta"], in: collection, sha256: "b")
    try store.put("empty.txt", [], in: collection, sha256: "e")
    try store.apply(
      [
        FileChange(version("copy.txt", sha256: "a"), .sameAs(root: "/docs", path: "a.txt")),
        FileChange(version("other.txt", sha256: "a"), .sameAs(root: "/docs", path: "a.txt")),
        FileChange(version("b.txt", sha256: "newer"), .failed(code: "document_malformed"), reason: "broken"),
        FileChange(version("film.mp4", sha256: ""), .skipped, reason: "it is a film"),
        FileChange(version("later.txt", sha256: ""), .waiting),
        FileChange(version("never.pdf", sha256: "n"), .failed(code: "document_encrypted"), reason: "it is encrypted"),
      ], in: collection)
    try store.putFailure("other.txt", "broken too", in: collection, sha256: "o")
    try store.setDenseWeight(0.4, of: collection)
  }

  private func contents(_ store: Store, _ collection: CollectionID) throws -> [String] {
    let ids = try store.chunkIDs(of: collection)
    let chunks = try store.chunks(ids)
    let scores = Dictionary(uniqueKeysWithValues: try store.denseSearch(vector(seed: 9), limit: 99, in: collection).map { ($0.chunkID, $0.score) })
    return ids.compactMap { chunks[$0] }.map { "\($0.path) \($0.otherPaths) \($0.ordinal) \($0.text) \($0.spans) \(scores[$0.id] ?? 0)" }
  }

  private func rows(_ store: Store, _ collection: CollectionID) throws -> [String] {
    try store.ledger(of: collection).map {
      "\($0.path) \($0.state.answers ? "answers" : $0.state.rawValue) \($0.sha256) \($0.code ?? "") \($0.reason ?? "") \($0.chunkCount) \($0.byteCount)"
    }
  }

  @Test func aCollectionComesBackAsItWas() throws {
    let written = try store.export("default", to: file)
    #expect((written.documents, written.chunks, written.files) == (3, 3, 8))
    for other in [store, try Store.open(directory: folder.path + "/second", access: .writing)] {
      let read = try other.importCollection(file, as: "again")
      #expect((read.documents, read.chunks, read.files) == (3, 3, 8))
      let again = try #require(try other.collection(named: "again"))
      #expect(again.embedder == embedder && again.chunker == "c/1" && again.denseWeight == 0.4)
      #expect(try contents(other, again.id) == contents(store, collection))
      #expect(try rows(other, again.id) == rows(store, collection))
      #expect(try other.lexicalSearch(anyOf: ["quoted"], limit: 9, in: again.id).count == 1)
      #expect(try other.audit().isEmpty)
    }
    let error = #expect(throws: StoreError.self) { try self.store.importCollection(self.file, as: nil) }
    #expect(error?.code == "collection_exists")
  }

  /// Whatever is wrong with a file, nothing of it is taken over.
  @Test func aBrokenFileLeavesNothing() throws {
    _ = try store.export("default", to: file)
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
    let second = try Store.open(directory: folder.path + "/second", access: .writing)
    func refused(_ lines: [String], _ what: String) throws {
      let path = folder.path + "/broken.jsonl"
      try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
      let error = #expect(throws: StoreError.self, "\(what)") { try second.importCollection(path, as: "x") }
      #expect(error?.code == "export_malformed", "\(what): \(String(describing: error))")
      #expect(try second.collections().isEmpty && second.collection(named: "x") == nil, "\(what)")
    }
    try refused(lines.map { $0.replacingOccurrences(of: "\"path\":\"b.txt\"", with: "\"path\":\"a.txt\"") }, "two documents of one path")
    for count in lines.indices { try refused(Array(lines.prefix(count)), "cut after \(count) lines") }
    for index in lines.indices {
      var changed = lines
      changed[index] = String(lines[index].dropLast(lines[index].count / 2))
      try refused(changed, "half of line \(index + 1)")
      if index > 0, index < lines.count - 1 {
        var missing = lines
        missing.remove(at: index)
        try refused(missing, "without line \(index + 1)")
      }
    }
    try refused(lines.map { $0.replacingOccurrences(of: "\"version\":1", with: "\"version\":99") }, "another version")
    try refused(lines.map { $0.replacingOccurrences(of: "\"dimension\":16", with: "\"dimension\":8") }, "another dimension")
    try refused(lines.map { $0.replacingOccurrences(of: "\"range\":[0", with: "\"range\":[99999") }, "a range that ends before it begins")
    for place in ["byteRange\":[-1,4]", "lines\":[0,1]", "lines\":[1,9223372036854775807]", "pages\":[-9223372036854775808,2]"] {
      let changed = lines.map { $0.replacing(/"source":\{[^}]*\}/, with: "\"source\":{\"\(place)}") }
      #expect(changed != lines)
      try refused(changed, "a passage at \(place)")
    }
    try refused(lines.map { $0.replacing(/"bytes":\d+/, with: "\"bytes\":-1") }, "a file of fewer bytes than none")
    try refused(lines + ["{}"], "more behind the end")
    for field in ["text", "title", "path", "reason"] {
      let changed = lines.map { $0.replacingOccurrences(of: "\"\(field)\":\"", with: "\"\(field)\":\"\\u0000") }
      #expect(field == "title" || changed != lines)
      if changed != lines { try refused(changed, "a zero character in a \(field)") }
    }
    #expect(throws: StoreError.self) { try second.importCollection(folder.path + "/none", as: nil) }
    #expect(throws: StoreError.self) { try second.export("none", to: file) }
  }

  /// Documents that are changed, removed and added meanwhile are in it as they were.
  @Test func anExportIsOfOneMoment() throws {
    for number in 0..<5 { try store.put("more-\(number).txt", ["more \(number)"], in: collection) }
    let reader = try Store.open(directory: folder.path + "/index", access: .reading)
    var failure: (any Error)?
    let change = { (done: Int, _: Int) in
      guard done == 1 else { return }
      do {
        for number in 0..<3 { try self.store.put("more-\(number).txt", ["changed \(number)"], in: self.collection, sha256: "n") }
        try self.store.remove(paths: [("/docs", "more-3.txt")], from: self.collection)
        try self.store.put("new.txt", ["new"], in: self.collection)
      } catch {
        failure = error
      }
    }
    _ = try reader.export("default", to: file, progress: change)
    #expect(failure == nil)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect((0..<5).allSatisfy { text.contains("\"more \($0)\"") } && !text.contains("changed ") && !text.contains("new.txt"))
    #expect(try store.importCollection(file, as: "again").documents == 8)
    #expect(try store.audit().isEmpty)
  }

  @Test func whatIsStoppedLeavesNothing() throws {
    let stopped = #expect(throws: StoreError.self) { try self.store.export("default", to: self.file, isCancelled: { true }) }
    #expect(stopped?.code == "cancelled")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["index"])
    _ = try store.export("default", to: file)
    let counter = Counter()
    let error = #expect(throws: StoreError.self) { try self.store.importCollection(self.file, as: "again", isCancelled: { counter.next() > 2 }) }
    #expect(error?.code == "cancelled")
    #expect(try store.collection(named: "again") == nil && store.unfinishedReplacements().isEmpty)
  }

  @Test func vacuumForgetsWhatIsGone() throws {
    try store.apply([FileChange(version("a.txt", sha256: "a"), .gone)], in: collection)
    let before = try contents(store, collection)
    #expect(try store.vacuum() == 1)
    #expect(try store.ledger(of: collection).allSatisfy { $0.state != .gone })
    #expect(try contents(store, collection) == before && store.audit().isEmpty)
  }

  /// Documents of so many chunks are written and read a few chunks at a time, in one transaction nevertheless.
  @Test func aLargeDocumentComesBackAsItWas() throws {
    try store.put("large.txt", (0..<2500).map { "chunk \($0)" }, in: collection, sha256: "l")
    #expect(try store.export("default", to: file).chunks == 2503)
    #expect(try store.importCollection(file, as: "again").chunks == 2503)
    let again = try #require(try store.collection(named: "again")).id
    #expect(try contents(store, again) == contents(store, collection))
    #expect(try store.audit().isEmpty)
    // Cut off in the middle of it, nothing of the file is there.
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try Data(text.utf8.prefix(text.utf8.count / 2)).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: StoreError.self) { try self.store.importCollection(self.file, as: "half") }
    #expect(error?.code == "export_malformed" || error?.code == "export_damaged")
    #expect(try store.collection(named: "half") == nil)
  }
}
