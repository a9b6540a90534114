import Foundation
import Store
import Testing

/// A collection that is made anew beside the one that serves.
@Suite struct ReplacementTests {
  let folder: TemporaryFolder
  let store: Store
  let old: CollectionID
  private let other = EmbedderIdentity(fingerprint: "another", dimension: 16)

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.open(directory: folder.path, access: .writing)
    old = try store.createCollection(named: "default", embedder: embedder, chunker: "c/1").id
    try store.put("a.txt", ["alpha"], in: old)
  }

  @Test func nobodySeesItBeforeItIsFinished() throws {
    let reader = try Store.open(directory: folder.path, access: .reading)
    let new = try store.beginReplacement(of: "default", embedder: other, chunker: "c/2").id
    try store.put("a.txt", ["omega"], in: new)
    #expect(try reader.collections().map(\.name) == ["default"])
    #expect(try reader.unfinishedReplacements() == ["default"] && reader.unfinishedReplacement(of: "default") == new)
    #expect(try reader.collection(named: "default")?.id == old)
    // What was begun is gone on with, unless it was for something else.
    #expect(try store.beginReplacement(of: "default", embedder: other, chunker: "c/2").id == new)
    try store.finishReplacement(new, of: "default")
    let handle = try #require(try reader.collection(named: "default"))
    #expect(handle.id == new && handle.embedder == other && handle.chunker == "c/2")
    #expect(try reader.texts(reader.denseSearch(vector(seed: 1), limit: 9, in: new)) == ["omega"])
    #expect(throws: StoreError.self) { try reader.denseSearch(vector(seed: 1), limit: 9, in: old) }
    #expect(try store.audit().isEmpty)
  }

  @Test func whatWasBegunForSomethingElseIsForgotten() throws {
    let first = try store.beginReplacement(of: "default", embedder: other, chunker: "c/2").id
    try store.put("a.txt", ["omega"], in: first)
    let second = try store.beginReplacement(of: "default", embedder: other, chunker: "c/3").id
    #expect(second != first)
    #expect(try store.ledger(of: second).isEmpty)
    #expect(try store.abandonReplacement(of: "default"))
    #expect(try !store.abandonReplacement(of: "default"))
    #expect(try store.texts(store.denseSearch(vector(seed: 1), limit: 9, in: old)) == ["alpha"])
    #expect(try store.audit().isEmpty)
  }

  @Test func anotherChunkerIsAnErrorThatSaysWhatToDo() throws {
    let error = #expect(throws: StoreError.self) { try store.createCollection(named: "default", embedder: embedder, chunker: "c/2") }
    #expect(error?.code == "chunker_mismatch" && error?.remedy?.contains("quarry reindex") == true)
    #expect(try store.createCollection(named: "default", embedder: embedder, chunker: "c/1").id == old)
    // One of before that was noted takes the first.
    #expect(try store.createCollection(named: "older", embedder: embedder).chunker.isEmpty)
    #expect(try store.createCollection(named: "older", embedder: embedder, chunker: "c/2").chunker == "c/2")
    #expect(try store.collection(named: "older")?.chunker == "c/2")
    for name in ["", "a\u{1}", "x\ny"] {
      #expect(throws: StoreError.self) { try store.createCollection(named: name, embedder: embedder) }
    }
  }
}
