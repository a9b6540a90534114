import Foundation

/// What the ignore files of a folder say about what lies in it.
struct IgnoreRules {
  /// Files that are followed, the last one first where they differ.
  static let fileNames = [".gitignore", ".quarryignore"]
  private static let byteLimit = 16 << 20

  private struct Rule {
    let pattern: PathPattern
    /// As it is shown to people.
    let origin: String
  }

  /// Relative to the walk's root, empty for the root itself.
  private let folder: String
  private let rules: [Rule]

  /// - Parameter path: Of the folder in the file system.
  /// - Returns: `nil` if it has no rules.
  /// - Throws: If it has some that cannot be read: what they leave out is not to be taken in.
  init?(ofFolder path: String, relative folder: String) throws(DocumentError) {
    self.folder = folder
    var rules: [Rule] = []
    for name in Self.fileNames {
      let file = path + "/" + name
      guard let status = FileStatus(path: file), status.isRegularFile else { continue }
      guard status.byteCount <= Self.byteLimit else { throw .unreadable(file, "it has \(status.byteCount) bytes") }
      guard let data = FileManager.default.contents(atPath: file) else { throw .unreadable(file, String(cString: strerror(errno))) }
      let place = folder.isEmpty ? name : folder + "/" + name
      // By bytes: a carriage return and a line feed are one character to Swift. Editors may begin with a byte order mark.
      let text = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data
      for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
        guard let pattern = PathPattern(String(decoding: line, as: UTF8.self)) else { continue }
        rules.append(Rule(pattern: pattern, origin: "\(place), line \(number + 1), leaves it out"))
      }
    }
    if rules.isEmpty { return nil }
    self.rules = rules
  }

  /// - Parameter patterns: As in an ignore file at the root.
  init(patterns: [PathPattern], origin: String) {
    folder = ""
    rules = patterns.map { Rule(pattern: $0, origin: origin) }
  }

  /// What the rules say about an entry below the folder: `nil` if nothing, else whether it is left out, and by which.
  func decision(_ path: String, isFolder: Bool) -> (isIgnored: Bool, origin: String)? {
    // By bytes: what follows a slash may be one character with it to Swift.
    let inner = PathCharacters(path[path.utf8.index(path.startIndex, offsetBy: folder.isEmpty ? 0 : folder.utf8.count + 1)...])
    let rule = rules.last { $0.pattern.matches(inner, isFolder: isFolder) }
    return rule.map { (!$0.pattern.isNegated, $0.origin) }
  }
}
