import Crypto
import Foundation

// Files that are derived from the database have one frame, all numbers little-endian:
//
//   offset 0   8 bytes  what kind of file it is
//          8   u32      version of that kind's form
//         12   52 bytes 0
//         64   …        its content, so that numbers in it can be aligned
//   end −40   u64      length of the whole file
//   end −32   32 bytes SHA-256 of everything before

/// A file in memory (mapped: its pages are read when they are used) whose length and checksum were found right.
///
/// Nobody is to write to such a file, which is replaced as a whole; who does so all the same, or a fault of the disk that cuts it, is noticed by
/// `isDisturbed`, which is to be asked before every use: pages behind a file's end cannot be read.
///
/// Unchecked `Sendable`: the bytes never change. Memory-safe: the mapping lives as long as the object, and `withBytes` lends it.
@safe package final class VerifiedFile: @unchecked Sendable {
  private let mapping: UnsafeRawBufferPointer
  private let descriptor: Int32
  private let stamp: Stamp
  package let path: String
  /// SHA-256 of everything before it, in lower-case hexadecimal: what `DurableFile.seal` returned.
  package let checksum: String

  private static let headerByteCount = 64
  private static let trailerByteCount = 40

  /// - Parameters:
  ///   - kind: Eight letters that such a file begins with.
  ///   - version: The version that is read.
  package init(path: String, kind: StaticString, version: UInt32) throws(DurableFileError) {
    precondition(kind.utf8CodeUnitCount == 8, "a kind of file has eight letters")
    // A pipe in the place of a file is not waited for.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unsafe .writing(path, "open", String(cString: strerror(errno))) }
    var isKept = false
    defer { if !isKept { close(descriptor) } }
    let stamp = Stamp(descriptor)
    let byteCount = Int(stamp.byteCount)
    guard byteCount >= Self.headerByteCount + Self.trailerByteCount else { throw .damaged(path, "it has only \(max(byteCount, 0)) bytes") }
    guard let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe address != MAP_FAILED else {
      throw unsafe .writing(path, "map", String(cString: strerror(errno)))
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: address, count: byteCount)
    do throws(DurableFileError) {
      checksum = try unsafe Self.verify(bytes, path: path, kind: kind, version: version)
    } catch {
      unsafe munmap(address, byteCount)
      throw error
    }
    unsafe mapping = bytes
    self.path = path
    self.descriptor = descriptor
    self.stamp = stamp
    isKept = true
  }

  /// The checksum that a file's end says it has, without reading the rest: `nil` where there is no such file, or one that was cut.
  package static func statedChecksum(of path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let byteCount = Stamp(descriptor).byteCount
    var end = [UInt8](repeating: 0, count: trailerByteCount)
    guard byteCount >= headerByteCount + trailerByteCount,
      unsafe pread(descriptor, &end, end.count, off_t(byteCount) - off_t(end.count)) == end.count,
      end.prefix(8).reversed().reduce(0, { $0 << 8 | UInt64($1) }) == UInt64(byteCount)
    else { return nil }
    return hexadecimal(Array(end.dropFirst(8)))
  }

  /// Whether the file's length or time of change is another than when it was checked. One system call; true also when it cannot be told.
  package var isDisturbed: Bool { Stamp(descriptor) != stamp }

  /// What changes with a file's content.
  private struct Stamp: Equatable {
    var byteCount: Int64 = -1
    var seconds = 0
    var nanoseconds = 0

    init(_ descriptor: Int32) {
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0 else { return }
      byteCount = Int64(status.st_size)
      seconds = status.st_mtim.tv_sec
      nanoseconds = status.st_mtim.tv_nsec
    }
  }

  deinit {
    close(descriptor)
    if let base = unsafe mapping.baseAddress { unsafe munmap(UnsafeMutableRawPointer(mutating: base), mapping.count) }
  }

  /// Bytes of the content.
  package var byteCount: Int { unsafe mapping.count - Self.headerByteCount - Self.trailerByteCount }

  /// Lends the content. The pointer is good as long as this object lives.
  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    try unsafe body(UnsafeRawBufferPointer(rebasing: mapping[Self.headerByteCount..<(mapping.count - Self.trailerByteCount)]))
  }

  /// Lets the pages that were read go from this process's memory; the next to read one gets it from the system's cache, or from the disk.
  package func releasePages() { unsafe Self.release(mapping) }

  /// - Parameter bytes: Of a mapping, from the beginning of a page on.
  private static func release(_ bytes: UnsafeRawBufferPointer) {
    // They are only read: nothing is lost.
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, MADV_DONTNEED)
  }

  /// A multiple of every page's size.
  private static let pieceByteCount = 16 << 20

  /// Checks the frame, and gives the checksum.
  private static func verify(
    _ bytes: UnsafeRawBufferPointer, path: String, kind: StaticString, version: UInt32
  ) throws(DurableFileError) -> String {
    guard unsafe bytes.prefix(8).elementsEqual(UnsafeBufferPointer(start: kind.utf8Start, count: 8)) else {
      throw .damaged(path, "it does not begin like a file of its kind")
    }
    let found = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard found == version else { throw .unknownVersion(path, found: found, known: version) }
    let length = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - trailerByteCount, as: UInt64.self))
    guard length == UInt64(bytes.count) else { throw .damaged(path, "it has \(bytes.count) bytes, and its end does not say so") }
    var hash = SHA256()
    let end = bytes.count - 32
    for start in stride(from: 0, to: end, by: pieceByteCount) {
      let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceByteCount, end)])
      unsafe hash.update(bufferPointer: piece)
      // A file may be larger than memory; what is used of it is read when it is used.
      if bytes.count > pieceByteCount { unsafe release(piece) }
    }
    let sum = Array(hash.finalize())
    guard unsafe bytes.suffix(32).elementsEqual(sum) else { throw .damaged(path, "its checksum is wrong") }
    return hexadecimal(sum)
  }
}

extension DurableFile {
  /// Begins a file of a kind, with the frame that `VerifiedFile` checks.
  package convenience init(
    path: String, kind: StaticString, version: UInt32, before: @escaping (FileStep) throws -> Void = { _ in }
  ) throws(DurableFileError) {
    precondition(kind.utf8CodeUnitCount == 8, "a kind of file has eight letters")
    try self.init(path: path, before: before)
    try unsafe write(UnsafeRawBufferPointer(start: kind.utf8Start, count: 8))
    try write([version.littleEndian])
    try write([UInt8](repeating: 0, count: 52))
  }

  /// Ends the file with its length and checksum, and makes it durable.
  ///
  /// - Returns: The checksum, in lower-case hexadecimal.
  package func seal() throws(DurableFileError) -> String {
    try write([UInt64(byteCount + 40).littleEndian])
    let sum = try checksum()
    try write(sum)
    _ = try finish()
    return hexadecimal(sum)
  }
}

/// Two lower-case digits a byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}
