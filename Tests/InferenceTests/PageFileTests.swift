import Foundation
import Inference
import Testing

/// Pages on disk: what was written comes back, and nothing else ever does.
@Suite struct PageFileTests {
  private static let identity = PageIdentity(modelFingerprint: "model", keyValueType: "q8", contract: "1", blockByteCount: 10_000)
  private static let slotByteCount = 4096 + 12_288

  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-pages-\(UUID().uuidString)")
    deinit { try? FileManager.default.removeItem(at: url) }
    var file: URL {
      get throws {
        let files = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
        return try #require(files.first { $0.pathExtension == "pages" })
      }
    }
    func open(_ identity: PageIdentity = PageFileTests.identity, slotCount: Int = 8) throws -> PageFile {
      try PageFile(directory: url, identity: identity, byteLimit: slotCount * PageFileTests.slotByteCount)
    }
  }

  private static func payload(_ seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<identity.blockByteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private static func write(_ file: PageFile, _ record: PageRecord, _ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { file.write(record, $0) } }

  private static func read(_ file: PageFile, _ record: PageRecord) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: identity.blockByteCount)
    return bytes.withUnsafeMutableBytes { file.read(record, into: $0) } ? bytes : nil
  }

  /// A record after another, or the first of its namespace.
  private static func record(_ slot: Int, _ tokens: [Int32], after parent: PageRecord? = nil, namespace: String = "") -> PageRecord {
    let parentDigest = parent?.digest ?? PageDigest(ofNamespace: namespace)
    return PageRecord(slot: slot, digest: PageDigest(of: tokens, after: parentDigest), parent: parentDigest, namespace: namespace, tokens: tokens)
  }

  private static func full(_ first: Int32) -> [Int32] { (0..<64).map { first + $0 } }

  @Test func whatIsWrittenIsThereAfterARestart() throws {
    let folder = Folder()
    let first = Self.record(3, Self.full(1), namespace: "a")
    let second = Self.record(1, Self.full(100), after: first, namespace: "a")
    let third = Self.record(0, [7, 8], after: second, namespace: "a")
    let other = Self.record(2, [7, 8], namespace: "b")
    do {
      let file = try folder.open()
      #expect(file.found.isEmpty && file.slotCount == 8)
      for (index, record) in [third, other, second, first].enumerated() { #expect(Self.write(file, record, Self.payload(UInt64(index)))) }
      file.flush()
      #expect(Self.read(file, second) == Self.payload(2))
    }
    let file = try folder.open()
    #expect(Set(file.found.map(\.slot)) == [0, 1, 2, 3])
    let order = file.found.map(\.slot)
    #expect(order.firstIndex(of: 3)! < order.firstIndex(of: 1)! && order.firstIndex(of: 1)! < order.firstIndex(of: 0)!, "each after its parent")
    #expect(file.found.first { $0.slot == 1 } == second)
    for (index, record) in [third, other, second, first].enumerated() { #expect(Self.read(file, record) == Self.payload(UInt64(index))) }
    // Another record in the same slot is not what is there.
    #expect(Self.read(file, Self.record(3, Self.full(2), namespace: "a")) == nil)
    #expect(Self.read(file, Self.record(2, [7, 8], namespace: "a")) == nil)
  }

  @Test func pagesWithoutTheirBeginningAreNotFound() throws {
    let folder = Folder()
    let first = Self.record(0, Self.full(1))
    let second = Self.record(1, Self.full(2), after: first)
    do {
      let file = try folder.open()
      #expect(Self.write(file, first, Self.payload(1)) && Self.write(file, second, Self.payload(2)))
      file.invalidate(slot: 0)
      file.flush()
      #expect(Self.read(file, first) == nil)
    }
    #expect(try folder.open().found.isEmpty)
  }

  @Test func otherModelsTypesAndKernelsFindNothing() throws {
    let folder = Folder()
    do {
      let file = try folder.open()
      #expect(Self.write(file, Self.record(0, [1]), Self.payload(1)))
      file.flush()
    }
    var others = Array(repeating: Self.identity, count: 4)
    others[0].modelFingerprint = "another"
    others[1].keyValueType = "f16"
    others[2].contract = "2"
    others[3].blockByteCount += 1
    for other in others { #expect(try folder.open(other).found.isEmpty) }
    #expect(try folder.open().found.count == 1)
  }

  /// Every bit of the header, and bits all over the rest.
  @Test func noFlippedBitGoesUnnoticed() throws {
    let folder = Folder()
    let record = Self.record(0, Self.full(5), namespace: "a name")
    do {
      let file = try folder.open()
      #expect(Self.write(file, record, Self.payload(9)))
      file.flush()
    }
    let path = try folder.file
    let whole = try Data(contentsOf: path)
    var random = SeededGenerator(seed: 4)
    let places = Array(0..<4096) + (0..<300).map { _ in Int.random(in: 4096..<4096 + Self.identity.blockByteCount, using: &random) }
    for place in places {
      var damaged = whole
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let handle = try FileHandle(forWritingTo: path)
      try handle.write(contentsOf: damaged)
      try handle.close()
      let file = try folder.open()
      #expect(place >= 4096 ? file.found == [record] : file.found.isEmpty, "byte \(place)")
      #expect(Self.read(file, record) == nil, "byte \(place)")
    }
    try whole.write(to: path)
    #expect(Self.read(try folder.open(), record) == Self.payload(9))
  }

  /// A crash while a page is written over another leaves any mixture of both on disk.
  @Test func noMixtureOfTwoPagesIsTakenForOne() throws {
    let folder = Folder()
    let records = [Self.record(0, Self.full(1)), Self.record(0, Self.full(2))]
    var images: [Data] = []
    for (index, record) in records.enumerated() {
      let file = try folder.open()
      #expect(Self.write(file, record, Self.payload(UInt64(index))))
      file.flush()
      images.append(try Data(contentsOf: folder.file))
    }
    let size = images[0].count
    var random = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      var torn = images[0]
      for sector in 0..<(size + 511) / 512 where Bool.random(using: &random) {
        let range = sector * 512..<min(size, sector * 512 + 512)
        torn.replaceSubrange(range, with: images[1][range])
      }
      // Sometimes not all of it.
      if Int.random(in: 0..<4, using: &random) == 0 { torn = torn.prefix(Int.random(in: 0..<size, using: &random)) }
      try torn.write(to: folder.file)
      let file = try folder.open()
      for (index, record) in records.enumerated() {
        let read = Self.read(file, record)
        #expect(read == nil || read == Self.payload(UInt64(index)))
      }
    }
  }

  @Test func onlyOneHasTheFile() throws {
    let folder = Folder()
    let file = try folder.open()
    let error = #expect(throws: PageFileError.self) { try folder.open() }
    #expect(error?.code == "kv_disk_in_use")
    withExtendedLifetime(file) {}
  }

  @Test func aFolderThatCannotBeMadeIsAnError() throws {
    let folder = Folder()
    try Data().write(to: folder.url)
    let error = #expect(throws: PageFileError.self) { try folder.open() }
    #expect(error?.code == "kv_disk" && error?.remedy?.contains("--kv-disk") == true)
  }

  @Test func aLowerLimitGivesBackWhatIsBeyond() throws {
    let folder = Folder()
    do {
      let file = try folder.open()
      #expect(Self.write(file, Self.record(7, [1]), Self.payload(1)) && Self.write(file, Self.record(1, [2]), Self.payload(2)))
      file.flush()
    }
    #expect(try folder.open(slotCount: 2).found.map(\.slot) == [1])
    #expect(try Data(contentsOf: folder.file).count <= 2 * Self.slotByteCount)
  }

  /// Many writes, over each other, against a dictionary.
  @Test func theLastWriteCounts() throws {
    let folder = Folder()
    var random = SeededGenerator(seed: 6)
    var known: [Int: (PageRecord, UInt64)] = [:]
    for _ in 0..<10 {
      let file = try folder.open()
      #expect(Dictionary(uniqueKeysWithValues: file.found.map { ($0.slot, $0) }) == known.mapValues(\.0))
      for _ in 0..<30 {
        let slot = Int.random(in: 0..<8, using: &random)
        if Int.random(in: 0..<5, using: &random) == 0 {
          file.invalidate(slot: slot)
          known[slot] = nil
        } else {
          let record = Self.record(slot, [Int32.random(in: 0..<1_000_000, using: &random)])
          let seed = UInt64.random(in: 0..<1000, using: &random)
          #expect(Self.write(file, record, Self.payload(seed)))
          known[slot] = (record, seed)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
          file.flush()
          for (record, seed) in known.values { #expect(Self.read(file, record) == Self.payload(seed)) }
        }
      }
      file.flush()
    }
  }
}
