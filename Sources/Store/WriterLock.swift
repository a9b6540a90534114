import Foundation

/// The right to write an index: an exclusive `flock` on a file in its folder, which the kernel takes back when the process ends, however
/// it ends. The file holds the process id, for the words of the error, and stays when the lock is gone.
///
/// Unchecked `Sendable`: the descriptor does not change.
final class WriterLock: @unchecked Sendable {
  private let descriptor: Int32

  init(directory: String) throws(StoreError) {
    let path = directory + "/writer.lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .notWritable(path, String(cString: strerror(errno))) }
    var attempts = 0
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      let reason = errno
      var bytes = [UInt8](repeating: 0, count: 32)
      let count = pread(descriptor, &bytes, bytes.count, 0)
      let written = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      let isOurs = reason == EWOULDBLOCK && Int32(written) == getpid()
      attempts += 1
      // A lock that this process has let go lives on in a child that was forked meanwhile, until that runs its program.
      if isOurs, attempts < 50 {
        usleep(5_000)
        continue
      }
      // `deinit` closes the file: everything is initialised, so it runs though this throws.
      guard reason == EWOULDBLOCK else { throw .notWritable(path, String(cString: strerror(reason))) }
      throw .locked(directory, holder: isOurs ? "this same process (\(written))" : written.isEmpty ? "another process" : "process \(written)")
    }
    let words = "\(getpid())\n"
    // Only the words of an error depend on it.
    _ = ftruncate(descriptor, 0)
    _ = words.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  deinit { close(descriptor) }
}
