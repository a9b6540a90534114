package import Foundation
import Synchronization

/// Keeps KV blocks on disk, each in a slot of one file: a header and the block's bytes one after the other, so that one read brings both.
///
/// Nothing depends on what it keeps: a page that is torn, flipped, of another model or not there at all is computed again. So writes are not
/// synced; a page counts only if its header's checksum, and the checksum of the block that the header names, are right.
package final class PageFile: Sendable {
  let descriptor: Int32
  let identity: PageDigest
  let payloadByteCount: Int
  let slotByteCount: Int
  package let slotCount: Int
  /// Pages that were there when it was opened, each after the one that it follows.
  package let found: [PageRecord]

  private let byteLimit: Int
  private let queue = DispatchQueue(label: "quarry.pages", qos: .utility)
  private let state: Mutex<State>

  private struct State {
    /// Slots that wait to be written, are to hold nothing, or whose last write failed, with the number of what was asked last: nothing is read
    /// from them until just that is done.
    var unreadable: [Int: Int] = [:]
    var requestCount = 0
    var waitingByteCount = 0
    var failedWriteCount = 0
    /// Files of other identities, that written to last first.
    var others: [PageFolder.Entry]

    mutating func request(slot: Int) -> Int {
      requestCount += 1
      unreadable[slot] = requestCount
      return requestCount
    }
  }

  /// Bytes that wait to be written at most.
  private static let waitingByteLimit = 64 << 20

  /// Opens the file of an identity, or makes it.
  ///
  /// - Parameters:
  ///   - directory: Made if it is not there, for its owner only.
  ///   - byteLimit: Of all files of this kind in it. Those of other identities stay as long as there is room, so that going back to another model is
  ///     cheap; the one not written to for longest goes first. One that is open elsewhere is not removed.
  /// - Throws: `PageFileError` if it cannot be opened, or if another process has it.
  package init(directory: URL, identity: PageIdentity, byteLimit: Int) throws(PageFileError) {
    self.identity = identity.digest
    self.byteLimit = byteLimit
    payloadByteCount = identity.blockByteCount
    slotByteCount = PageHeader.byteCount + (identity.blockByteCount + 4095) / 4096 * 4096
    slotCount = max(0, byteLimit) / slotByteCount
    let name = "kv-" + self.identity.bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + ".pages"
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw PageFileError.open(directory.path, "\(error.localizedDescription)")
    }
    descriptor = try PageFolder.openAlone(directory.appendingPathComponent(name).path)
    // What lies beyond the limit, which may have been higher before, is given back.
    var status = stat()
    if unsafe fstat(descriptor, &status) == 0, Int(status.st_size) > slotCount * slotByteCount {
      ftruncate(descriptor, off_t(slotCount * slotByteCount))
    }
    found = PageScan.pages(
      descriptor, slotCount: min(slotCount, (Int(status.st_size) + slotByteCount - 1) / slotByteCount), slotByteCount: slotByteCount,
      identity: self.identity, payloadByteCount: payloadByteCount)
    state = Mutex(State(others: PageFolder.others(in: directory, than: name)))
    makeRoom(0)
  }

  deinit { PageFolder.close(descriptor) }

  /// Forgets what all files of a folder keep, because it may be of documents that are to be forgotten. A process that has one open goes on with
  /// it until it ends; nobody finds it after.
  package static func removeAll(in directory: URL) throws {
    for file in PageFolder.files(in: directory) { try FileManager.default.removeItem(at: file) }
  }

  /// Copies a block and writes it in the background.
  ///
  /// - Returns: False if too much is waiting already, or the record does not fit; nothing is written then. What stood in the slot is lost otherwise.
  package func write(_ record: PageRecord, _ bytes: UnsafeRawBufferPointer) -> Bool {
    precondition(bytes.count == payloadByteCount && record.slot < slotCount, "a page of this file")
    guard record.namespace.utf8.count <= PageHeader.namespaceLimit else { return false }
    let request: Int? = state.withLock { state in
      guard state.waitingByteCount + payloadByteCount <= Self.waitingByteLimit else { return nil }
      state.waitingByteCount += payloadByteCount
      return state.request(slot: record.slot)
    }
    guard let request else { return false }
    let payload = unsafe Array(bytes)
    queue.async { [self] in
      let isWritten = put(record, payload)
      state.withLock { state in
        state.waitingByteCount -= payloadByteCount
        if !isWritten { state.failedWriteCount += 1 }
        if isWritten, state.unreadable[record.slot] == request { state.unreadable[record.slot] = nil }
      }
    }
    return true
  }

  /// Nothing is to be found in a slot any more, also after a restart.
  package func invalidate(slot: Int) {
    _ = state.withLock { $0.request(slot: slot) }
    queue.async { [self] in _ = put([UInt8](repeating: 0, count: PageHeader.byteCount), at: slot * slotByteCount) }
  }

  /// Pages that could not be written, for want of room as a rule: nothing is read from their slots.
  package var failedWriteCount: Int { state.withLock { $0.failedWriteCount } }

  /// Waits until all is written.
  package func flush() { queue.sync {} }

  func isReadable(slot: Int) -> Bool { state.withLock { $0.unreadable[slot] == nil } }

  /// The old header goes first and the new one comes last: in between, and after a crash at any point, nothing that is not whole has one.
  private func put(_ record: PageRecord, _ payload: [UInt8]) -> Bool {
    makeRoom(slotByteCount)
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

  /// Removes files of other identities until there is room for more bytes.
  private func makeRoom(_ byteCount: Int) {
    let unneeded = state.withLock { state in
      guard !state.others.isEmpty else { return [String]() }
      let most = slotCount * slotByteCount
      var sum = min(PageFolder.byteCount(descriptor) + byteCount, most) + state.others.reduce(0) { $0 + $1.byteCount }
      var unneeded: [String] = []
      while sum > byteLimit, let other = state.others.popLast() {
        sum -= other.byteCount
        unneeded.append(other.path)
      }
      return unneeded
    }
    for path in unneeded { PageFolder.remove(path) }
  }
}
