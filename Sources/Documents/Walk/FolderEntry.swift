import Foundation

/// What a folder holds under one name. A name is bytes, and those of an old disk may be no UTF-8.
struct FolderEntry {
  /// `nil` if it is not UTF-8: then nothing here can open it.
  let name: String?
  /// As it is shown, with `\xEF` for a byte that is no UTF-8.
  let shownName: String
  /// Told for what has no name.
  let isFolder: Bool

  /// Sorted by name.
  static func all(of path: String) throws(DocumentError) -> [FolderEntry] {
    guard let folder = opendir(path) else { throw .unreadable(path, String(cString: strerror(errno))) }
    defer { closedir(folder) }
    var entries: [FolderEntry] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw .unreadable(path, String(cString: strerror(errno))) }
        break
      }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if bytes == Array(".".utf8) || bytes == Array("..".utf8) { continue }
      if let name = String(validating: bytes, as: UTF8.self) {
        entries.append(FolderEntry(name: name, shownName: name, isFolder: false))
      } else {
        entries.append(FolderEntry(name: nil, shownName: shown(bytes), isFolder: entry.pointee.d_type == UInt8(DT_DIR)))
      }
    }
    return entries.sorted { $0.shownName.utf8.lexicographicallyPrecedes($1.shownName.utf8) }
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    bytes.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "\\x" + String($0, radix: 16, uppercase: true) }.joined()
  }
}
