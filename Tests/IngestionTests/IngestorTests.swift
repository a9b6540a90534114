import Chunking
import Documents
import Embedding
import Foundation
import Ingestion
import Store
import Synchronization
import Testing

/// Folders as they are: changing while they are read, ingested in parts, with equal files and with nothing in them. Real store, real embedder.
@Suite final class IngestorTests {
  let base: String
  let store: Store
  let embedder: Embedder
  let ingestor: Ingestor

  init() throws {
    let temporary = FileManager.default.temporaryDirectory.path + "/ingestion-\(UUID().uuidString)"
    // A name with letters of more than one byte: paths are cut by bytes.
    try FileManager.default.createDirectory(atPath: temporary + "/Bücher", withIntermediateDirectories: true)
    guard let resolved = realpath(temporary, nil) else { preconditionFailure("no temporary folder") }
    defer { free(resolved) }
    base = String(cString: resolved)
    store = try Store.open(directory: base + "/index", access: .writing)
    embedder = try Embedder(directory: Self.embedderFolder())
    ingestor = Ingestor(store: store, embedder: embedder)
  }

  deinit { try? FileManager.default.removeItem(atPath: base) }

  static func embedderFolder() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    let folder = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    guard FileManager.default.fileExists(atPath: folder + "/all-MiniLM-L6-v2/model.safetensors") else { throw MissingModel(path: folder) }
    return folder + "/all-MiniLM-L6-v2"
  }

  private struct MissingModel: Error, CustomStringConvertible {
    let path: String
    var description: String { "all-MiniLM-L6-v2 is not in \(path): run `make models`" }
  }

  var root: String { base + "/Bücher" }

  func write(_ name: String, _ text: String) throws {
    let path = root + "/" + name
    try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  func documents() throws -> [String] {
    let collection = try #require(try store.collection(named: "default"))
    return try store.ledger(of: collection.id).filter { $0.state.answers }.map { $0.root + "|" + $0.path }.map { String($0.dropFirst(base.count)) }
      .sorted()
  }

  func entries() throws -> [LedgerEntry] {
    try store.ledger(of: try #require(try store.collection(named: "default")).id)
  }

  @Test func metadataBesideAFileIsTheFiles() throws {
    try write("a.md", "---\nauthor: Ann\ntags: [x]\n---\n# Foxes\n\nThe fox jumps.")
    try write("a.md.meta.json", #"{"author": "Bob", "year": 2021, "final": true, "share": 0.5, "parts": ["p", 1]}"#)
    try write("b.txt", "Owls hunt.")
    try write("b.txt.meta.json", #"{"nested": {"x": 1}}"#)
    try write("alone.meta.json", #"{"about": "no file of this name"}"#)
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.added == 3 && report.skipped.map(\.path) == ["b.txt.meta.json"])
    #expect(try entries().filter(\.state.answers).map(\.path) == ["a.md", "alone.meta.json", "b.txt"])
    let collection = try #require(try store.collection(named: "default")).id
    func count(_ key: String, _ value: String) throws -> Int? {
      var filter = DocumentFilter()
      filter.metadata[key] = [value]
      return try store.chunks(passing: filter, in: collection)?.count
    }
    for (key, value) in [("author", "Bob"), ("tags", "x"), ("year", "2021"), ("final", "true"), ("share", "0.5"), ("parts", "1")] {
      #expect(try count(key, value) == 1, "\(key)")
    }
    #expect(try count("author", "Ann") == 0)
    // New metadata make a new version.
    #expect(try ingestor.ingest(root, into: "default").unchanged == 3)
    try write("a.md.meta.json", #"{"author": "Eve"}"#)
    #expect(try ingestor.ingest(root, into: "default").updated == 1)
    #expect(try count("author", "Eve") == 1 && count("author", "Bob") == 0 && count("tags", "x") == 1)
  }

  @Test func languagesAreNoted() throws {
    try write("en.txt", "The keeper of the lighthouse said that it was the best of the lamps, and that he would not be without it for the world.")
    try write("de.txt", "Der Wärter sagte, dass die Lampe die beste von allen ist und dass er nicht ohne sie auf dem Turm sein will.")
    try write("numbers.txt", "1 2 3")
    _ = try ingestor.ingest(root, into: "default")
    let collection = try #require(try store.collection(named: "default")).id
    for (language, count) in [("en", 1), ("de", 1), ("fr", 0)] {
      var filter = DocumentFilter()
      filter.languages = [language]
      #expect(try store.chunks(passing: filter, in: collection)?.count == count, "\(language)")
    }
  }

  @Test func aSecondRunDoesNothingTwice() throws {
    try write("a.md", "# Foxes\n\nThe fox jumps over the dog.")
    try write("ü/b.txt", "Owls hunt at night.")
    let first = try ingestor.ingest(root, into: "default")
    #expect(first.added == 2)
    #expect(try documents() == ["/Bücher|a.md", "/Bücher|ü/b.txt"])
    let second = try ingestor.ingest(root + "/../Bücher/", into: "default")
    #expect((second.added, second.unchanged, second.embeddedTokens) == (0, 2, 0))

    try write("a.md", "# Foxes\n\nThe fox sleeps.")
    try FileManager.default.removeItem(atPath: root + "/ü/b.txt")
    let third = try ingestor.ingest(root, into: "default")
    #expect((third.added, third.updated, third.unchanged, third.removed) == (0, 1, 0, 1))
    #expect(try documents() == ["/Bücher|a.md"])
  }

  @Test func aFolderInsideOneThatIsKnownBelongsToIt() throws {
    try write("a.txt", "Outside.")
    try write("ü/b.txt", "Inside.")
    _ = try ingestor.ingest(root, into: "default")
    try write("ü/c.txt", "New inside.")
    try write("d.txt", "New outside.")
    let inner = try ingestor.ingest(root + "/ü", into: "default")
    #expect((inner.added, inner.unchanged, inner.removed) == (1, 1, 0))
    #expect(try documents() == ["/Bücher|a.txt", "/Bücher|ü/b.txt", "/Bücher|ü/c.txt"])
    let one = try ingestor.ingest(root + "/d.txt", into: "default")
    #expect(one.added == 1)
    #expect(try documents().last == "/Bücher|ü/c.txt")
  }

  @Test func aFolderAroundOneThatIsKnownTakesItsDocumentsOver() throws {
    try write("a.txt", "Outside.")
    try write("in/b.txt", "Inside.")
    try write("in/.hidden/c.txt", "Asked for by name.")
    _ = try ingestor.ingest(root + "/in", into: "default")
    _ = try ingestor.ingest(root + "/in/.hidden/c.txt", into: "default")
    let outer = try ingestor.ingest(root, into: "default")
    #expect((outer.added, outer.moved, outer.reusedChunks, outer.removed) == (1, 1, 0, 0))
    // A hidden folder is not walked, so what was asked for by name stays.
    #expect(try documents() == ["/Bücher/in|.hidden/c.txt", "/Bücher|a.txt", "/Bücher|in/b.txt"].sorted())
    #expect(try ingestor.ingest(root, into: "default").unchanged == 2)
  }

  @Test func equalTextsAreEmbeddedOnce() throws {
    let text = "The same sentence in two files."
    try write("one.txt", text)
    try write("two.txt", text)
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.added, report.identical, report.chunks) == (1, 1, 1))
    let alone = try ingestor.ingest(root + "/one.txt", into: "other")
    #expect((alone.added, alone.reusedChunks, alone.embeddedTokens) == (1, 1, 0))
    // Records of one document that are equal to the letter.
    try write("rows.jsonl", (0..<4).map { #"{"_id": "\#($0)", "title": "t", "text": "again and again"}"# }.joined(separator: "\n"))
    #expect(try ingestor.ingest(root + "/rows.jsonl", into: "default").chunks == 4)
  }

  @Test func filesWithoutTextAreReportedAndTheRestGoesOn() throws {
    try write("empty.txt", "")
    try write("blank.md", " \n\n\t\n")
    try write("image.png", "\u{89}PNG")
    try write("good.txt", "Something.")
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.added == 1)
    #expect(report.failed.map(\.path) == ["blank.md", "image.png"])
    #expect(report.skipped.map(\.path) == ["empty.txt"])
    let sequence = try store.sequence()
    let again = try ingestor.ingest(root, into: "default")
    #expect(again.failed.map(\.path) == report.failed.map(\.path))
    #expect(try store.sequence() == sequence, "the same failures again change nothing")
  }

  /// One is read and the others are taken for it, but under a name of another kind.
  @Test func copiesOfWhatHoldsNoTextFailAlike() throws {
    for name in ["a.md", "b.md", "c.md", "d.pdf"] { try write(name, "\u{0}\u{1}\u{2} no text") }
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.failed.map(\.path) == ["a.md", "b.md", "c.md", "d.pdf"])
    #expect(Set(report.failed.prefix(3).map(\.reason)).count == 1 && report.failed[3].reason != report.failed[0].reason)
    let rows = try entries()
    #expect(rows.count == 4 && rows.allSatisfy { $0.state == .failed && $0.sha256 == rows[0].sha256 && !$0.sha256.isEmpty })
    try write("b.md", "Text at last.")
    #expect(try ingestor.ingest(root, into: "default").failed.map(\.path) == ["a.md", "c.md", "d.pdf"])
  }

  /// The reason of a failure may be gone while the file is the same: it is read again.
  @Test func whatFailedIsTriedAgain() throws {
    try write("long.txt", String(repeating: "Many words follow. ", count: 100))
    var limits = ReadingLimits()
    limits.fileByteCount = 100
    let strict = Ingestor(store: store, embedder: embedder, reader: DocumentReader(limits: limits))
    let first = try strict.ingest(root, into: "default")
    #expect(first.failed.map(\.path) == ["long.txt"])
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.failed.isEmpty)
    #expect(report.updated == 1)
    #expect(try entries().map(\.state) == [.done])
  }

  @Test func aStopLeavesWholeDocumentsAndTheNextRunGoesOn() throws {
    for index in 0..<150 { try write("doc\(index + 100).txt", "Document number \(index) about something else.") }
    let batches = Atomic(0)
    let error = #expect(throws: IngestionError.self) {
      try self.ingestor.ingest(
        self.root, into: "default", isCancelled: { batches.load(ordering: .relaxed) > 0 },
        progress: { if $0.embeddedTokens > 0 { batches.add(1, ordering: .relaxed) } })
    }
    #expect(error?.code == "cancelled")
    // The others wait.
    #expect(try entries().count == 150)
    let stored = try entries().count { $0.state == .done }
    #expect(stored > 0 && stored < 150)
    let rest = try ingestor.ingest(root, into: "default")
    #expect((rest.unchanged, rest.added) == (stored, 150 - stored))
    #expect(try entries().allSatisfy { $0.chunkCount == 1 })
  }

  /// What is said about a document does not come from elsewhere, and is read as far as its limit.
  @Test func metadataOutsideTheFolderAreNotRead() throws {
    try FileManager.default.createDirectory(atPath: base + "/elsewhere", withIntermediateDirectories: true)
    try Data(#"{"secret": "word"}"#.utf8).write(to: URL(fileURLWithPath: base + "/elsewhere/x.json"))
    try write("said/x.json", #"{"open": "word"}"#)
    for name in ["out", "in", "pipe", "long"] { try write(name + ".txt", "The lamp of \(name) burns.") }
    try FileManager.default.createSymbolicLink(atPath: root + "/out.txt.meta.json", withDestinationPath: base + "/elsewhere/x.json")
    try FileManager.default.createSymbolicLink(atPath: root + "/in.txt.meta.json", withDestinationPath: root + "/said/x.json")
    #expect(mkfifo(root + "/pipe.txt.meta.json", 0o644) == 0)
    try write("long.txt.meta.json", #"{"key": ""# + String(repeating: "x", count: 2 << 20) + #""}"#)
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.added == 5 && report.failed.isEmpty)
    #expect(report.skipped.map(\.path).sorted() == ["long.txt.meta.json", "out.txt.meta.json", "pipe.txt.meta.json"])
    let collection = try #require(try store.collection(named: "default")).id
    for (key, count) in [("secret", 0), ("open", 1)] {
      var filter = DocumentFilter()
      filter.metadata[key] = ["word"]
      #expect(try store.chunks(passing: filter, in: collection)?.count == count, "\(key)")
    }
  }

  @Test func aPathThatIsNotThereMakesNoCollection() throws {
    let error = #expect(throws: IngestionError.self) { try self.ingestor.ingest(self.base + "/nowhere", into: "default") }
    #expect(error?.code == "path_missing")
    #expect(try store.collections().isEmpty)
  }

  func passages(_ question: String) throws -> [StoredChunk] {
    let collection = try #require(try store.collection(named: "default")).id
    let found = try store.denseSearch(embedder.embed([question])[0], limit: 10, in: collection)
    let chunks = try store.chunks(found.map(\.chunkID))
    return found.compactMap { chunks[$0.chunkID] }
  }

  func states() throws -> [String: FileState] {
    Dictionary(uniqueKeysWithValues: try entries().map { ($0.path, $0.state) })
  }

  @Test func filesOfTheSameContentAreCitedTogether() throws {
    let text = "The keeper lights the lamp at dusk."
    try write("one.txt", text)
    try write("two/three.txt", text)
    #expect(try ingestor.ingest(root, into: "default").identical == 1)
    let found = try passages("lamp")
    #expect(found.map(\.path) == ["one.txt"] && found[0].otherPaths == ["two/three.txt"])
    let collection = try #require(try store.collection(named: "default")).id
    for path in ["one.txt", "two", "two/*.txt"] {
      var filter = DocumentFilter()
      filter.paths = [path]
      #expect(try store.chunks(passing: filter, in: collection)?.count == 1, "\(path)")
      // Nothing is said of files that were not asked for.
      let named = try store.named(found[0], by: filter)
      #expect(named.otherPaths.isEmpty && [named.path, named.document] == Array(repeating: path == "one.txt" ? path : "two/three.txt", count: 2))
    }
    #expect(try store.named(found[0], by: DocumentFilter()) == found[0])
    #expect(try store.chunkIDs(ofDocument: "two/three.txt", in: collection) == [found[0].id])

    // Either may go, or change, and the other one answers.
    try write("one.txt", "Something else entirely.")
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.updated, report.removed, report.reusedChunks) == (1, 0, 0))
    #expect(try passages("lamp").map(\.path) == ["two/three.txt", "one.txt"])
    try FileManager.default.removeItem(atPath: root + "/two/three.txt")
    #expect(try ingestor.ingest(root, into: "default").removed == 1)
    #expect(try passages("lamp").map(\.text) == ["Something else entirely."])
    #expect(try store.audit().isEmpty)
  }

  @Test func readingAllAgainKeepsCopiesTogether() throws {
    for name in ["a.txt", "b.txt"] { try write(name, "The same.") }
    _ = try ingestor.ingest(root, into: "default")
    var options = IngestOptions()
    options.rereadsAll = true
    let report = try ingestor.ingest(root, into: "default", options: options)
    #expect((report.updated, report.chunks) == (2, 1))
    #expect(try passages("same").map(\.otherPaths) == [["b.txt"]])
  }

  /// Each of them alone, as where `ingest --force` is stopped between two; one is in another folder.
  @Test func whatIsReadAgainTakesItsCopiesAlong() throws {
    for name in ["a.txt", "b.txt"] { try write(name, "The keeper lights the lamp at dusk.") }
    try write("../else/c.txt", "The keeper lights the lamp at dusk.")
    try write("../else/d.txt", "The ferry is late.")
    _ = try ingestor.ingest(root, into: "default")
    _ = try ingestor.ingest(base + "/else", into: "default")
    var options = IngestOptions()
    options.rereadsAll = true
    for path in [root + "/b.txt", base + "/else/c.txt", root + "/a.txt", root] {
      _ = try ingestor.ingest(path, into: "default", options: options)
      #expect(Set(try entries().map(\.documentID)).count == 2, "\(path)")
      #expect(try passages("lamp").filter { $0.text.contains("lamp") }.map { Set([$0.path] + $0.otherPaths) } == [["a.txt", "b.txt", "c.txt"]])
    }
    // Of what another folder has, and of what one of this folder had.
    try write("new.txt", "The ferry is late.")
    try write("a.txt", "The wind is up.")
    try write("z.txt", "The keeper lights the lamp at dusk.")
    _ = try ingestor.ingest(root, into: "default", options: options)
    #expect(
      Set(try passages("lamp").map { ([$0.path] + $0.otherPaths).sorted().joined(separator: " ") + ": " + $0.text }) == [
        "d.txt new.txt: The ferry is late.", "a.txt: The wind is up.", "b.txt c.txt z.txt: The keeper lights the lamp at dusk.",
      ])
    #expect(try store.audit().isEmpty)
  }

  /// As an import may make them.
  @Test func equalFilesWithADocumentEachShareOneAgain() throws {
    for name in ["a.txt", "b.txt", "c.txt"] { try write(name, "The keeper lights the lamp at dusk.") }
    _ = try ingestor.ingest(root, into: "default")
    let collection = try #require(try store.collection(named: "default")).id
    let chunk = try #require(try passages("lamp").first)
    let vector = try #require(try store.vectors(of: [chunk.id], in: collection)[chunk.id])
    let entry = try #require(try entries().first { $0.path == "b.txt" })
    var version = DocumentVersion(
      root: entry.root, path: entry.path, sha256: entry.sha256, byteCount: entry.byteCount, modificationTime: entry.modificationTime, format: "text",
      title: nil)
    version.stamp = entry.stamp
    let text = Chunk(
      ordinal: 0, textRange: 0..<chunk.text.utf8.count, text: chunk.text, title: nil, headingPath: [], context: nil, record: nil, spans: chunk.spans,
      tokenCount: 9)
    try store.apply([FileChange(version, .skipped)], in: collection)
    try store.apply(
      [FileChange(version, .stored(ChunkStream([EmbeddedChunk(chunk: text, contentHash: chunk.contentHash, vector: vector)])))], in: collection)
    #expect(Set(try entries().map(\.documentID)).count == 2)

    let report = try ingestor.ingest(root, into: "default")
    #expect((report.updated, report.unchanged, report.chunks) == (1, 2, 0))
    #expect(Set(try entries().map(\.documentID)).count == 1)
    #expect(try passages("lamp").map { [$0.path] + $0.otherPaths } == [["a.txt", "b.txt", "c.txt"]])
    #expect(try store.audit().isEmpty)
    #expect(try ingestor.ingest(root, into: "default").unchanged == 3)
  }

  /// The first of several holders may be the one that changes.
  @Test func aCopyOfWhatOneOfTwoNoLongerHoldsIsTheOthers() throws {
    for name in ["a.txt", "b.txt"] { try write(name, "The keeper lights the lamp at dusk.") }
    _ = try ingestor.ingest(root, into: "default")
    try write("a.txt", "The ferry is late.")
    try write("b.txt.bak.txt", "The keeper lights the lamp at dusk.")
    _ = try ingestor.ingest(root, into: "default")
    for name in ["a.txt", "b.txt"] { try write(name, name == "a.txt" ? "The keeper lights the lamp at dusk." : "The ferry was late.") }
    try write("c.txt", "The keeper lights the lamp at dusk.")
    _ = try ingestor.ingest(root, into: "default")
    #expect(try passages("lamp").filter { $0.text.contains("lamp") }.map { Set([$0.path] + $0.otherPaths) } == [["a.txt", "b.txt.bak.txt", "c.txt"]])
    #expect(try store.audit().isEmpty)
  }

  @Test func everyFileHasItsRow() throws {
    try write("good.txt", "Something.")
    try write("empty.txt", "")
    try write("film.mp4", "not a film")
    try write("broken.pdf", "%PDF-1.4 nothing")
    try write(".gitignore", "secret*\n")
    try write("secret.txt", "Nobody may know.")
    try write("good.txt.meta.json", "{}")
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.added, report.failed.count, report.skipped.count, report.ignored) == (1, 1, 2, 3))
    #expect(
      try states() == [
        "good.txt": .done, "empty.txt": .skipped, "film.mp4": .skipped, "broken.pdf": .failed, ".gitignore": .skipped, "secret.txt": .skipped,
        "good.txt.meta.json": .skipped,
      ])
    #expect(try entries().allSatisfy { $0.state == .done || !($0.reason ?? "").isEmpty })
    #expect(try entries().first { $0.path == "secret.txt" }?.reason == ".gitignore, line 1, leaves it out")

    // A rule that comes later takes a document out, and its going brings it back.
    try write(".gitignore", "good*\n")
    let later = try ingestor.ingest(root, into: "default")
    #expect((later.added, later.removed) == (1, 1))
    #expect(try states()["good.txt"] == .skipped && states()["secret.txt"] == .done)
    #expect(try passages("something").map(\.path) == ["secret.txt"])
    try FileManager.default.removeItem(atPath: root + "/.gitignore")
    #expect(try ingestor.ingest(root, into: "default").added == 1)
    #expect(try states()[".gitignore"] == nil && states()["good.txt"] == .done)
    #expect(try store.audit().isEmpty)
  }

  /// Files whose times lie far enough back are not opened again; what failed among them is tried again when that is asked for.
  @Test func whatTheFileSystemSaysIsUnchangedIsNotOpened() throws {
    try write("a.txt", "Something.")
    try write("broken.pdf", "%PDF-1.4 nothing")
    // As long as a change could have left the times as they are, files are read again.
    Thread.sleep(forTimeInterval: 3.2)
    _ = try ingestor.ingest(root, into: "default")
    let stamps = try entries().map(\.stamp)
    #expect(stamps.allSatisfy { !$0.isEmpty })
    let reads = try ingestor.ingest(root, into: "default")
    #expect((reads.unchanged, reads.failed.count) == (1, 1))
    let noted = try entries().map(\.notedAt)
    _ = try ingestor.ingest(root, into: "default")
    #expect(try entries().map(\.notedAt) == noted)
    var options = IngestOptions()
    options.retriesFailed = true
    _ = try ingestor.ingest(root, into: "default", options: options)
    #expect(try entries().first { $0.path == "broken.pdf" }?.notedAt != noted[1])
    // The same length and the old time of modification: the time of the change tells.
    let time = try FileManager.default.attributesOfItem(atPath: root + "/a.txt")[.modificationDate]
    try write("a.txt", "Different.")
    try FileManager.default.setAttributes([.modificationDate: time as Any], ofItemAtPath: root + "/a.txt")
    #expect(try ingestor.ingest(root, into: "default").updated == 1)
  }
}
