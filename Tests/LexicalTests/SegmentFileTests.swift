import DurableFiles
import Foundation
import Lexical
import Testing

@Suite struct SegmentFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-lexical-\(UUID().uuidString)")
  private var path: String { folder.appendingPathComponent("segment").path }

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

  private struct Refused: Error {}

  /// Queries of one word each, and of two.
  private func answers(_ segment: LexicalSegment, _ vocabulary: [String]) -> [[LexicalMatch]] {
    let index = LexicalIndex([(segment, nil)])
    return zip(vocabulary, vocabulary.dropFirst()).flatMap { first, second in
      [LexicalQuery(terms: [first]), LexicalQuery(terms: [first, second])].map { index.search($0, limit: 50).best }
    }
  }

  @Test(arguments: [0, 1, 128, 129, 3000])
  func aFileGivesBackWhatWasSaved(count: Int) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let collection = RandomCollection(count: count, seed: 3)
    let segment = RandomCollection.segment(of: collection.entries)
    let checksum = try segment.save(to: path)
    let loaded = try LexicalSegment.load(from: path)
    #expect(loaded.ids == collection.entries.map(\.id))
    #expect(loaded.languages == segment.languages)
    #expect(loaded.totalLength == segment.totalLength)
    #expect(answers(loaded, collection.vocabulary) == answers(segment, collection.vocabulary))
    // The same again is the same file.
    #expect(try loaded.save(to: path + "2") == checksum)
  }

  @Test(arguments: FileStep.allCases)
  func aStepThatFailsLeavesTheOldFile(failing: FileStep) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let old = RandomCollection(count: 10, seed: 1)
    _ = try RandomCollection.segment(of: old.entries).save(to: path)
    let new = RandomCollection.segment(of: RandomCollection(count: 500, seed: 2).entries)
    #expect(throws: DurableFileError.self) {
      try new.save(to: path) { step in if step == failing { throw Refused() } }
    }
    let found = try LexicalSegment.load(from: path)
    // Only when the folder cannot be synced, the new file already has its name.
    #expect(found.count == (failing == .syncFolder ? 500 : 10))
  }

  @Test func flippedBitsAndMissingEndsAreRefused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try RandomCollection.segment(of: RandomCollection(count: 300, seed: 4).entries).save(to: path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    var random = SplitMix64(state: 9)
    let places = Array(0..<200) + (0..<200).map { _ in Int.random(in: 0..<bytes.count, using: &random) } + Array(bytes.count - 40..<bytes.count)
    for place in places {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(throws: DurableFileError.self, "byte \(place)") { try LexicalSegment.load(from: path) }
    }
    for count in [0, 1, 63, 64, 103, 104, 200, bytes.count / 2, bytes.count - 1] {
      try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
      #expect(throws: DurableFileError.self, "\(count) bytes") { try LexicalSegment.load(from: path) }
    }
  }

  /// A wrong content under a right checksum: found wrong, or at least harmless.
  @Test func forgedFilesNeverReachOutside() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let collection = RandomCollection(count: 700, vocabularyCount: 60, seed: 4)
    _ = try RandomCollection.segment(of: collection.entries).save(to: path)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let content = Array(bytes[64..<bytes.count - 40])
    var random = SplitMix64(state: 10)
    var refused = 0
    let places = Array(0..<64) + (0..<1500).map { _ in Int.random(in: 0..<content.count, using: &random) }
    for place in places {
      var forged = content
      forged[place] = UInt8.random(in: 0...255, using: &random)
      let file = try DurableFile(path: path, kind: "QYLEXSEG", version: 1)
      try file.write(forged)
      _ = try file.seal()
      guard let segment = try? LexicalSegment.load(from: path) else {
        refused += 1
        continue
      }
      let index = LexicalIndex([(segment, nil)])
      let found = index.search(LexicalQuery(terms: collection.vocabulary), limit: 100, scoring: Array(0..<50))
      #expect(found.best.count <= 100)
      #expect(LexicalSegment.merging([(segment, nil)]).count == segment.count)
    }
    #expect(refused > 50)
  }
}
