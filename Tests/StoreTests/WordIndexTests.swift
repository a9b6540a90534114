import Foundation
import GRDB
import Store
import Testing

/// Words in files: written, merged, replaced, damaged, and always the same answers as from the database alone.
@Suite struct WordIndexTests {
  let folder: TemporaryFolder
  let collection: CollectionID

  init() throws {
    folder = try TemporaryFolder()
    collection = try Store.open(directory: folder.path, access: .writing).createCollection(named: "c", embedder: embedder).id
  }

  private static let options = StoreOptions(wordThreshold: 20)
  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/words")) ?? []).sorted()
  }

  private func open(_ access: Store.Access = .writing, fileLimit: Int = Store.wordFileLimit) throws -> Store {
    var options = Self.options
    options.wordFileLimit = fileLimit
    return try Store.open(directory: folder.path, access: access, options: options)
  }

  private static func texts(_ count: Int, _ generator: inout SeededGenerator) -> [String] {
    let words = ["falcon", "heron", "kite", "owl", "rook", "crane", "stork", "swift"]
    return (0..<count).map { _ in
      (0..<Int.random(in: 1...20, using: &generator)).map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
    }
  }

  /// What is found of some documents whose words are in a file.
  private func published(seed: UInt64) throws -> [ScoredChunk] {
    var generator = SeededGenerator(seed: seed)
    let store = try open()
    try store.put("a", Self.texts(60, &generator), in: collection)
    try store.publish(collection)
    return try found(in: store)
  }

  private func found(in store: Store) throws -> [ScoredChunk] { try store.lexicalSearch(anyOf: ["kite", "rook"], limit: 30, in: collection) }

  /// Any history of changes and publishing gives what an index made at once gives, once dead words are gone; and what a reader sees that was open all
  /// along is what a new one sees.
  @Test(arguments: 1...4, [Store.wordFileLimit, 60]) func anyHistoryAnswersLikeAFreshIndex(seed: Int, fileLimit: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let store = try open(fileLimit: fileLimit)
    let reader = try open(.reading)
    var documents: [String: [String]] = [:]
    for _ in 0..<40 {
      let path = "d\(Int.random(in: 0..<12, using: &generator))"
      if Int.random(in: 0..<4, using: &generator) == 0 {
        try store.remove(paths: [("/docs", path)], from: collection)
        documents[path] = nil
      } else {
        let texts = Self.texts(Int.random(in: 1...30, using: &generator), &generator)
        try store.put(path, texts, in: collection)
        documents[path] = texts
      }
      if Bool.random(using: &generator) { try store.publish(collection) }
      let words = ["owl", "stork"]
      let held = documents.values.flatMap(\.self).filter { text in words.contains { text.contains($0) } }
      let own = try store.lexicalSearch(anyOf: words, limit: 1000, in: collection)
      #expect(try store.texts(own).sorted() == held.sorted())
      #expect(try reader.lexicalSearch(anyOf: words, limit: 1000, in: collection).map(\.chunkID).sorted() == own.map(\.chunkID).sorted())
      // Who opens it now has the same files, and in memory what they have not.
      #expect(try Set(open(.reading).lexicalSearch(anyOf: words, limit: 1000, in: collection).map(\.chunkID)) == Set(own.map(\.chunkID)))
    }
    try store.publish(collection)
    #expect(try store.audit().isEmpty)
    #expect(files.count <= (fileLimit == 60 ? 12 : 4), "\(files)")
    #expect(try query(folder, "SELECT count FROM word_segment").allSatisfy { try #require(Int($0)) <= fileLimit })
  }

  /// What is more than one file may have is divided evenly, and stays as it is when more comes.
  @Test func aCollectionHasSeveralFilesOfWords() throws {
    var generator = SeededGenerator(seed: 3)
    let store = try open(fileLimit: 60)
    for document in 0..<10 { try store.put("d\(document)", Self.texts(20, &generator), in: collection) }
    let expected = try found(in: store)
    try store.publish(collection)
    #expect(try query(folder, "SELECT count FROM word_segment ORDER BY number") == ["50", "50", "50", "50"])
    for store in try [store, open(.reading)] { #expect(try found(in: store) == expected) }
    try store.put("d10", Self.texts(20, &generator), in: collection)
    try store.publish(collection)
    #expect(try query(folder, "SELECT count FROM word_segment ORDER BY last_chunk_id") == ["50", "50", "50", "50", "20"])
    #expect(files.contains("collection-1-1.words") && files.count == 5)
    #expect(try store.audit().isEmpty)
    let after = try found(in: store)
    try store.rebuildDerived(of: ["c"])
    #expect(files.count == 5 && !files.contains("collection-1-1.words"))
    for store in try [store, open(.reading)] { #expect(try found(in: store) == after) }
  }

  /// A file of before that is larger than one may be is divided when it is made anew; until then it serves.
  @Test func aFileThatIsTooLargeIsDivided() throws {
    let expected = try published(seed: 3)
    let store = try open(fileLimit: 40)
    try store.publish(collection)
    #expect(files == ["collection-1-1.words"])
    try flipMiddle(of: folder.path + "/words/" + files[0])
    try store.publish(collection)
    #expect(try query(folder, "SELECT count FROM word_segment ORDER BY number") == ["30", "30"])
    for store in try [store, open(.reading)] { #expect(try found(in: store) == expected) }
    #expect(try store.audit().isEmpty)
  }

  @Test func aDamagedFileIsPutAsideAndMadeAnew() throws {
    let expected = try published(seed: 5)
    let file = try #require(files.first)
    try flipMiddle(of: folder.path + "/words/" + file)
    do {
      let reader = try open(.reading)
      #expect(try found(in: reader) == expected)
      #expect(reader.notices.count == 1 && reader.notices[0].contains(file))
    }
    let store = try open()
    #expect(try store.audit().map(\.kind) == [.lexical])
    try store.publish(collection)
    #expect(try found(in: store) == expected)
    #expect(try store.audit().isEmpty)
    #expect(files.contains { $0.contains(".bad-") } && files.contains { $0.hasSuffix(".words") })
  }

  /// A service that only reads mends what it finds damaged, unless another process writes.
  @Test func aReaderMendsWhatItFound() throws {
    let expected = try published(seed: 7)
    let file = folder.path + "/words/" + (try #require(files.first))
    try Data("nothing of use".utf8).write(to: URL(fileURLWithPath: file))
    let reader = try open(.reading)
    #expect(try reader.repair().isEmpty, "nothing was looked at yet")
    #expect(try found(in: reader) == expected)
    #expect(reader.damagedFiles == [file])
    do {
      let writer = try open()
      #expect(throws: StoreError.self) { try reader.repair() }
      #expect(reader.damagedFiles == [file] && writer.damagedFiles.isEmpty)
    }
    #expect(try reader.repair() == [file])
    #expect(reader.damagedFiles.isEmpty)
    #expect(try found(in: reader) == expected)
    let after = try open(.reading)
    #expect(try found(in: after) == expected)
    #expect(try after.notices.isEmpty && after.audit().isEmpty)
  }

  /// A file that could not be opened for a moment is looked at again; what a stopped ingestion staged stays.
  @Test func whatOnlySeemedDamagedIsUsedAgain() throws {
    let expected = try published(seed: 8)
    try open().stage(vectors: ["hash": vector(seed: 1)], embedder: embedder.fingerprint)
    let file = folder.path + "/words/" + (try #require(files.first))
    let content = try Data(contentsOf: URL(fileURLWithPath: file))
    try Data("nothing of use".utf8).write(to: URL(fileURLWithPath: file))
    let reader = try open(.reading)
    #expect(try found(in: reader) == expected)
    try content.write(to: URL(fileURLWithPath: file))
    #expect(try reader.repair() == [file])
    // Only a reader that looks at the file again notices that it is gone.
    try FileManager.default.removeItem(atPath: file)
    #expect(try found(in: reader) == expected)
    #expect(reader.damagedFiles == [file])
    #expect(try open().vectors(forContentHashes: ["hash"], embedder: embedder.fingerprint).count == 1)
  }

  /// A file that is cut or written to while it is mapped: its pages must not be looked at again.
  @Test(arguments: [0, 100, 100_000]) func aFileThatChangesUnderAReaderIsNotRead(byteCount: Int) throws {
    let expected = try published(seed: 9)
    let file = folder.path + "/words/" + (try #require(files.first))
    let reader = try open(.reading)
    #expect(try found(in: reader) == expected)
    let handle = try #require(FileHandle(forWritingAtPath: file))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
    #expect(try found(in: reader) == expected)
    #expect(reader.damagedFiles == [file])
    #expect(try reader.repair() == [file])
    #expect(try found(in: reader) == expected && reader.damagedFiles.isEmpty)
  }

  /// What was made for one state of the words is not used with another: a repair puts together what was apart.
  @Test func aFilterOutlivesARepair() throws {
    let expected = try published(seed: 10)
    let small = try open().createCollection(named: "small", embedder: embedder).id
    for number in 0..<3 { try open().put("s\(number)", ["kite \(number)"], in: small) }
    let reader = try open(.reading)
    var filter = DocumentFilter()
    filter.paths = ["s*"]
    func filtered() throws -> Int {
      try reader.lexicalSearch(anyOf: ["kite"], limit: 10, in: small, among: reader.chunks(passing: filter, in: small)).count
    }
    #expect(try filtered() == 3)
    // Now in a segment of its own, in memory.
    try open().put("s3", ["kite 3"], in: small)
    #expect(try filtered() == 4)
    let file = folder.path + "/words/" + (try #require(files.first))
    try Data("nothing of use".utf8).write(to: URL(fileURLWithPath: file))
    #expect(try found(in: reader) == expected)
    #expect(try reader.repair() == [file])
    #expect(try filtered() == 4)
  }

  @Test func aPipeInThePlaceOfAFileIsNotWaitedFor() throws {
    let expected = try published(seed: 11)
    let file = folder.path + "/words/" + (try #require(files.first))
    try FileManager.default.removeItem(atPath: file)
    #expect(mkfifo(file, 0o644) == 0)
    for access in [Store.Access.reading, .writing] { #expect(try found(in: open(access)) == expected) }
  }

  @Test func aMissingFileIsMadeAnew() throws {
    var generator = SeededGenerator(seed: 6)
    try open().put("a", Self.texts(60, &generator), in: collection)
    try open().publish(collection)
    for file in files { try FileManager.default.removeItem(atPath: folder.path + "/words/" + file) }
    #expect(try !open(.reading).lexicalSearch(anyOf: ["kite"], limit: 30, in: collection).isEmpty)
    try open().publish(collection)
    #expect(files.count == 1)
    #expect(try open().audit().isEmpty)
  }

  @Test(arguments: [
    StoreStep.createFile, .writeFile, .syncFile, .renameFile, .syncFolder, .beforeGenerationRow, .beforeCommit, .afterCommit, .beforePruning,
  ])
  func aStopWhilePublishingLosesNothing(step: StoreStep) throws {
    struct Injected: Error {}
    var generator = SeededGenerator(seed: 7)
    try open().put("a", Self.texts(30, &generator), in: collection)
    try open().publish(collection)
    try open().put("b", Self.texts(40, &generator), in: collection)
    let expected = try Set(open().lexicalSearch(anyOf: ["owl"], limit: 100, in: collection).map(\.chunkID))
    do {
      let store = try Store.open(
        directory: folder.path, access: .writing,
        options: StoreOptions(wordThreshold: 20, failpoint: { reached in if reached == step { throw Injected() } }))
      #expect(throws: StoreError.self) { try store.publish(collection) }
    }
    #expect(try Set(open().lexicalSearch(anyOf: ["owl"], limit: 100, in: collection).map(\.chunkID)) == expected)
    try open().publish(collection)
    #expect(try open().audit().isEmpty)
    #expect(files.count == 1 && files[0].hasSuffix(".words"), "\(files)")
  }

  @Test func aCollectionTakesItsFilesWithIt() throws {
    var generator = SeededGenerator(seed: 8)
    let store = try open()
    try store.put("a", Self.texts(60, &generator), in: collection)
    try store.publish(collection)
    #expect(files.count == 1)
    try store.removeCollection(collection)
    #expect(files.isEmpty)
  }
}
