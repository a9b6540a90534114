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
  init?(ofFolder path: String, relative folder: String) {
    self.folder = folder
    rules = Self.fileNames.flatMap { name -> [Rule] in
      guard let status = FileStatus(path: path + "/" + name), status.isRegularFile, status.byteCount <= Self.byteLimit,
        let data = FileManager.default.contents(atPath: path + "/" + name)
      else { return [] }
      let place = folder.isEmpty ? name : folder + "/" + name
      return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
        PathPattern(String(line)).map { Rule(pattern: $0, origin: "\(place), line \(number + 1), leaves it out") }
      }
    }
    if rules.isEmpty { return nil }
  }

  /// - Parameter patterns: As in an ignore file at the root.
  init(patterns: [PathPattern], origin: String) {
    folder = ""
    rules = patterns.map { Rule(pattern: $0, origin: origin) }
  }

  /// What the rules say about an entry below the folder: `nil` if nothing, else whether it is left out, and by which.
  func decision(_ path: String, isFolder: Bool) -> (isIgnored: Bool, origin: String)? {
    let inner = folder.isEmpty ? path : String(path.dropFirst(folder.count + 1))
    let rule = rules.last { $0.pattern.matches(inner, isFolder: isFolder) }
    return rule.map { (!$0.pattern.isNegated, $0.origin) }
  }
}
