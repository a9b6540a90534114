import Documents
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

  init(path: String, knownRoots: Set<String>) throws(IngestionError) {
    guard let resolved = realpath(path, nil) else { throw .noSuchPath(path) }
    defer { free(resolved) }
    let absolute = String(cString: resolved)
    var status = stat()
    let isFolder = stat(absolute, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let folder = isFolder ? absolute : (absolute as NSString).deletingLastPathComponent
    let around = knownRoots.filter { folder == $0 || folder.hasPrefix($0 == "/" ? "/" : $0 + "/") }.max { $0.utf8.count < $1.utf8.count }
    root = around ?? folder
    prefix = absolute == root ? "" : String(absolute.dropFirst(root == "/" ? 1 : root.utf8.count + 1))
  }

  /// The absolute path that was asked for.
  var path: String { prefix.isEmpty ? root : absolute(prefix) }

  func absolute(_ relative: String) -> String { root == "/" ? "/" + relative : root + "/" + relative }

  /// Whether a document of `root` is one that this run answers for.
  func contains(_ relative: String) -> Bool {
    prefix.isEmpty || relative == prefix || relative.hasPrefix(prefix + "/")
  }
}
