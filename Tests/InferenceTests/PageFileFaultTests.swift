import Foundation
import Inference
import Testing

/// What can go wrong around page files: processes that die, disks that are full, other files, other processes.
@Suite struct PageFileFaultTests {
  private let folder = PageFolderFixture()

  private static func identity(_ model: String) -> PageIdentity {
    var identity = PageFixture.identity
    identity.modelFingerprint = model
    return identity
  }

  // MARK: Processes

  /// A child writes pages over each other and is killed while some wait and one is being written; what is found then is whole.
  @Test(arguments: 0..<6) func aKilledWriterLeavesWholePagesOnly(seed: Int) async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.url.path as String, seed = seed as Int] in
      let file = try PageFixture.open(URL(fileURLWithPath: path))
      var random = SeededGenerator(seed: UInt64(seed))
      for index in 0..<200 + seed {
        let slot = index < 8 ? index : Int.random(in: 0..<8, using: &random)
        if index == 20 { file.flush() }
        let token = Int32(index)
        guard PageFixture.write(file, PageFixture.record(slot, [token]), PageFixture.payload(UInt64(token))) else { exit(1) }
      }
      kill(getpid(), SIGKILL)
    }
    let file = try folder.open()
    // The writes that were waited for reached all slots; at most one was being written over.
    #expect(file.found.count >= 7)
    for record in file.found { #expect(PageFixture.read(file, record) == PageFixture.payload(UInt64(record.tokens[0]))) }
    for slot in 0..<8 { #expect(PageFixture.write(file, PageFixture.record(slot, [-1]), PageFixture.payload(1))) }
    file.flush()
    for slot in 0..<8 { #expect(PageFixture.read(file, PageFixture.record(slot, [-1])) == PageFixture.payload(1)) }
  }

  @Test func anotherProcessCannotOpenWhatOneHas() async throws {
    let file = try folder.open()
    #expect(PageFixture.write(file, PageFixture.record(0, [1]), PageFixture.payload(1)))
    await #expect(processExitsWith: .success) { [path = folder.url.path as String] in
      let error = #expect(throws: PageFileError.self) { try PageFixture.open(URL(fileURLWithPath: path)) }
      #expect(error?.code == "kv_disk_in_use")
      // Nor remove it to make room, while a file of its own is no trouble.
      let own = try PageFixture.open(URL(fileURLWithPath: path), Self.identity("another"), slotCount: 1)
      #expect(PageFixture.write(own, PageFixture.record(0, [2]), PageFixture.payload(2)))
      own.flush()
      #expect(PageFixture.read(own, PageFixture.record(0, [2])) == PageFixture.payload(2))
    }
    file.flush()
    #expect(PageFixture.read(file, PageFixture.record(0, [1])) == PageFixture.payload(1))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 2)
  }

  // MARK: Disks

  /// A write that the system refuses costs the page and nothing else, also where the signal that comes with it has its default effect: to end the
  /// process. A limit on a file's size stands for a full disk, which takes the same way.
  @Test func aFullDiskCostsPagesOnly() async throws {
    await #expect(processExitsWith: .success) { [path = folder.url.path as String] in
      signal(SIGXFSZ, SIG_DFL)
      let file = try PageFixture.open(URL(fileURLWithPath: path))
      let records = (0..<8).map { PageFixture.record($0, [Int32($0)]) }
      #expect(PageFixture.write(file, records[0], PageFixture.payload(0)))
      file.flush()
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let before = limit
      // In the middle of the third page.
      limit.rlim_cur = rlim_t(2 * PageFixture.slotByteCount + 6000)
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      for slot in 1..<8 { #expect(PageFixture.write(file, records[slot], PageFixture.payload(UInt64(slot)))) }
      file.flush()
      for slot in 0..<8 { #expect(PageFixture.read(file, records[slot]) == (slot < 2 ? PageFixture.payload(UInt64(slot)) : nil)) }
      limit = before
      #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
      for slot in 2..<8 { #expect(PageFixture.write(file, records[slot], PageFixture.payload(UInt64(slot)))) }
      file.flush()
      for slot in 0..<8 { #expect(PageFixture.read(file, records[slot]) == PageFixture.payload(UInt64(slot))) }
    }
    #expect(try folder.open().found.count == 8)
  }

  @Test func whatIsTooMuchToWaitIsNotTaken() throws {
    var identity = PageFixture.identity
    identity.blockByteCount = 65 << 20
    let file = try PageFile(directory: folder.url, identity: identity, byteLimit: 1 << 30)
    let record = PageFixture.record(0, [1])
    #expect(file.slotCount == 15)
    #expect(![UInt8](repeating: 1, count: identity.blockByteCount).withUnsafeBytes { file.write(record, $0) })
    file.flush()
    #expect(try folder.byteCount == 0)
  }

  /// The slot means nothing from the call on, whatever else waits to be written.
  @Test func whatIsInvalidIsSoAtOnce() throws {
    // Large blocks, so that the first is still to be written when the last is asked for.
    var identity = PageFixture.identity
    identity.blockByteCount = 1 << 20
    let file = try PageFile(directory: folder.url, identity: identity, byteLimit: 8 * ((1 << 20) + 4096))
    let payload = [UInt8](repeating: 3, count: identity.blockByteCount)
    var target = payload
    func write(_ record: PageRecord) -> Bool { PageFixture.write(file, record, payload) }
    func isThere(_ record: PageRecord) -> Bool { target.withUnsafeMutableBytes { file.read(record, into: $0) } }
    for token in 0..<6 as Range<Int32> {
      let first = PageFixture.record(0, [token])
      let second = PageFixture.record(0, [token, 1])
      let others = (1..<8).map { PageFixture.record($0, [token]) }
      for record in [first] + others { #expect(write(record)) }
      if token % 2 == 0 { file.invalidate(slot: 0) } else { #expect(write(second)) }
      // The first is written long before the others, and what comes after it behind them.
      for _ in 0..<1_000_000 {
        #expect(!isThere(first))
        if isThere(others[6]) { break }
      }
      file.flush()
      #expect(!isThere(first) && isThere(second) == (token % 2 == 1))
    }
  }

  // MARK: Other files

  /// However many models use a folder, together they take no more than the limit, and the one used last stays longest.
  @Test func allFilesTogetherKeepTheLimit() throws {
    for (model, count) in [("a", 3), ("b", 4), ("c", 5), ("d", 10)] {
      let file = try folder.open(Self.identity(model), slotCount: 10)
      for slot in 0..<count {
        #expect(PageFixture.write(file, PageFixture.record(slot, [Int32(slot)]), PageFixture.payload(UInt64(slot))))
        file.flush()
        #expect(try folder.byteCount <= 10 * PageFixture.slotByteCount)
      }
      // "a" made room for the fourth page of "c".
      if model == "c" { #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 2) }
    }
    #expect(try folder.open(Self.identity("d"), slotCount: 10).found.count == 10)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 1)
  }

  @Test func filesThatAreNotPagesOrAreOpenStay() throws {
    let open = try folder.open(Self.identity("open"))
    for slot in 0..<8 { #expect(PageFixture.write(open, PageFixture.record(slot, [1]), PageFixture.payload(1))) }
    open.flush()
    let names = ["kv-notes.pages", "kv-0123456789ABCDEF.pages", "kv-0123456789abcdef.pages.old", "my-kv-0123456789abcdef.pages"]
    for name in names { try Data(count: 1_000_000).write(to: folder.url.appendingPathComponent(name)) }
    let target = folder.url.appendingPathComponent("target")
    try Data("text".utf8).write(to: target)
    try FileManager.default.createSymbolicLink(
      at: folder.url.appendingPathComponent("kv-0000000000000000.pages"), withDestinationURL: target)
    try Data(count: 1_000_000).write(to: folder.url.appendingPathComponent("kv-0123456789abcdef.pages"))
    let before = Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
    let file = try folder.open(slotCount: 1)
    #expect(PageFixture.write(file, PageFixture.record(0, [1]), PageFixture.payload(1)))
    file.flush()
    let after = Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path))
    #expect(before.subtracting(after) == ["kv-0123456789abcdef.pages"])
    #expect(try Data(contentsOf: target) == Data("text".utf8))
    for slot in 0..<8 { #expect(PageFixture.read(open, PageFixture.record(slot, [1])) == PageFixture.payload(1)) }
  }

  @Test func aLinkIsNotFollowedAndOnlyTheOwnerReads() throws {
    do { _ = try folder.open() }
    let path = try folder.file
    var status = stat()
    #expect(stat(path.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(folder.url.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    let target = folder.url.appendingPathComponent("target")
    try FileManager.default.moveItem(at: path, to: target)
    try FileManager.default.createSymbolicLink(at: path, withDestinationURL: target)
    #expect(throws: PageFileError.self) { try folder.open() }
    #expect(try Data(contentsOf: target).isEmpty)
    try FileManager.default.removeItem(at: path)
    #expect(mkfifo(path.path, 0o600) == 0)
    #expect(throws: PageFileError.self) { try folder.open() }
  }

  /// A record whose namespace is not that of the pages before it is nobody's.
  @Test func noPageIsFoundInAnotherNamespace() throws {
    let first = PageFixture.record(0, PageFixture.full(1), namespace: "a")
    let second = PageFixture.record(1, PageFixture.full(2), after: first, namespace: "b")
    let third = PageFixture.record(2, PageFixture.full(3), after: second, namespace: "a")
    var alone = PageFixture.record(3, [1], namespace: "a")
    alone.namespace = "b"
    let last = PageFixture.record(4, [1], namespace: "a")
    do {
      let file = try folder.open()
      for record in [first, second, third, alone, last] { #expect(PageFixture.write(file, record, PageFixture.payload(1))) }
      file.flush()
    }
    #expect(try Set(folder.open().found.map(\.slot)) == [0, 4])
  }
}
