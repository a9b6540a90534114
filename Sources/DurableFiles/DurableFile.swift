import Crypto
import Foundation

/// The moments at which writing a file can fail: tests make each of them fail.
package enum FileStep: String, Sendable, CaseIterable {
  case create, write, sync, rename, syncFolder
}

/// A file that appears under its name whole and on disk, or not at all.
///
/// Bytes go to `<path>.tmp` and are summed by SHA-256 on their way; `finish` syncs it, renames it, and syncs the folder.
package final class DurableFile {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private static let bufferByteCount = 1 << 20
  private var hash = SHA256()
  /// Bytes written so far.
  package private(set) var byteCount = 0
  private let before: (FileStep) throws -> Void

  /// - Parameter before: Called before every step; what it throws is what the step fails with.
  package init(path: String, before: @escaping (FileStep) throws -> Void = { _ in }) throws(DurableFileError) {
    self.path = path
    self.before = before
    temporaryPath = path + ".tmp"
    descriptor = -1
    try step(.create, "create") {
      descriptor = unsafe open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      return descriptor >= 0
    }
  }

  deinit {
    // Only an unfinished file still has its descriptor.
    if descriptor >= 0 {
      close(descriptor)
      unsafe unlink(temporaryPath)
    }
  }

  /// Adds bytes, which count for the checksum.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(DurableFileError) {
    var start = 0
    while start < bytes.count {
      let piece = min(bytes.count - start, Self.bufferByteCount - buffer.count)
      unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<start + piece]))
      start += piece
      if buffer.count == Self.bufferByteCount { try flush() }
    }
    byteCount += bytes.count
  }

  /// Adds numbers as they stand in memory (little-endian on every machine that Quarry runs on).
  package func write<Number: BitwiseCopyable>(_ numbers: [Number]) throws(DurableFileError) {
    var failure: DurableFileError?
    unsafe numbers.withUnsafeBytes { bytes in
      do throws(DurableFileError) { try unsafe write(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// The checksum of all bytes up to here.
  package func checksum() throws(DurableFileError) -> [UInt8] {
    try flush()
    return Array(hash.finalize())
  }

  /// Makes the file durable under its name, and gives the checksum of all of it.
  package func finish() throws(DurableFileError) -> [UInt8] {
    let sum = try checksum()
    try step(.sync, "sync") { fsync(descriptor) == 0 }
    // Some file systems report a full disk only here.
    let closed = close(descriptor)
    descriptor = -1
    do throws(DurableFileError) {
      guard closed == 0 else { throw fileError("close") }
      try step(.rename, "rename") { unsafe rename(temporaryPath, path) == 0 }
    } catch {
      unsafe unlink(temporaryPath)
      throw error
    }
    try step(.syncFolder, "sync the folder of") { syncFolder(of: path) }
    return sum
  }

  private func flush() throws(DurableFileError) {
    guard !buffer.isEmpty else { return }
    var start = 0
    while start < buffer.count {
      // Short writes happen when a disk fills up; the next call then says so.
      var written = 0
      try step(.write, "write") {
        written = unsafe buffer.withUnsafeBytes { bytes in
          unsafe Foundation.write(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start)
        }
        return written > 0 || (written < 0 && errno == EINTR)
      }
      start += max(written, 0)
    }
    hash.update(data: buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  private func fileError(_ action: String) -> DurableFileError {
    unsafe DurableFileError.writing(temporaryPath, action, errno == 0 ? "nothing was written" : String(cString: strerror(errno)))
  }

  private func step(_ step: FileStep, _ action: String, _ body: () -> Bool) throws(DurableFileError) {
    do { try before(step) } catch { throw .writing(temporaryPath, action, "\(error)") }
    errno = 0
    guard body() else { throw fileError(action) }
  }
}

/// The folder that a file lies in; Foundation's own traps on names of one character.
package func folder(of path: String) -> String {
  guard let end = path.lastIndex(of: "/") else { return "." }
  return end == path.startIndex ? "/" : String(path[..<end])
}

/// Syncs the folder that holds a file, without which its new name may be lost with the power.
package func syncFolder(of path: String) -> Bool {
  let descriptor = unsafe open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  return fsync(descriptor) == 0
}
