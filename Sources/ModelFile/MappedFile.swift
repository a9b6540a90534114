import Foundation

/// A file mapped read-only into memory, unmapped when the last user lets go.
///
/// `@unchecked Sendable`: the mapping is never written and lives as long as the object. A file that somebody cuts short while it is
/// mapped ends the process with SIGBUS, as with every memory-mapped reader; model files are replaced by rename, never in place.
@safe package final class MappedFile: @unchecked Sendable {
  package let path: String
  package let byteCount: Int
  private let base: UnsafeRawPointer?

  package init(path: String) throws(ModelFileError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path, unsafe String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(path, unsafe String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path, "it is not a regular file") }
    let byteCount = Int(status.st_size)
    if byteCount == 0 {
      unsafe base = nil
    } else {
      guard let mapping = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe mapping != MAP_FAILED else {
        throw .unreadable(path, unsafe String(cString: strerror(errno)))
      }
      unsafe base = UnsafeRawPointer(mapping)
    }
    self.path = path
    self.byteCount = byteCount
  }

  deinit {
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Gives the bytes of a range, which must lie inside the file; the pointer is valid only inside `body`.
  package func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "a range outside \(path)")
    return try unsafe body(UnsafeRawBufferPointer(start: base.map { unsafe $0 + range.lowerBound }, count: range.count))
  }

  /// Says that a range is not needed for now: its whole pages leave the process's memory, and are read from the file again if they are asked for.
  package func release(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "a range outside \(path)")
    let page = Int(getpagesize())
    let (first, last) = ((range.lowerBound + page - 1) / page * page, range.upperBound / page * page)
    guard let base = unsafe base, first < last else { return }
    unsafe madvise(UnsafeMutableRawPointer(mutating: base + first), last - first, MADV_DONTNEED)
  }
}
