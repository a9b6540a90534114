import Foundation

/// A regular file that is open for reading: the same file until it is let go, whatever becomes of its name.
package struct OpenFile: Sendable {
  package let path: String
  /// As it was when it was opened, or less.
  package let byteCount: Int64
  private let descriptor: Descriptor

  /// Closed with the last that holds it.
  private final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
  }

  /// - Parameter byteCount: More than that do not count.
  package init(path: String, byteCount: Int64 = .max) throws(DocumentError) {
    self.path = path
    guard let status = FileStatus(path: path) else { throw .unreadable(path, String(cString: strerror(errno))) }
    // A pipe or a device would block or never end.
    guard status.isRegularFile else { throw .unreadable(path, "it is not a regular file") }
    let number = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard number >= 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
    descriptor = Descriptor(number)
    self.byteCount = min(byteCount, status.byteCount)
  }

  /// Some bytes of it, not beyond those that it had when it was opened; fewer than there were if it has become shorter.
  package func bytes(at offset: Int64, count: Int) throws(DocumentError) -> [UInt8] {
    var data = [UInt8](repeating: 0, count: Int(max(0, min(Int64(count), byteCount - offset))))
    var filled = 0
    while filled < data.count {
      let count = data.withUnsafeMutableBytes { bytes in
        pread(descriptor.number, bytes.baseAddress.map { $0 + filled }, bytes.count - filled, off_t(offset) + filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable(path, String(cString: strerror(errno))) }
      if count == 0 { break }
      filled += count
    }
    data.removeLast(data.count - filled)
    return data
  }
}
