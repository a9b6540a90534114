import Foundation

/// A regular file found under a folder.
package struct WalkedFile: Sendable, Equatable {
  /// Relative to the walk's root, with `/`; the file's own name when the root is a file.
  package var relativePath: String
  /// What it is relative to: the root, or the folder of a root that is a file; empty for the current one. All files of a walk share it.
  package var folder: String
  package var byteCount: Int64
  /// Nanoseconds since 1970.
  package var modificationTime: Int64

  /// Absolute or relative as the root was given.
  package var path: String { folder.isEmpty ? relativePath : FolderWalk.joined(folder, relativePath) }
}

/// Something that a walk came by and left out.
package struct WalkOmission: Sendable, Equatable {
  package enum Kind: Sendable {
    /// Left out by a rule that somebody gave, or one that holds everywhere.
    case byRule
    /// It could not be looked into: what lies in it may be there as it was.
    case unreadable
  }

  /// Relative to the walk's root; a folder's ends with a slash.
  package var relativePath: String
  package var kind: Kind
  /// A sentence without its end.
  package var reason: String

  package init(relativePath: String, kind: Kind, reason: String) {
    self.relativePath = relativePath
    self.kind = kind
    self.reason = reason
  }
}

/// The folder that a walk began at, and those within it on which other disks are mounted.
package struct WalkedDisks: Sendable {
  private(set) var folders: [(path: String, identity: FileStatus.Identity)] = []

  /// Whether all of them are still there: what cannot be found in a folder whose disk was taken out, or has another one in its place, may be there as it
  /// was.
  package var areInPlace: Bool {
    folders.allSatisfy { folder in
      guard let status = FileStatus(path: folder.path), status.identity.device == folder.identity.device else { return false }
      // Some file systems (FUSE, overlays) number a folder anew when they have forgotten it: one that was put in its place is empty.
      return status.identity == folder.identity || (try? FolderEntry.all(of: folder.path).isEmpty) == false
    }
  }

  mutating func add(_ path: String, _ status: FileStatus) { folders.append((path, status.identity)) }
}

/// Finds the files of a folder.
///
/// Hidden files, `node_modules` and the like, and what ignore files name are left out, and said to be. A symbolic link is followed only if what
/// it points to lies inside the root; each folder is entered once, so that links in a circle end.
package struct FolderWalk {
  /// Folders that hold what programs made or fetched, never what a person wrote.
  static let skippedFolders: Set<String> = ["node_modules", "__pycache__", "DerivedData", "Pods", ".git", ".hg", ".svn"]

  /// Sorted by path, as bytes.
  package private(set) var files: [WalkedFile] = []
  package private(set) var omissions: [WalkOmission] = []
  /// Paths of the folders that were looked into, the root among them.
  package private(set) var folders: [String] = []
  package private(set) var disks = WalkedDisks()

  private let root: String
  private let realRoot: String
  private let options: WalkOptions
  private let excludes: IgnoreRules
  private var entered: Set<FileStatus.Identity> = []

  private struct Folder {
    let path: String
    /// Relative to the root.
    let relative: String
    /// From the root's to its own.
    let rules: [IgnoreRules]
    /// Of the folder that it lies in.
    let device: UInt64
  }

  /// Links to folders: what they lead to is called by its own name where it has one here.
  private var linked: [(folder: Folder, status: FileStatus)] = []

  private mutating func nextLinked() -> Folder? {
    while let (folder, status) = linked.popLast() { if let folder = enter(folder, status) { return folder } }
    return nil
  }

  /// - Returns: `nil` if it was entered before.
  private mutating func enter(_ folder: Folder, _ status: FileStatus) -> Folder? {
    guard entered.insert(status.identity).inserted else {
      omit(folder.relative + "/", "it is a link to a folder that is there under another name")
      return nil
    }
    return folder
  }

  /// - Parameters:
  ///   - root: A folder, or one file.
  ///   - part: Of the root, relative to it: only what lies there is looked at, under the rules of the folders above it. Empty for all.
  /// - Throws: `document_unreadable` when what was asked for cannot be read; what cannot be read below it is an omission.
  package init(_ root: String, part: String = "", options: WalkOptions = WalkOptions()) throws(DocumentError) {
    self.root = root
    self.options = options
    excludes = IgnoreRules(patterns: options.excludes, origin: "it is one of those to leave out")
    let start = part.isEmpty ? root : Self.joined(root, part)
    guard let status = FileStatus(path: start), let realRoot = FileStatus.realPath(root) else {
      throw .unreadable(start, String(cString: strerror(errno)))
    }
    self.realRoot = realRoot
    if status.isRegularFile {
      files = [walked(part.isEmpty ? Self.lastComponent(of: root) : part, in: part.isEmpty ? Self.folder(of: root) : root, status)]
      let folder = Self.folder(of: start).isEmpty ? "." : Self.folder(of: start)
      if let status = FileStatus(path: folder) { disks.add(folder, status) }
      return
    }
    guard status.isFolder else { throw .unreadable(start, "it is neither a file nor a folder") }

    entered = [status.identity]
    var rules: [IgnoreRules] = []
    // Those of the folders above; its own come with the others.
    var above = ""
    for name in part.utf8.split(separator: UInt8(ascii: "/")) {
      if let found = try self.rules(ofFolder: above) { rules.append(found) }
      // A link in the part may lead to what lies above it.
      if let status = FileStatus(path: above.isEmpty ? root : Self.joined(root, above)) { entered.insert(status.identity) }
      above = above.isEmpty ? String(decoding: name, as: UTF8.self) : above + "/" + String(decoding: name, as: UTF8.self)
    }
    var pending = [Folder(path: start, relative: part, rules: rules, device: status.identity.device)]
    while let folder = pending.popLast() ?? nextLinked() {
      let entries: [FolderEntry]
      let rules: [IgnoreRules]
      do throws(DocumentError) {
        entries = try FolderEntry.all(of: folder.path)
        rules = folder.rules + [try self.rules(ofFolder: folder.relative)].compactMap(\.self)
      } catch {
        if folder.path == start { throw error }
        let reason = [error.message, error.why].compactMap(\.self).joined(separator: ": ")
        omissions.append(WalkOmission(relativePath: folder.relative + "/", kind: .unreadable, reason: reason))
        continue
      }
      folders.append(folder.path)
      // Looked at again: a disk may be mounted by looking into its folder.
      let now = FileStatus(path: folder.path)
      let device = now?.identity.device ?? folder.device
      if let now, folder.path == start || device != folder.device { disks.add(folder.path, now) }
      for entry in entries {
        let relative = folder.relative.isEmpty ? entry.shownName : folder.relative + "/" + entry.shownName
        guard let name = entry.name else {
          omissions.append(
            WalkOmission(
              relativePath: relative + (entry.isFolder ? "/" : ""), kind: .unreadable, reason: "its name is not UTF-8: it has to be renamed"))
          continue
        }
        let entry = Folder(path: Self.joined(folder.path, name), relative: relative, rules: rules, device: device)
        if let inner = visit(name, entry) { pending.append(inner) }
      }
    }
    files.sort { $0.relativePath.utf8.lexicographicallyPrecedes($1.relativePath.utf8) }
  }

  /// Takes a file, or leaves an entry out; gives back a folder that is to be entered.
  private mutating func visit(_ name: String, _ entry: Folder) -> Folder? {
    if let fault = FileStatus.fault(entry.path) {
      // Or it was deleted just now.
      if fault != ENOENT, fault != ENOTDIR {
        omissions.append(WalkOmission(relativePath: entry.relative, kind: .unreadable, reason: String(cString: strerror(fault))))
      }
      return nil
    }
    guard let status = FileStatus(path: entry.path) else {
      let fault = errno
      if ![ENOENT, ENOTDIR, ELOOP].contains(fault) {
        omissions.append(WalkOmission(relativePath: entry.relative, kind: .unreadable, reason: String(cString: strerror(fault))))
      } else if FileStatus.isLink(entry.path) {
        omit(entry.relative, "it is a link that leads nowhere")
      }
      return nil
    }
    let isLink = FileStatus.isLink(entry.path)
    if isLink, !FileStatus.leads(entry.path, into: realRoot) {
      omit(entry.relative, "it is a link that leads out of the folder")
    } else if let reason = ruleAgainst(name, entry, isFolder: status.isFolder) {
      omit(status.isFolder ? entry.relative + "/" : entry.relative, reason)
    } else if status.isFolder {
      guard isLink else { return enter(entry, status) }
      linked.append((entry, status))
    } else if !status.isRegularFile {
      omit(entry.relative, "it is neither a file nor a folder")
    } else if let limit = options.fileByteLimit, status.byteCount > limit {
      omit(entry.relative, "it has \(status.byteCount) bytes, and files of up to \(limit) were asked for")
    } else if !options.includes.isEmpty, !isIncluded(entry.relative) {
      omit(entry.relative, "it is not one of those to take in")
    } else {
      files.append(walked(entry.relative, in: root, status))
    }
    return nil
  }

  /// Why an entry is left out; `nil` if it is not.
  private func ruleAgainst(_ name: String, _ entry: Folder, isFolder: Bool) -> String? {
    if isFolder, Self.skippedFolders.contains(name) { return "folders of this name hold what programs made" }
    if let decision = excludes.decision(entry.relative, isFolder: isFolder), decision.isIgnored { return decision.origin }
    if name.hasPrefix("."), !options.includesHidden { return "it is hidden" }
    // The folder that is nearest has the last word.
    for rules in entry.rules.reversed() {
      if let decision = rules.decision(entry.relative, isFolder: isFolder) { return decision.isIgnored ? decision.origin : nil }
    }
    return nil
  }

  private func isIncluded(_ path: String) -> Bool {
    let ends = path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") } + [path.endIndex]
    return ends.contains { end in
      let part = PathCharacters(path[..<end])
      return options.includes.contains { $0.matches(part, isFolder: end < path.endIndex) }
    }
  }

  private func rules(ofFolder relative: String) throws(DocumentError) -> IgnoreRules? {
    options.followsIgnoreFiles ? try IgnoreRules(ofFolder: relative.isEmpty ? root : Self.joined(root, relative), relative: relative) : nil
  }

  private mutating func omit(_ path: String, _ reason: String) {
    omissions.append(WalkOmission(relativePath: path, kind: .byRule, reason: reason))
  }

  private func walked(_ relative: String, in folder: String, _ status: FileStatus) -> WalkedFile {
    WalkedFile(relativePath: relative, folder: folder, byteCount: status.byteCount, modificationTime: status.modificationTime)
  }

  fileprivate static func joined(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }

  /// Of a path to a file, with its slash; empty where that has none.
  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return String(path[...slash])
  }

  private static func lastComponent(of path: String) -> String {
    String(path.split(separator: "/").last ?? Substring(path))
  }
}
