import Foundation

/// A regular file found under a folder.
package struct WalkedFile: Sendable, Equatable {
  /// Relative to the walked folder, with `/`; the file's own name when the root is a file.
  package var relativePath: String
  /// Absolute or relative as the root was given.
  package var path: String
  package var byteCount: Int64
  /// Nanoseconds since 1970.
  package var modificationTime: Int64
}

/// Finds the files of a folder, sorted by path.
///
/// Hidden files and folders, `node_modules` and the like are left out. A symbolic link is followed only if what it points to lies inside
/// the root; each folder is entered once, so that links in a circle end.
package struct FolderWalk {
  /// Folders that hold what programs made or fetched, never what a person wrote.
  static let skippedFolders: Set<String> = ["node_modules", "__pycache__", "DerivedData", "Pods"]

  /// - Throws: `document_unreadable` when the root itself cannot be read; what cannot be read below it is left out.
  package static func files(under root: String) throws(DocumentError) -> [WalkedFile] {
    guard let status = FileStatus(path: root) else { throw .unreadable(root, String(cString: strerror(errno))) }
    if status.isRegularFile {
      return [
        WalkedFile(relativePath: lastComponent(of: root), path: root, byteCount: status.byteCount, modificationTime: status.modificationTime)
      ]
    }
    guard status.isFolder else { throw .unreadable(root, "it is neither a file nor a folder") }
    guard let realRoot = realPath(root) else { throw .unreadable(root, String(cString: strerror(errno))) }

    var result: [WalkedFile] = []
    var entered: Set<FileStatus.Identity> = [status.identity]
    var pending: [(path: String, relative: String)] = [(root, "")]
    var isRoot = true
    while let folder = pending.popLast() {
      guard let names = entryNames(of: folder.path) else {
        if isRoot { throw .unreadable(root, String(cString: strerror(errno))) }
        continue
      }
      isRoot = false
      for name in names.sorted() where !name.hasPrefix(".") {
        let path = folder.path.hasSuffix("/") ? folder.path + name : folder.path + "/" + name
        let relative = folder.relative.isEmpty ? name : folder.relative + "/" + name
        if !FileStatus.exists(path) {
          // A name that is no UTF-8 cannot be opened by its repaired form: listed, so that reading it fails where all can see.
          result.append(WalkedFile(relativePath: relative, path: path, byteCount: 0, modificationTime: 0))
          continue
        }
        guard let entry = FileStatus(path: path), !FileStatus.isLink(path) || isInside(path, root: realRoot) else { continue }
        if entry.isFolder {
          if !skippedFolders.contains(name), entered.insert(entry.identity).inserted { pending.append((path, relative)) }
        } else if entry.isRegularFile {
          result.append(WalkedFile(relativePath: relative, path: path, byteCount: entry.byteCount, modificationTime: entry.modificationTime))
        }
      }
    }
    return result.sorted { $0.relativePath.utf8.lexicographicallyPrecedes($1.relativePath.utf8) }
  }

  private static func entryNames(of folder: String) -> [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: folder)
  }

  private static func isInside(_ path: String, root: String) -> Bool {
    guard let target = realPath(path) else { return false }
    return target.hasPrefix(root == "/" ? "/" : root + "/")
  }

  private static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func lastComponent(of path: String) -> String {
    String(path.split(separator: "/").last ?? Substring(path))
  }
}

/// What `stat` says, links followed.
struct FileStatus {
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  let isFolder: Bool
  let isRegularFile: Bool
  let byteCount: Int64
  let modificationTime: Int64
  let identity: Identity

  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    isRegularFile = status.st_mode & S_IFMT == S_IFREG
    byteCount = Int64(status.st_size)
    modificationTime = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }

  /// Whether there is anything of this name, be it a link to nowhere.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
