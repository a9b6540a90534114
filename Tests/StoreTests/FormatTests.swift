import Foundation
import Store
import Testing
import VectorIndex

/// An index of every version of the format, kept for ever: each can be read, and brought up to date.
///
/// `QUARRY_RECORD_INDEX=1 swift test --filter FormatTests` records the one of today's version, and fails, so that nobody does it by accident.
@Suite struct FormatTests {
  private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden/index").path
  private static let newest = "version-9"
  /// Versions whose derived files have the form of today.
  private static let current: Set = ["version-8-words-4", newest]
  private let options = StoreOptions(
    graphThreshold: 10, singleGraphByteLimit: VectorIndex.graphByteCount(count: 8, dimension: embedder.dimension), wordThreshold: 10)

  private struct Expected: Codable {
    var dense: [String]
    var lexical: [String]
    var denseScore: Double
    var lexicalScore: Double
  }

  private func answers(_ store: Store) throws -> Expected {
    let collection = try #require(try store.collection(named: "golden"))
    #expect(collection.embedder == embedder)
    let dense = try store.denseSearch(vector(seed: 42), limit: 5, in: collection.id)
    let lexical = try store.lexicalSearch(anyOf: ["chapter", "seven"], limit: 5, in: collection.id)
    return Expected(
      dense: try store.texts(dense), lexical: try store.texts(lexical), denseScore: dense.first?.score ?? 0, lexicalScore: lexical.first?.score ?? 0)
  }

  @Test(arguments: [
    "version-1", "version-2", "version-3", "version-4", "version-5", "version-6", "version-7", "version-8", "version-8-words-2",
    "version-8-words-3", "version-8-words-4", "version-9",
  ])
  func anIndexOfEveryVersionAnswers(version: String) throws {
    if ProcessInfo.processInfo.environment["QUARRY_RECORD_INDEX"] != nil {
      guard version == Self.newest else { return }
      try record()
      Issue.record("the golden index was recorded, not compared")
      return
    }
    let folder = try TemporaryFolder()
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.copyItem(atPath: Self.golden + "/" + version, toPath: folder.path)
    let expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(fileURLWithPath: folder.path + "/expected.json")))
    for access in [Store.Access.reading, .writing] {
      let store = try Store.open(directory: folder.path, access: access, options: options)
      let found = try answers(store)
      #expect(found.dense == expected.dense && found.lexical == expected.lexical)
      // Processors with and without fused multiply-add round differently.
      #expect(abs(found.denseScore - expected.denseScore) < 1e-6)
      // Words in a form of before are read from the database, as if they were new; in a file there may be some that are gone.
      let lexicalScore = Self.current.contains(version) ? expected.lexicalScore : try scoreWithoutFiles()
      #expect(abs(found.lexicalScore - lexicalScore) < 1e-9)
      let status = try #require(try store.collections().first)
      #expect(status.chunkCount == 15 && status.failedCount == 1 && status.generation?.count == 16 && status.pendingCount == 1)
      // Derived files of a form of before are said to be of no use, and made anew.
      let isCurrent = Self.current.contains(version)
      let hasWords = !["version-1", "version-2", "version-3"].contains(version)
      #expect(status.unusableFiles.isEmpty == (isCurrent || !hasWords), "\(status.unusableFiles)")
      #expect(try store.audit().allSatisfy { !isCurrent && [.lexical, .generation].contains($0.kind) })
      #expect(store.notices.allSatisfy { !isCurrent && $0.contains("was made by another version") }, "\(store.notices)")
      guard access == .writing else { continue }
      try store.publish(#require(try store.collection(named: "golden")).id)
      #expect(try store.audit().isEmpty && store.collections().allSatisfy(\.unusableFiles.isEmpty))
    }
  }

  /// What was damaged before a checksum covered it stays damaged, as far as that is known.
  @Test func bringingAnIndexUpToDateHidesNoDamage() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.copyItem(atPath: Self.golden + "/version-6", toPath: folder.path)
    try change(folder, "UPDATE document SET path = 'elsewhere' WHERE path = 'chapter-3.md'")
    let store = try Store.open(directory: folder.path, access: .writing, options: options)
    #expect(try store.audit().filter { $0.kind == .rows }.count == 1)
  }

  @Test(arguments: ["body = 'chapter seven, rewritten'", "ordinal = 9", "header = 'x'", "spans = '[]'", "text_start = text_end + 1"])
  func bringingPassagesUpToDateHidesNoDamage(change damage: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.copyItem(atPath: Self.golden + "/version-7", toPath: folder.path)
    try change(folder, "UPDATE chunk SET \(damage) WHERE id = 4")
    let store = try Store.open(directory: folder.path, access: .writing, options: options)
    #expect(try store.audit().filter { $0.kind == .rows }.map(\.message) == ["the index is damaged: passage 4 is not as it was written"])
  }

  /// Damage to what leads from one row to another is no reason not to open an index, and is found.
  @Test(arguments: ["version-6", "version-7", "version-8", "version-9"])
  func anIndexWithAReferenceToNothingIsBroughtUpToDate(version: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.removeItem(atPath: folder.path)
    try FileManager.default.copyItem(atPath: Self.golden + "/" + version, toPath: folder.path)
    try change(folder, "UPDATE chunk SET document_id = 999 WHERE id = 4")
    let store = try Store.open(directory: folder.path, access: .reading, options: options)
    let kinds = try store.audit().map(\.kind)
    #expect(kinds.contains(.database) && kinds.contains(.rows))
  }

  private func fill(_ store: Store, publishes: Bool) throws {
    let collection = try store.createCollection(named: "golden", embedder: embedder).id
    let numbers = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    for (place, number) in numbers.enumerated() {
      try store.put("chapter-\(place).md", ["chapter \(number), the beginning", "chapter \(number), the end"], in: collection)
    }
    if publishes { try store.publish(collection) }
    // One chunk newer than the graph, two that are gone from it, and a failure.
    try store.put("chapter-0.md", ["chapter one, rewritten"], in: collection, sha256: "01")
    try store.putFailure("broken.pdf", "it is encrypted", in: collection, sha256: "02")
    try store.apply([FileChange(version("copy.md"), .sameAs(root: "/docs", path: "chapter-1.md"))], in: collection)
  }

  private func scoreWithoutFiles() throws -> Double {
    let folder = try TemporaryFolder()
    let store = try Store.open(directory: folder.path, access: .writing, options: options)
    try fill(store, publishes: false)
    return try answers(store).lexicalScore
  }

  private func record() throws {
    let folder = Self.golden + "/" + Self.newest
    try? FileManager.default.removeItem(atPath: folder)
    var expected: Expected?
    do {
      let store = try Store.open(directory: folder, access: .writing, options: options)
      try fill(store, publishes: true)
      expected = try answers(store)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(expected).write(to: URL(fileURLWithPath: folder + "/expected.json"))
    try FileManager.default.removeItem(atPath: folder + "/writer.lock")
  }
}
