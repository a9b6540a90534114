import Foundation

/// A file for what need not be in memory while something is made of it. It has no name, so that nothing of it stays however the process ends.
///
/// Memory-safe: the mapping lives as long as the object, and `withBytes` lends it.
@safe package final class ScratchFile {
  private let path: String
  private let descriptor: Int32
  private let mapping: UnsafeRawBufferPointer
  /// Bytes written so far.
  package private(set) var byteCount = 0
  private let before: (FileStep) throws -> Void

  /// - Parameters:
  ///   - path: A name for the moment in which the file is made; what a kill leaves there is for the caller to remove.
  ///   - byteLimit: How much will be written at most.
  ///   - before: Called before every step; what it throws is what the step fails with.
  package init(path: String, byteLimit: Int, before: @escaping (FileStep) throws -> Void = { _ in }) throws(DurableFileError) {
    do { try before(.create) } catch { throw .writing(path, "create", "\(error)") }
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw unsafe .writing(path, "create", String(cString: strerror(errno))) }
    unsafe unlink(path)
    // Its whole length from the beginning, as a hole: the mapping stays where it is while the file fills.
    let length = max(byteLimit, 1)
    guard ftruncate(descriptor, off_t(length)) == 0, let address = unsafe mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0),
      unsafe address != MAP_FAILED
    else {
      let words = unsafe String(cString: strerror(errno))
      close(descriptor)
      throw .writing(path, "make room in", words)
    }
    (self.path, self.descriptor, self.before) = (path, descriptor, before)
    unsafe mapping = UnsafeRawBufferPointer(start: address, count: length)
  }

  deinit {
    if let base = unsafe mapping.baseAddress { unsafe munmap(UnsafeMutableRawPointer(mutating: base), mapping.count) }
    close(descriptor)
  }

  /// Adds bytes behind those that are there.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(DurableFileError) {
    guard unsafe bytes.count <= mapping.count - byteCount else { throw .writing(path, "write", "it is more than was announced") }
    do { try before(.write) } catch { throw .writing(path, "write", "\(error)") }
    var start = 0
    while start < bytes.count {
      errno = 0
      let written = unsafe pwrite(descriptor, bytes.baseAddress?.advanced(by: start), bytes.count - start, off_t(byteCount + start))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw unsafe .writing(path, "write", errno == 0 ? "nothing was written" : String(cString: strerror(errno))) }
      start += written
    }
    byteCount += bytes.count
  }

  /// Adds bytes behind those that are there.
  package func append(_ bytes: [UInt8]) throws(DurableFileError) {
    var failure: DurableFileError?
    unsafe bytes.withUnsafeBytes { bytes in
      do throws(DurableFileError) { try unsafe append(bytes) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Lends all that was written. The pointer stays the same, and good as long as this object lives.
  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(rebasing: mapping[..<byteCount]))
  }

  /// Lets the pages that were read go from this process's memory.
  package func releasePages() {
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count, MADV_DONTNEED)
  }
}
