import Crypto
package import Foundation
import Synchronization

/// Keeps KV blocks on disk, each in a slot of one file: a header and the block's bytes one after the other, so that one read brings both.
///
/// Nothing depends on what it keeps: a page that is torn, flipped, of another model or not there at all is computed again. So writes are not
/// synced; a page counts only if its header's checksum, and the checksum of the block that the header names, are right.
package final class PageFile: Sendable {
  private let descriptor: Int32
  private let identity: PageDigest
  private let payloadByteCount: Int
  private let slotByteCount: Int
  package let slotCount: Int
  /// Pages that were there when it was opened, each after the one that it follows.
  package let found: [PageRecord]

  private let queue = DispatchQueue(label: "quarry.pages", qos: .utility)
  private let state: Mutex<State>

  private struct State {
    /// Slots that wait to be written, or whose last write failed: nothing is read from them.
    var unreadable: Set<Int> = []
    var waitingByteCount = 0
  }

  /// Bytes that wait to be written at most.
  private static let waitingByteLimit = 64 << 20

  /// Opens the file of an identity, or makes it.
  ///
  /// - Parameters:
  ///   - directory: Made if it is not there, for its owner only.
  ///   - byteLimit: Of all files of this kind in it. Those of other identities go, oldest first, when there is not enough room.
  /// - Throws: `PageFileError` if it cannot be opened, or if another process has it.
  package init(directory: URL, identity: PageIdentity, byteLimit: Int) throws(PageFileError) {
    self.identity = identity.digest
    payloadByteCount = identity.blockByteCount
    slotByteCount = PageHeader.byteCount + (identity.blockByteCount + 4095) / 4096 * 4096
    slotCount = max(0, byteLimit) / slotByteCount
    let name = "kv-" + self.identity.bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + ".pages"
    let path = directory.appendingPathComponent(name).path
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw PageFileError.open(directory.path, "\(error.localizedDescription)")
    }
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .open(path, unsafe String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .inUse(path)
    }
    Self.removeOthers(in: directory, than: name, keeping: byteLimit)
    // What lies beyond the limit, which may have been higher before, is given back.
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0, Int(status.st_size) > slotCount * slotByteCount {
      ftruncate(descriptor, off_t(slotCount * slotByteCount))
    }
    found = Self.scan(
      descriptor, slotCount: min(slotCount, (Int(status.st_size) + slotByteCount - 1) / slotByteCount), slotByteCount: slotByteCount,
      identity: self.identity,
      payloadByteCount: payloadByteCount)
    state = Mutex(State())
  }

  deinit { close(descriptor) }

  /// Forgets what all files of a folder keep, because it may be of documents that are to be forgotten. A process that has one open goes on with
  /// it until it ends; nobody finds it after.
  package static func removeAll(in directory: URL) throws {
    for file in files(in: directory) { try FileManager.default.removeItem(at: file) }
  }

  private static func files(in directory: URL) -> [URL] {
    let files = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.lastPathComponent.hasPrefix("kv-") && $0.pathExtension == "pages" }
  }

  // MARK: Writing

  /// Copies a block and writes it in the background.
  ///
  /// - Returns: False if too much is waiting already, or the record does not fit; nothing is written then. What stood in the slot is lost otherwise.
  package func write(_ record: PageRecord, _ bytes: UnsafeRawBufferPointer) -> Bool {
    precondition(bytes.count == payloadByteCount && record.slot < slotCount, "a page of this file")
    guard record.namespace.utf8.count <= PageHeader.namespaceLimit else { return false }
    let isTaken = state.withLock { state in
      guard state.waitingByteCount + payloadByteCount <= Self.waitingByteLimit else { return false }
      state.waitingByteCount += payloadByteCount
      state.unreadable.insert(record.slot)
      return true
    }
    guard isTaken else { return false }
    let payload = unsafe Array(bytes)
    queue.async { [self] in
      let isWritten = put(record, payload)
      state.withLock { state in
        state.waitingByteCount -= payloadByteCount
        if isWritten { state.unreadable.remove(record.slot) }
      }
    }
    return true
  }

  /// The old header goes first and the new one comes last: in between, and after a crash at any point, nothing that is not whole has one.
  private func put(_ record: PageRecord, _ payload: [UInt8]) -> Bool {
    let place = record.slot * slotByteCount
    let header = PageHeader(
      identity: identity, record: record, payloadByteCount: payload.count, payloadDigest: PageDigest(hashing: [payload]))
    return put([UInt8](repeating: 0, count: PageHeader.byteCount), at: place) && put(payload, at: place + PageHeader.byteCount)
      && put(header.bytes, at: place)
  }

  private func put(_ bytes: [UInt8], at place: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress! + done, bytes.count - done, off_t(place + done)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Nothing is to be found in a slot any more, also after a restart.
  package func invalidate(slot: Int) {
    state.withLock { _ = $0.unreadable.insert(slot) }
    queue.async { [self] in _ = put([UInt8](repeating: 0, count: PageHeader.byteCount), at: slot * slotByteCount) }
  }

  /// Waits until all is written.
  package func flush() { queue.sync {} }

  // MARK: Reading

  /// Reads a page, header and all, and checks all of it.
  ///
  /// - Returns: False if it is not the page of the record, whole; what stands in `target` means nothing then.
  package func read(_ record: PageRecord, into target: UnsafeMutableRawBufferPointer) -> Bool {
    precondition(target.count == payloadByteCount && record.slot < slotCount, "a page of this file")
    if state.withLock({ $0.unreadable.contains(record.slot) }) { return false }
    var header = [UInt8](repeating: 0, count: PageHeader.byteCount)
    let place = off_t(record.slot * slotByteCount)
    let count = unsafe header.withUnsafeMutableBytes { head in
      let parts = unsafe [iovec(iov_base: head.baseAddress, iov_len: head.count), iovec(iov_base: target.baseAddress, iov_len: target.count)]
      return unsafe preadv(descriptor, parts, 2, place)
    }
    guard count == header.count + target.count, let known = PageHeader(header, slot: record.slot), known.record == record,
      known.identity == identity, known.payloadByteCount == target.count
    else { return false }
    var hash = SHA256()
    unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(target))
    return Array(hash.finalize()) == known.payloadDigest.bytes
  }

  /// Headers of all slots that belong together from the beginning of a namespace.
  private static func scan(_ descriptor: Int32, slotCount: Int, slotByteCount: Int, identity: PageDigest, payloadByteCount: Int) -> [PageRecord] {
    var children: [PageDigest: [PageRecord]] = [:]
    var seen: Set<PageDigest> = []
    var roots: [PageDigest] = []
    for slot in 0..<slotCount {
      var bytes = [UInt8](repeating: 0, count: PageHeader.byteCount)
      let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(slot * slotByteCount)) }
      guard count == bytes.count, let header = PageHeader(bytes, slot: slot), header.identity == identity,
        header.payloadByteCount == payloadByteCount, seen.insert(header.record.digest).inserted
      else { continue }
      children[header.record.parent, default: []].append(header.record)
      let root = PageDigest(ofNamespace: header.record.namespace)
      if header.record.parent == root, !roots.contains(root) { roots.append(root) }
    }
    var found: [PageRecord] = []
    var pending = roots
    while let parent = pending.popLast() {
      for record in children.removeValue(forKey: parent) ?? [] {
        found.append(record)
        // What follows a block that is not full was not written by us.
        if record.tokens.count == KVBlock.positionCount { pending.append(record.digest) }
      }
    }
    return found
  }

  /// Files of other identities have no use until their model is used again.
  private static func removeOthers(in directory: URL, than name: String, keeping byteLimit: Int) {
    let others = files(in: directory).filter { $0.lastPathComponent != name }
    // Foundation's size of what a file takes on disk is in blocks of the wrong size on Linux.
    func values(_ file: URL) -> (size: Int, date: Int) {
      var status = stat()
      guard unsafe lstat(file.path, &status) == 0 else { return (0, 0) }
      return (512 * Int(status.st_blocks), Int(status.st_mtim.tv_sec))
    }
    // Half of the room is for them at most, so that going back to another model is cheap now and then.
    var sum = others.reduce(0) { $0 + values($1).size }
    for file in others.sorted(by: { values($0).date < values($1).date }) where sum > byteLimit / 2 {
      let descriptor = unsafe open(file.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        sum -= values(file).size
        try? FileManager.default.removeItem(at: file)
      }
      close(descriptor)
    }
  }
}
