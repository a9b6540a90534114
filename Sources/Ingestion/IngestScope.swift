import Documents
import DurableFiles
import Foundation
import Store

/// Which files one run looks at: a root that document names are relative to, and the part of it that was asked for.
///
/// A folder inside one that was ingested before belongs to that one's root, so that ingesting `docs` and then `docs/api` gives
/// no document twice.
struct IngestScope {
  /// Absolute, without links or a slash at the end.
  let root: String
  /// Relative to `root`; empty for all of it.
  let prefix: String

  /// The absolute path without links, of what must be there.
  static func resolve(_ path: String) throws(IngestionError) -> String {
    guard let resolved = FileStatus.realPath(path) else { throw .noSuchPath(path) }
    return resolved
  }

  /// - Parameter absolute: As `resolve` gave it.
  init(absolute: String, knownRoots: some Sequence<String>) {
    var status = stat()
    let isFolder = stat(absolute, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let folder = isFolder ? absolute : DurableFiles.folder(of: absolute)
    let around = knownRoots.filter { Self.relative(folder, to: $0) != nil }.max { $0.utf8.count < $1.utf8.count }
    root = around ?? folder
    prefix = Self.relative(absolute, to: root) ?? ""
  }

  /// The path of what lies under `root`, empty for `root` itself; `nil` for what does not. Names are bytes: letters that look the same and are
  /// written differently are different names.
  static func relative(_ path: String, to root: String) -> String? {
    let (path, root) = (Array(path.utf8), Array(root.utf8))
    if path == root { return "" }
    let start = root.last == UInt8(ascii: "/") ? root : root + [UInt8(ascii: "/")]
    guard path.starts(with: start) else { return nil }
    return String(decoding: path[start.count...], as: UTF8.self)
  }

  /// The absolute path that was asked for.
  var path: String { prefix.isEmpty ? root : absolute(prefix) }

  func absolute(_ relative: String) -> String { root == "/" ? "/" + relative : root + "/" + relative }

  /// The path relative to `root` of a file of this root, or of one inside it; `nil` for what this run does not answer for.
  func path(of entry: LedgerEntry) -> String? {
    guard !entry.root.hasBytes(of: root) else { return contains(entry.path) ? entry.path : nil }
    guard Self.relative(entry.root, to: root) != nil else { return nil }
    return Self.relative(entry.root + "/" + entry.path, to: root).flatMap { contains($0) ? $0 : nil }
  }

  /// Whether a document of `root` is one that this run answers for.
  func contains(_ relative: String) -> Bool {
    prefix.isEmpty || Self.relative(relative, to: prefix) != nil
  }
}
