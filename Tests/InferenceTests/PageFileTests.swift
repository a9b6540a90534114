import Foundation
import Inference
import Testing

/// Pages on disk: what was written comes back, and nothing else ever does.
@Suite struct PageFileTests {
  @Test func whatIsWrittenIsThereAfterARestart() throws {
    let folder = PageFolderFixture()
    let first = PageFixture.record(3, PageFixture.full(1), namespace: "a")
    let second = PageFixture.record(1, PageFixture.full(100), after: first, namespace: "a")
    let third = PageFixture.record(0, [7, 8], after: second, namespace: "a")
    let other = PageFixture.record(2, [7, 8], namespace: "b")
    do {
      let file = try folder.open()
      #expect(file.found.isEmpty && file.slotCount == 8)
      for (index, record) in [third, other, second, first].enumerated() {
        #expect(PageFixture.write(file, record, PageFixture.payload(UInt64(index))))
      }
      file.flush()
      #expect(PageFixture.read(file, second) == PageFixture.payload(2))
    }
    let file = try folder.open()
    #expect(Set(file.found.map(\.slot)) == [0, 1, 2, 3])
    let order = file.found.map(\.slot)
    #expect(order.firstIndex(of: 3)! < order.firstIndex(of: 1)! && order.firstIndex(of: 1)! < order.firstIndex(of: 0)!, "each after its parent")
    #expect(file.found.first { $0.slot == 1 } == second)
    for (index, record) in [third, other, second, first].enumerated() {
      #expect(PageFixture.read(file, record) == PageFixture.payload(UInt64(index)))
    }
    // Another record in the same slot is not what is there.
    #expect(PageFixture.read(file, PageFixture.record(3, PageFixture.full(2), namespace: "a")) == nil)
    #expect(PageFixture.read(file, PageFixture.record(2, [7, 8], namespace: "a")) == nil)
  }

  @Test func pagesWithoutTheirBeginningAreNotFound() throws {
    let folder = PageFolderFixture()
    let first = PageFixture.record(0, PageFixture.full(1))
    let second = PageFixture.record(1, PageFixture.full(2), after: first)
    do {
      let file = try folder.open()
      #expect(PageFixture.write(file, first, PageFixture.payload(1)) && PageFixture.write(file, second, PageFixture.payload(2)))
      file.invalidate(slot: 0)
      file.flush()
      #expect(PageFixture.read(file, first) == nil)
    }
    #expect(try folder.open().found.isEmpty)
  }

  @Test func otherModelsTypesAndKernelsFindNothing() throws {
    let folder = PageFolderFixture()
    do {
      let file = try folder.open()
      #expect(PageFixture.write(file, PageFixture.record(0, [1]), PageFixture.payload(1)))
      file.flush()
    }
    var others = Array(repeating: PageFixture.identity, count: 4)
    others[0].modelFingerprint = "another"
    others[1].keyValueType = "f16"
    others[2].contract = "2"
    others[3].blockByteCount += 1
    for other in others { #expect(try folder.open(other).found.isEmpty) }
    #expect(try folder.open().found.count == 1)
  }

  /// A bit of every byte of the header, and bits all over the rest, in a file that is opened; every bit of the header in one that is open.
  @Test func noFlippedBitGoesUnnoticed() throws {
    let folder = PageFolderFixture()
    let record = PageFixture.record(0, PageFixture.full(5), namespace: "a name")
    do {
      let file = try folder.open()
      #expect(PageFixture.write(file, record, PageFixture.payload(9)))
      file.flush()
    }
    let path = try folder.file
    let whole = try Data(contentsOf: path)
    var random = SeededGenerator(seed: 4)
    let places = Array(0..<4096) + (0..<300).map { _ in Int.random(in: 4096..<4096 + PageFixture.identity.blockByteCount, using: &random) }
    for place in places {
      var damaged = whole
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let handle = try FileHandle(forWritingTo: path)
      try handle.write(contentsOf: damaged)
      try handle.close()
      let file = try folder.open()
      #expect(place >= 4096 ? file.found == [record] : file.found.isEmpty, "byte \(place)")
      #expect(PageFixture.read(file, record) == nil, "byte \(place)")
    }
    try whole.write(to: path)
    let file = try folder.open()
    let handle = try FileHandle(forWritingTo: path)
    for bit in 0..<8 * 4096 {
      try handle.seek(toOffset: UInt64(bit / 8))
      try handle.write(contentsOf: [whole[bit / 8] ^ (1 << UInt8(bit % 8))])
      if PageFixture.read(file, record) != nil { Issue.record("bit \(bit)") }
      try handle.seek(toOffset: UInt64(bit / 8))
      try handle.write(contentsOf: [whole[bit / 8]])
    }
    #expect(PageFixture.read(file, record) == PageFixture.payload(9))
  }

  /// A crash while a page is written over another leaves any mixture of both on disk.
  @Test func noMixtureOfTwoPagesIsTakenForOne() throws {
    let folder = PageFolderFixture()
    let records = [PageFixture.record(0, PageFixture.full(1)), PageFixture.record(0, PageFixture.full(2))]
    var images: [Data] = []
    for (index, record) in records.enumerated() {
      let file = try folder.open()
      #expect(PageFixture.write(file, record, PageFixture.payload(UInt64(index))))
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
        let read = PageFixture.read(file, record)
        #expect(read == nil || read == PageFixture.payload(UInt64(index)))
      }
    }
  }

  @Test func onlyOneHasTheFile() throws {
    let folder = PageFolderFixture()
    let file = try folder.open()
    let error = #expect(throws: PageFileError.self) { try folder.open() }
    #expect(error?.code == "kv_disk_in_use")
    withExtendedLifetime(file) {}
  }

  @Test func aFolderThatCannotBeMadeIsAnError() throws {
    let folder = PageFolderFixture()
    try Data().write(to: folder.url)
    let error = #expect(throws: PageFileError.self) { try folder.open() }
    #expect(error?.code == "kv_disk" && error?.remedy?.contains("--kv-disk") == true)
  }

  @Test func aLowerLimitGivesBackWhatIsBeyond() throws {
    let folder = PageFolderFixture()
    do {
      let file = try folder.open()
      #expect(
        PageFixture.write(file, PageFixture.record(7, [1]), PageFixture.payload(1))
          && PageFixture.write(file, PageFixture.record(1, [2]), PageFixture.payload(2)))
      file.flush()
    }
    #expect(try folder.open(slotCount: 2).found.map(\.slot) == [1])
    #expect(try Data(contentsOf: folder.file).count <= 2 * PageFixture.slotByteCount)
  }

  /// Many writes, over each other, against a dictionary.
  @Test func theLastWriteCounts() throws {
    let folder = PageFolderFixture()
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
          let record = PageFixture.record(slot, [Int32.random(in: 0..<1_000_000, using: &random)])
          let seed = UInt64.random(in: 0..<1000, using: &random)
          #expect(PageFixture.write(file, record, PageFixture.payload(seed)))
          known[slot] = (record, seed)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
          file.flush()
          for (record, seed) in known.values { #expect(PageFixture.read(file, record) == PageFixture.payload(seed)) }
        }
      }
      file.flush()
    }
  }
}
