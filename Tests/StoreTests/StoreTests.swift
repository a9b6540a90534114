import Chunking
import Documents
import Foundation
import Store
import Testing

@Suite struct StoreTests {
  let folder: TemporaryFolder
  let store: Store
  let collection: CollectionHandle

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.open(directory: folder.path, access: .writing)
    collection = try store.createCollection(named: "default", embedder: embedder)
  }

  @Test func aDocumentComesBackWithItsSource() throws {
    let chunk = chunk("The falcon flies.", title: "Birds", headings: ["Birds", "Falcons"], context: "ctx")
    try store.replace(
      version("a/birds.md", title: "Birds"), with: [EmbeddedChunk(chunk: chunk, contentHash: "h", vector: vector(seed: 1))], in: collection.id)
    let found = try store.denseSearch(vector(seed: 1), limit: 5, in: collection.id)
    let stored = try #require(try store.chunks(found.map(\.chunkID))[found[0].chunkID])
    #expect(stored.text == "The falcon flies.")
    #expect(stored.document == "a/birds.md" && stored.path == "a/birds.md" && stored.root == "/docs")
    #expect(stored.title == "Birds" && stored.headingPath == ["Birds", "Falcons"] && stored.context == "ctx")
    #expect(stored.spans == chunk.spans && stored.ordinal == 0 && stored.contentHash == "h")
    #expect(abs(found[0].score - 1) < 1e-5)
  }

  @Test func aWeightThatWasLearntStays() throws {
    #expect(collection.denseWeight == nil)
    let before = try store.sequence()
    try store.setDenseWeight(0.3, of: collection.id)
    // The same question may get another answer: receipts must tell.
    #expect(try store.sequence() > before)
    let reader = try Store.open(directory: folder.path, access: .reading)
    #expect(try reader.collection(named: "default")?.denseWeight == 0.3 && reader.collections().first?.denseWeight == 0.3)
    try store.setDenseWeight(nil, of: collection.id)
    #expect(try store.collection(named: "default")?.denseWeight == nil)
  }

  @Test func aRecordGivesTheDocumentItsName() throws {
    let record = RecordIdentity(name: "doc-7", title: "Seven")
    try store.replace(version("corpus.jsonl"), with: [embedded("text", title: "file", record: record)], in: collection.id)
    let id = try #require(try store.lexicalSearch(anyOf: ["seven"], limit: 1, in: collection.id).first).chunkID
    let stored = try #require(try store.chunks([id])[id])
    #expect(stored.document == "doc-7" && stored.title == "Seven" && stored.path == "corpus.jsonl")
  }

  @Test func aNewVersionReplacesTheOldOneEverywhere() throws {
    try store.put("a.txt", ["old words", "more old words"], in: collection.id)
    #expect(try store.denseSearch(vector(seed: stableSeed("old words")), limit: 9, in: collection.id).count == 2)
    try store.put("a.txt", ["new words"], in: collection.id, sha256: "01")
    #expect(try store.texts(store.denseSearch(vector(seed: stableSeed("old words")), limit: 9, in: collection.id)) == ["new words"])
    #expect(try store.lexicalSearch(anyOf: ["old"], limit: 9, in: collection.id).isEmpty)
    #expect(try store.texts(store.lexicalSearch(anyOf: ["new"], limit: 9, in: collection.id)) == ["new words"])
    let ledger = try store.ledger(of: collection.id)
    #expect(ledger.map(\.sha256) == ["01"] && ledger.map(\.chunkCount) == [1] && ledger.map(\.state) == [.done])
    #expect(try store.audit().isEmpty)
  }

  @Test func aFailureLeavesTheOldVersionAnswering() throws {
    try store.put("a.txt", ["still here"], in: collection.id)
    try store.putFailure("a.txt", "no text in it", in: collection.id, sha256: "02")
    try store.putFailure("b.txt", "broken", in: collection.id, sha256: "03")
    #expect(try store.texts(store.lexicalSearch(anyOf: ["still"], limit: 9, in: collection.id)) == ["still here"])
    let ledger = try store.ledger(of: collection.id)
    #expect(ledger.map(\.path) == ["a.txt", "b.txt"] && ledger.map(\.state) == [.failed, .failed])
    #expect(ledger.map(\.sha256) == ["02", "03"] && ledger.map(\.reason) == ["no text in it", "broken"] && ledger.map(\.chunkCount) == [1, 0])
    let status = try #require(try store.collections().first)
    #expect(status.documentCount == 0 && status.failedCount == 2 && status.chunkCount == 1)
    try store.put("a.txt", ["again"], in: collection.id, sha256: "04")
    #expect(try store.ledger(of: collection.id).first?.reason == nil)
    #expect(try store.audit().isEmpty)
  }

  @Test func removingTakesADocumentOutOfEverything() throws {
    try store.put("a.txt", ["alpha"], in: collection.id)
    try store.put("b.txt", ["beta"], in: collection.id)
    _ = try store.denseSearch(vector(seed: 1), limit: 9, in: collection.id)
    #expect(try store.remove(paths: [(root: "/docs", path: "a.txt"), (root: "/docs", path: "none")], from: collection.id) == 1)
    #expect(try store.texts(store.denseSearch(vector(seed: 1), limit: 9, in: collection.id)) == ["beta"])
    #expect(try store.lexicalSearch(anyOf: ["alpha"], limit: 9, in: collection.id).isEmpty)
    #expect(try store.ledger(of: collection.id).map(\.path) == ["b.txt"])
    #expect(try store.audit().isEmpty)
  }

  @Test func theSequenceRisesWithEveryChange() throws {
    let first = try store.sequence()
    try store.put("a.txt", ["alpha"], in: collection.id)
    try store.put("b.txt", ["beta"], in: collection.id)
    #expect(try store.sequence() == first + 2)
    // Neither changes what is found.
    try store.putFailure("c.txt", "x", in: collection.id)
    #expect(try store.remove(paths: [], from: collection.id) == 0)
    #expect(try store.sequence() == first + 2)
  }

  @Test func aConfirmedDocumentKeepsItsChunks() throws {
    try store.put("a.txt", ["alpha"], in: collection.id)
    var touched = version("a.txt")
    touched.modificationTime = 99
    try store.apply([FileChange(touched, .unchanged)], in: collection.id)
    let entry = try #require(try store.ledger(of: collection.id).first)
    #expect(entry.modificationTime == 99 && entry.state == .unchanged && entry.chunkCount == 1)
    #expect(try store.lexicalSearch(anyOf: ["alpha"], limit: 1, in: collection.id).count == 1)
  }

  @Test func aCollectionBelongsToOneEmbedder() throws {
    #expect(try store.createCollection(named: "default", embedder: embedder) == collection)
    let other = EmbedderIdentity(fingerprint: "another", dimension: 16)
    let error = #expect(throws: StoreError.self) { try store.createCollection(named: "default", embedder: other) }
    #expect(error?.code == "embedder_mismatch" && error?.why?.contains("another") == true)
    #expect(try store.collection(named: "default") == collection)
    #expect(try store.collection(named: "none") == nil)
  }

  @Test func collectionsDoNotSeeEachOther() throws {
    let second = try store.createCollection(named: "second", embedder: embedder)
    try store.put("a.txt", ["shared word alpha"], in: collection.id)
    try store.put("a.txt", ["shared word beta", "shared"], in: second.id)
    let scores = try store.lexicalSearch(anyOf: ["alpha"], limit: 9, in: collection.id)
    #expect(try store.texts(scores) == ["shared word alpha"])
    #expect(try store.denseSearch(vector(seed: 3), limit: 9, in: second.id).count == 2)
    try store.removeCollection(second.id)
    #expect(try store.lexicalSearch(anyOf: ["alpha"], limit: 9, in: collection.id) == scores)
    #expect(try store.collections().map(\.name) == ["default"])
    let error = #expect(throws: StoreError.self) { try store.denseSearch(vector(seed: 3), limit: 9, in: second.id) }
    #expect(error?.code == "collection_missing")
    let lexical = #expect(throws: StoreError.self) { try store.lexicalSearch(anyOf: ["beta"], limit: 9, in: second.id) }
    #expect(lexical?.code == "collection_missing")
    #expect(try store.audit().isEmpty)
  }

  @Test func aVectorOfTheWrongLengthIsRefused() throws {
    let wrong = EmbeddedChunk(chunk: chunk("x"), contentHash: "h", vector: [1, 0])
    let error = #expect(throws: StoreError.self) { try store.replace(version("a"), with: [wrong], in: collection.id) }
    #expect(error?.code == "vector_dimension")
    #expect(try store.ledger(of: collection.id).isEmpty)
  }

  @Test func knownTextIsNotEmbeddedAgain() throws {
    let known = embedded("known text")
    try store.replace(version("a"), with: [known], in: collection.id)
    try store.stage(vectors: ["staged": vector(seed: 5)], embedder: embedder.fingerprint)
    let vectors = try store.vectors(forContentHashes: [known.contentHash, "staged", "unknown"], embedder: embedder.fingerprint)
    #expect(vectors == [known.contentHash: known.vector, "staged": vector(seed: 5)])
    #expect(try store.vectors(forContentHashes: [known.contentHash, "staged"], embedder: "another").isEmpty)
  }

  @Test func stagedVectorsGoWithTheirDocument() throws {
    try store.stage(vectors: ["one": vector(seed: 5), "two": vector(seed: 6)], embedder: embedder.fingerprint)
    try store.replace(version("a"), with: [EmbeddedChunk(chunk: chunk("x"), contentHash: "one", vector: vector(seed: 5))], in: collection.id)
    #expect(try query(folder, "SELECT content_hash FROM staged_vector") == ["two"])
    try store.publish(collection.id)
    #expect(try store.vectors(forContentHashes: ["two"], embedder: embedder.fingerprint).isEmpty)
  }

  @Test func aStoreThatReadsDoesNotWrite() throws {
    let reader = try Store.open(directory: folder.path, access: .reading)
    let error = #expect(throws: StoreError.self) { try reader.put("a", ["x"], in: collection.id) }
    #expect(error?.code == "index_reading_only")
  }

  @Test func theWriterSyncsEveryCommit() throws {
    #expect(try store.writerSynchronousLevel() == 2, "FULL is 2: an acknowledged commit must not vanish with the power")
    #expect(try query(folder, "PRAGMA journal_mode") == ["wal"])
  }
}
