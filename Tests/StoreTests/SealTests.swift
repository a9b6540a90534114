import Foundation
import Store
import Testing

/// Rows that are not as they were written do not answer, whatever column it is, and nothing that is written later hides it.
@Suite struct SealTests {
  let folder: TemporaryFolder
  let collection: CollectionID

  init() throws {
    folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing)
    collection = try store.createCollection(named: "default", embedder: embedder, chunker: "c/1").id
    try store.put("a.txt", ["alpha"], in: collection, sha256: "a")
    var described = version("b.txt", sha256: "b", title: "B")
    (described.language, described.metadata) = ("en", ["author": ["x"]])
    try store.replace(described, with: [embedded("beta")], in: collection)
    try store.apply([FileChange(version("copy.txt", sha256: "b"), .sameAs(root: "/docs", path: "b.txt"))], in: collection)
    #expect(try store.audit().isEmpty)
  }

  private func isRefused(_ body: () throws -> Void) -> Bool {
    do {
      try body()
      return false
    } catch let error as StoreError {
      return error.code == "index_corrupt" && error.message.contains("not as it was written") && error.remedy?.contains("audit") == true
    } catch {
      return false
    }
  }

  private func open(_ access: Store.Access = .writing) throws -> Store { try Store.open(directory: folder.path, access: access) }

  private func findings(_ store: Store) throws -> String { try store.audit().map { "\($0.kind.rawValue): \($0.message)" }.joined(separator: "\n") }

  private static func filters(_ set: [(inout DocumentFilter) -> Void]) -> [DocumentFilter] {
    set.map { set in
      var filter = DocumentFilter()
      set(&filter)
      return filter
    }
  }

  /// One bit of each column, where a column is text that of a letter.
  @Test(arguments: [
    "root = '/docr'", "path = 'c.txt'", "sha256 = 'c'", "byte_count = 11", "modification_time = 3", "title = 'C'", "title = NULL", "format = 'tdxt'",
    "language = 'dn'", "metadata = '{\"author\":[\"y\"]}'", "chunk_count = 0", "collection_id = 3",
  ]) func aDamagedDocumentAnswersNoFilterAndNoQuestion(change damage: String) throws {
    try change(folder, "UPDATE document SET \(damage) WHERE path = 'b.txt'")
    for access in [Store.Access.reading, .writing] {
      let store = try open(access)
      let ids = try store.denseSearch(vector(seed: 1), limit: 9, in: collection).map(\.chunkID)
      #expect(ids.count == 2 && isRefused { _ = try store.chunks(ids) })
      let filters = Self.filters([{ $0.formats = ["text"] }, { $0.formats = ["none"] }, { $0.languages = ["en"] }, { $0.metadata["author"] = ["x"] }])
      for filter in filters { #expect(isRefused { _ = try store.chunks(passing: filter, in: collection) }, "\(filter)") }
    }
    let store = try open()
    #expect(isRefused { _ = try store.export("default", to: self.folder.path + "-export.jsonl") })
    if !damage.hasPrefix("collection_id") { #expect(try findings(store).contains("rows: the index is damaged: document 2")) }
    // Neither a new time nor a new name makes it a sound one, unless that is what was damaged.
    try store.apply([FileChange(version("b.txt", sha256: "b"), .unchanged)], in: collection)
    let isMended = damage.hasPrefix("byte_count") || damage.hasPrefix("modification_time")
    #expect(isRefused { _ = try store.chunks([2]) } != isMended)
    try store.remove(paths: [("/docs", "b.txt")], from: collection)
    #expect(isRefused { _ = try store.chunks([2]) } != isMended)
    // A new version of all its files does.
    try store.put("b.txt", ["beta"], in: collection, sha256: "b2")
    try store.put("copy.txt", ["beta too"], in: collection, sha256: "b3")
    try store.put("c.txt", ["beta"], in: collection, sha256: "b2")
    #expect(try store.chunks(store.chunkIDs(of: collection)).count == 4 && store.audit().isEmpty)
  }

  /// What an export cannot reach is not left out of it without a word.
  @Test(arguments: [
    "UPDATE document SET id = 77 WHERE path = 'b.txt'", "UPDATE chunk SET document_id = 1 WHERE id = 2", "UPDATE chunk SET id = 0 WHERE id = 2",
    "UPDATE chunk SET id = -9223372036854775808 WHERE id = 2", "UPDATE vector SET chunk_id = 77 WHERE chunk_id = 2",
  ]) func anExportIsWholeOrRefused(damage: String) throws {
    try change(folder, damage)
    let store = try open()
    #expect(isRefused { _ = try store.export("default", to: self.folder.path + "-export.jsonl") })
    #expect(!FileManager.default.fileExists(atPath: folder.path + "-export.jsonl"))
    #expect(try !store.audit().isEmpty)
    do { #expect(try store.neighbourhoods(of: [2, .min, .max])[.max] == nil) } catch { #expect(error.code == "index_corrupt") }
  }

  /// A word that was changed on the way does not come in beside a vector of another.
  @Test func anExportThatWasChangedIsRefused() throws {
    let path = folder.path + "-export.jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try open().export("default", to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let store = try open(.writing)
    try Data(text.replacing("\"beta\"", with: "\"bete\"").utf8).write(to: URL(fileURLWithPath: path))
    #expect { try store.importCollection(path, as: "changed") } throws: { ($0 as? StoreError)?.why?.contains("checksum") == true }
    #expect(try store.collection(named: "changed") == nil)
    // Other programs need not make one.
    let stripped = text.split(separator: "\n").map { line -> String in
      guard line.hasPrefix("{\"end\""), let comma = line.range(of: ",\"sha256\"") else { return String(line) }
      return line[..<comma.lowerBound] + "}}"
    }
    try Data(stripped.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    #expect(try store.importCollection(path, as: "stripped").documents > 0)
  }

  /// A number that only damage leaves there stops no audit.
  @Test(arguments: ["dimension = 9223372036854775807", "sequence = 9223372036854775807"])
  func anAuditLivesWithAnyNumberOfACollection(damage: String) throws {
    try change(folder, "UPDATE collection SET \(damage)")
    for access in [Store.Access.reading, .writing] {
      // Nothing covers the sequence number.
      do { #expect(try !open(access).audit().isEmpty || damage.hasPrefix("sequence")) } catch {
        #expect((error as? StoreError)?.code == "index_corrupt", "\(error)")
      }
    }
  }

  @Test(arguments: [
    "collection_id = 3", "document_id = 1", "ordinal = 1", "text_start = 1", "text_end = 9", "record_name = 'r'", "title = 'T'",
    "heading_path = '[\"H\"]'", "header = 'h'", "context = 'c'", "body = 'bet`'", "body = 'beta '", "spans = '[]'", "content_hash = 'x'",
    "token_count = 9", "checksum = checksum + 1",
  ]) func aDamagedPassageAnswersNoQuestion(change damage: String) throws {
    try change(folder, "UPDATE chunk SET \(damage) WHERE id = 2")
    for access in [Store.Access.reading, .writing] {
      let store = try open(access)
      #expect(isRefused { _ = try store.chunks([2]) } && isRefused { _ = try store.texts(of: [2]) })
      #expect(isRefused { _ = try store.neighbourhoods(of: [2]) })
      #expect(try store.chunks([1]).count == 1)
    }
    let store = try open()
    if !damage.hasPrefix("collection_id") { #expect(try findings(store).contains("rows: the index is damaged: passage 2 is not as it was written")) }
    #expect(isRefused { _ = try store.export("default", to: self.folder.path + "-export.jsonl") })
  }

  @Test(arguments: ["path = 'd.txt'", "root = '/docr'", "modification_time = 3", "document_id = 1", "document_id = NULL"])
  func aDamagedFileAnswersNoFilter(change damage: String) throws {
    try change(folder, "UPDATE file SET \(damage) WHERE path = 'copy.txt'")
    let store = try open()
    let day = Date(timeIntervalSince1970: 86_400)
    for filter in Self.filters([{ $0.modifiedFrom = day }, { $0.modifiedBefore = day }, { $0.paths = ["a.txt"] }, { $0.paths = ["*.md"] }]) {
      #expect(isRefused { _ = try store.chunks(passing: filter, in: collection) }, "\(filter)")
    }
    // It is cited beside its document's own file.
    if !damage.contains("document_id") { #expect(isRefused { _ = try store.chunks([2]) }) }
    #expect(try findings(store).contains("rows: the index is damaged: file "))
  }

  /// SQLite's own lists carry no checksums: an entry that is not there, or leads elsewhere, must not leave a document out.
  @Test func aDamagedListOfPassagesAnswersNoFilter() throws {
    try change(
      folder,
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, '(document_id)', '(document_id) WHERE id > 1') WHERE name = 'chunk_document';
      """)
    try change(folder, "REINDEX chunk_document")
    try change(
      folder,
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, ' WHERE id > 1', '') WHERE name = 'chunk_document';
      """)
    let store = try open()
    for filter in Self.filters([{ $0.modifiedBefore = .distantFuture }, { $0.paths = ["a.txt"] }, { $0.paths = ["*"] }]) {
      #expect(throws: StoreError.self, "\(filter)") { _ = try store.chunks(passing: filter, in: collection) }
    }
  }

  /// SQLite's list of the rows in a page has no checksum either: every bit of it, in all pages of what questions and filters run through.
  @Test(arguments: ["file", "document", "chunk_collection"]) func aDamagedListOfRowsLeavesNothingOut(name: String) throws {
    func passing(_ set: (inout DocumentFilter) -> Void) -> (Store) throws -> [Int64] {
      var filter = DocumentFilter()
      set(&filter)
      return { [filter] store in
        let chunks = try store.chunks(passing: filter, in: self.collection)
        return (1...100).filter { chunks?.contains($0) == true }
      }
    }
    let questions: [(Store) throws -> [Int64]] =
      switch name {
      case "file": [passing { $0.modifiedBefore = .distantFuture }]
      case "document": [passing { $0.formats = ["text"] }, passing { $0.modifiedBefore = .distantFuture }]
      default:
        [
          { try $0.denseSearch(vector(seed: 1), limit: 99, in: self.collection).map(\.chunkID).sorted() },
          { try $0.lexicalSearch(anyOf: ["word"], limit: 99, in: self.collection).map(\.chunkID).sorted() },
        ]
      }
    // The log is folded back when the store is closed.
    func fill() throws -> [[Int64]] {
      let store = try open()
      for number in 10..<50 { try store.put("note \(number).txt", ["word \(number)"], in: collection, sha256: "\(number)") }
      return try questions.map { try $0(store) }
    }
    let expected = try fill()
    #expect(expected.allSatisfy { $0.count >= 40 })
    #expect((try? Data(contentsOf: URL(filePath: folder.path + "/index.sqlite-wal")))?.isEmpty != false)
    let path = folder.path + "/index.sqlite"
    let sound = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let (pageSize, root) = (
      Int(sound[16]) << 8 | Int(sound[17]), try #require(Int(try query(folder, "SELECT rootpage FROM sqlite_schema WHERE name = '\(name)'")[0]))
    )
    func number(_ place: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 << 8 | Int(sound[place + $1]) } }
    // SQLite's file format, section 1.6.
    var (pages, places) = ([root], [Int]())
    while let page = pages.popLast() {
      let start = (page - 1) * pageSize
      let (isInner, cellCount) = (sound[start] == 5, number(start + 3, 2))
      let cells = start + (isInner ? 12 : 8)
      places += start..<cells + 2 * cellCount
      guard isInner else { continue }
      pages.append(number(start + 8, 4))
      for cell in 0..<cellCount {
        let child = start + number(cells + 2 * cell, 2)
        places += child..<child + 5
        pages.append(number(child, 4))
      }
    }
    #expect(places.count > 90)
    let copy = try TemporaryFolder()
    var refused = 0
    for place in places {
      for bit in 0..<8 {
        var damaged = sound
        damaged[place] ^= 1 << bit
        try Data(damaged).write(to: URL(filePath: copy.path + "/index.sqlite"))
        do {
          let store = try Store.open(directory: copy.path, access: .reading)
          for (number, question) in questions.enumerated() {
            #expect(try question(store) == expected[number], "byte \(place), bit \(bit), question \(number)")
          }
        } catch is StoreError { refused += 1 }
      }
    }
    #expect(refused > places.count)
  }

  @Test(arguments: ["embedder = 'other'", "dimension = 15", "dense_weight = 0.75", "chunker = 'c/2'"])
  func aDamagedCollectionIsNotOpened(change damage: String) throws {
    try change(folder, "UPDATE collection SET \(damage)")
    let store = try open()
    #expect(isRefused { _ = try store.collection(named: "default") })
    #expect(try findings(store).contains("rows: the index is damaged: collection default"))
  }

  @Test func whatChangesACollectionKeepsItWhole() throws {
    let store = try open()
    try store.setDenseWeight(0.3, of: collection)
    #expect(try store.collection(named: "default")?.denseWeight == 0.3)
    let replacement = try store.beginReplacement(of: "default", embedder: embedder, chunker: "c/2")
    try store.finishReplacement(replacement.id, of: "default")
    let known = try store.collection(named: "default")
    #expect(known?.id == replacement.id && known?.denseWeight == 0.3 && known?.chunker == "c/2")
    #expect(try store.audit().isEmpty)
  }

  @Test func aDamagedVectorThatWaitsForItsDocumentIsMadeAnew() throws {
    let store = try open()
    try store.stage(vectors: ["one": vector(seed: 1), "two": vector(seed: 2)], embedder: embedder.fingerprint)
    try change(folder, "UPDATE staged_vector SET data = zeroblob(length(data)) WHERE content_hash = 'one'")
    #expect(try store.vectors(forContentHashes: ["one", "two"], embedder: embedder.fingerprint) == ["two": vector(seed: 2)])
  }

  /// Words whose file cannot be told are read from the database.
  @Test(arguments: [
    "UPDATE word_segment SET last_chunk_id = last_chunk_id + 4 WHERE number = 1", "UPDATE word_segment SET first_chunk_id = 1 WHERE number = 1",
    "UPDATE word_segment SET collection_id = 7 WHERE number = 1", "DELETE FROM word_segment WHERE number = 1",
    "UPDATE word_segment SET last_chunk_id = last_chunk_id + 4 WHERE number = 2", "UPDATE word_segment SET count = 9 WHERE number = 2",
  ]) func aDamagedRowOfAWordIndexLosesNoWord(sql: String) throws {
    let options = StoreOptions(wordThreshold: 2)
    do {
      let store = try Store.open(directory: folder.path, access: .writing, options: options)
      try store.put("large.txt", (0..<20).map { "word \($0)" }, in: collection)
      try store.publish(collection)
      for name in ["c", "d"] { try store.put(name, ["word of \(name)"], in: collection) }
      try store.publish(collection)
      try store.put("e", ["word of e"], in: collection)
      #expect(try query(folder, "SELECT number FROM word_segment").count == 2)
    }
    try change(folder, sql)
    for access in [Store.Access.reading, .writing] {
      let store = try Store.open(directory: folder.path, access: access, options: options)
      #expect(try store.lexicalSearch(anyOf: ["word"], limit: 99, in: collection).count == 23)
    }
    let store = try Store.open(directory: folder.path, access: .writing, options: options)
    // A row that is gone leaves one that begins too late; the last one may be gone.
    #expect(try store.audit().contains { $0.kind == .lexical || $0.kind == .database })
    try store.publish(collection)
    #expect(try store.lexicalSearch(anyOf: ["word"], limit: 99, in: collection).count == 23)
    #expect(try store.audit().filter { $0.kind != .database }.isEmpty)
  }
}
