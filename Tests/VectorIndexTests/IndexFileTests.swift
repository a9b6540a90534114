import DurableFiles
import Foundation
import Testing
import VectorIndex

@Suite struct IndexFileTests {
  let folder: TemporaryFolder
  let vectors = clusteredVectors(count: 60, dimension: 8, seed: 11)
  var path: String { folder.path + "/an.index" }

  init() throws { folder = try TemporaryFolder() }

  private func index(_ kind: VectorIndex.Kind, count: Int = 60) throws -> VectorIndex {
    let index = try VectorIndex(dimension: 8, kind: kind)
    try index.add(vectors.prefix(count).flatMap { $0 })
    return index
  }

  private func code(_ bytes: Data) throws -> String? {
    try bytes.write(to: URL(fileURLWithPath: path))
    do {
      _ = try VectorIndex.load(from: path)
      return nil
    } catch {
      return error.code
    }
  }

  @Test(arguments: VectorIndexTests.kinds) func aSavedIndexAnswersTheSame(kind: VectorIndex.Kind) throws {
    let index = try index(kind)
    let labels = (0..<60).map { Int64($0) * 3 - 5 }
    let checksum = try index.save(to: path, labels: labels)
    let loaded = try VectorIndex.load(from: path)
    #expect(loaded.labels == labels && loaded.checksum == checksum && checksum.count == 64)
    #expect(loaded.index.kind == kind && loaded.index.count == 60 && loaded.index.dimension == 8)
    for query in vectors { #expect(try loaded.index.search(query, limit: 10) == index.search(query, limit: 10)) }
    // It can grow, as a generation does that is extended.
    try loaded.index.add(vectors[0])
    #expect(try loaded.index.search(vectors[0], limit: 2).map(\.position) == [0, 60])
    #expect(FileManager.default.fileExists(atPath: path + ".tmp") == false)
  }

  @Test func anEmptyIndexIsSavedToo() throws {
    try VectorIndex(dimension: 3, kind: .hnsw).save(to: path)
    let loaded = try VectorIndex.load(from: path)
    #expect(loaded.index.count == 0 && loaded.labels.isEmpty)
  }

  @Test(arguments: VectorIndexTests.kinds) func theSameVectorsGiveTheSameBytes(kind: VectorIndex.Kind) throws {
    let many = clusteredVectors(count: 1200, dimension: 16, seed: 12).flatMap { $0 }
    let checksums = try (0..<2).map { number in
      let index = try VectorIndex(dimension: 16, kind: kind)
      try index.add(many)
      return try index.save(to: path + "\(number)")
    }
    #expect(checksums[0] == checksums[1])
  }

  /// A new graph, or one from a file that grows: with its vectors in a scratch file it is the same to the byte, and answers the same.
  @Test(arguments: [0, 500]) func vectorsMayLieInAScratchFile(savedCount: Int) throws {
    let many = clusteredVectors(count: 1200, dimension: 16, seed: 14)
    func begun() throws -> VectorIndex {
      let index = try VectorIndex(dimension: 16, kind: .hnsw)
      try index.add(many.prefix(savedCount).flatMap { $0 })
      guard savedCount > 0 else { return index }
      try index.save(to: path)
      return try VectorIndex.load(from: path).index
    }
    let (held, moved) = try (begun(), begun())
    let scratch = try ScratchFile(path: folder.path + "/scratch", byteLimit: (1200 - savedCount) * 64)
    for start in stride(from: savedCount, to: 1200, by: 300) {
      let some = many[start..<min(start + 300, 1200)].flatMap { $0 }
      try held.add(some)
      try moved.add(some)
      // The last ones may be held, and moving none changes nothing.
      guard start < 900 else { continue }
      for _ in 0..<2 { try moved.moveVectors(to: scratch) }
    }
    for query in many.prefix(50) { #expect(try moved.search(query, limit: 10) == held.search(query, limit: 10)) }
    #expect(many.indices.allSatisfy { moved.vector(at: $0) == many[$0] })
    #expect(try moved.save(to: path + "1") == held.save(to: path + "2"))
    #expect(FileManager.default.fileExists(atPath: folder.path + "/scratch") == false)
  }

  @Test func aScratchFileTakesNoMoreThanWasAnnounced() throws {
    let index = try index(.hnsw)
    let scratch = try ScratchFile(path: path, byteLimit: 59 * 8 * 4)
    #expect(throws: VectorIndexError.self) { try index.moveVectors(to: scratch) }
    #expect(try index.search(vectors[3], limit: 1).map(\.position) == [3])
  }

  @Test(arguments: VectorIndexTests.kinds) func aTornFileIsRefused(kind: VectorIndex.Kind) throws {
    try index(kind).save(to: path, labels: Array(0..<60))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for length in Array(stride(from: 0, to: whole.count, by: 97)) + [whole.count - 1] {
      #expect(try code(whole.prefix(length)) == "derived_file_damaged", "cut to \(length) of \(whole.count) bytes")
    }
    #expect(try code(whole + [0]) == "derived_file_damaged")
  }

  @Test(arguments: VectorIndexTests.kinds) func everyFlippedByteIsNoticed(kind: VectorIndex.Kind) throws {
    try index(kind, count: 12).save(to: path, labels: Array(0..<12))
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    // In place: some file systems sync a file that is cut and written anew.
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    func put(_ byte: UInt8, at offset: Int) throws {
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: Data([byte]))
    }
    for offset in whole.indices {
      try put(whole[offset] ^ 0x10, at: offset)
      let error = #expect(throws: VectorIndexError.self) { try VectorIndex.load(from: path) }
      // Bytes 8 to 11 are the version, which is looked at first.
      #expect(error?.code == ((8..<12).contains(offset) ? "derived_file_version" : "derived_file_damaged"), "byte \(offset)")
      try put(whole[offset], at: offset)
    }
    #expect(try code(whole) == nil)
  }

  @Test func aMissingFileIsAnError() {
    let error = #expect(throws: VectorIndexError.self) { try VectorIndex.load(from: path) }
    #expect(error?.code == "derived_file" && error?.message.contains(path) == true)
  }

  @Test(arguments: FileStep.allCases) func aFailedStepLeavesTheOldFile(step: FileStep) throws {
    struct Injected: Error {}
    let old = try index(.exact, count: 10).save(to: path)
    let error = #expect(throws: VectorIndexError.self) {
      try index(.hnsw).save(to: path) { reached in if reached == step { throw Injected() } }
    }
    #expect(error?.code == "derived_file")
    // Only after the renaming is the new one there, and then it is whole.
    let loaded = try VectorIndex.load(from: path)
    #expect(step == .syncFolder ? loaded.index.count == 60 : loaded.checksum == old)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["an.index"])
  }

  @Test func aFullDiskIsReported() throws {
    let old = try index(.exact, count: 10).save(to: path)
    // The unfinished file is a device that is always full.
    try FileManager.default.createSymbolicLink(atPath: path + ".tmp", withDestinationPath: "/dev/full")
    let error = #expect(throws: VectorIndexError.self) { try index(.hnsw).save(to: path) }
    #expect(error?.code == "derived_file" && error?.why == String(cString: strerror(ENOSPC)))
    #expect(try VectorIndex.load(from: path).checksum == old)
  }

  @Test func aWriteCutShortIsReported() async throws {
    try index(.exact, count: 10).save(to: path)
    await #expect(processExitsWith: .success) { [path = path as String] in
      let index = try VectorIndex(dimension: 8, kind: .exact)
      try index.add(clusteredVectors(count: 1000, dimension: 8, seed: 13).flatMap { $0 })
      let scratch = try ScratchFile(path: path + ".scratch", byteLimit: 32_000)
      var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      signal(SIGXFSZ, SIG_IGN)
      #expect(throws: VectorIndexError.self) { try index.save(to: path) }
      #expect(throws: VectorIndexError.self) { try index.moveVectors(to: scratch) }
    }
    #expect(try VectorIndex.load(from: path).index.count == 10)
  }

  @Test func aFolderThatIsNotThereIsReported() throws {
    let error = #expect(throws: VectorIndexError.self) { try index(.exact).save(to: folder.path + "/none/an.index") }
    #expect(error?.code == "derived_file" && error?.why == String(cString: strerror(ENOENT)))
  }
}
