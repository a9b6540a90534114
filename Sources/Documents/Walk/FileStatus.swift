import Foundation

/// What `stat` says, links followed.
package struct FileStatus {
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  let isFolder: Bool
  package let isRegularFile: Bool
  let byteCount: Int64
  /// Nanoseconds since 1970, as is `changeTime`.
  let modificationTime: Int64
  /// When the content, or what is known about the file, was changed last: programs cannot set it as they like.
  let changeTime: Int64
  let identity: Identity

  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegularFile = status.st_mode & S_IFMT == S_IFREG
    byteCount = Int64(status.st_size)
    modificationTime = Self.nanoseconds(status.st_mtim)
    changeTime = Self.nanoseconds(status.st_ctim)
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }

  /// Equal for equal content, as far as the file system tells; empty as long as a change could leave it as it is, because the last one is too recent
  /// for the clock's steps.
  package func stamp(now: Int64) -> String {
    let settled = max(modificationTime, changeTime) < now - Self.settlingTime
    return settled ? "\(byteCount) \(modificationTime) \(changeTime) \(identity.number)" : ""
  }

  /// Clocks of file systems go in steps of up to 2 s (FAT).
  private static let settlingTime: Int64 = 3_000_000_000

  private static func nanoseconds(_ time: timespec) -> Int64 {
    let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? (time.tv_sec < 0 ? .min : .max) : seconds &+ Int64(time.tv_nsec)
  }

  /// The absolute path without links; `nil` if nothing is there, `errno` says why.
  package static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Why nothing can be said of what has this name, as `errno` has it; `nil` where something can.
  static func fault(_ path: String) -> Int32? {
    var status = stat()
    return lstat(path, &status) == 0 ? nil : errno
  }

  /// Whether nothing has this name; not where that cannot be told, as on a disk that does not answer.
  package static func isGone(_ path: String) -> Bool { fault(path).map { $0 == ENOENT || $0 == ENOTDIR } ?? false }

  /// Whether what a path leads to lies in a folder.
  ///
  /// - Parameter realFolder: Without links.
  package static func leads(_ path: String, into realFolder: String) -> Bool {
    guard let target = realPath(path) else { return false }
    return target.utf8.elementsEqual(realFolder.utf8) || target.utf8.starts(with: (realFolder == "/" ? "/" : realFolder + "/").utf8)
  }

  package static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
