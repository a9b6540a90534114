import Foundation

/// The page files of a folder: one for each model, type of keys and values and contract that was used there.
enum PageFolder {
  struct Entry {
    let path: String
    /// What it takes on disk, which is less than its length.
    let byteCount: Int
    let modified: timespec
  }

  /// `kv-` and 16 hexadecimal digits: nothing else in a folder is ours to remove (`.pages` is also a word processor's).
  static func files(in directory: URL) -> [URL] {
    let files = (try? FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.lastPathComponent.wholeMatch(of: /kv-[0-9a-f]{16}\.pages/) != nil }
  }

  /// Files but one, that written to last first.
  static func others(in directory: URL, than name: String) -> [Entry] {
    files(in: directory).filter { $0.lastPathComponent != name }.compactMap { file in
      // Foundation's size of what a file takes on disk is in blocks of the wrong size on Linux.
      var status = stat()
      guard unsafe lstat(file.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      return Entry(path: file.path, byteCount: byteCount(status), modified: status.st_mtim)
    }
    .sorted { ($0.modified.tv_sec, $0.modified.tv_nsec) > ($1.modified.tv_sec, $1.modified.tv_nsec) }
  }

  /// Removes a file, unless it is open somewhere.
  static func remove(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unsafe unlink(path) }
    close(descriptor)
  }

  /// What an open file takes on disk.
  static func byteCount(_ descriptor: Int32) -> Int {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? byteCount(status) : 0
  }

  private static func byteCount(_ status: stat) -> Int { 512 * Int(status.st_blocks) }

  /// Closes a file that is locked. A lock lasts until all copies of the descriptor are closed, and a child process that is just being started has
  /// one for a moment: so it is given up explicitly.
  static func close(_ descriptor: Int32) {
    flock(descriptor, LOCK_UN)
    Foundation.close(descriptor)
  }

  /// Opens a file for one process alone, or makes it.
  static func openAlone(_ path: String) throws(PageFileError) -> Int32 {
    while true {
      let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
      guard descriptor >= 0 else { throw .open(path, unsafe String(cString: strerror(errno))) }
      var status = stat()
      guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw .open(path, "it is no regular file")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw .inUse(path)
      }
      // Another process may have removed it between the two: what is written to it then is lost.
      if unsafe fstat(descriptor, &status) == 0, status.st_nlink > 0 { return descriptor }
      close(descriptor)
    }
  }
}
