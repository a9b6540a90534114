import Documents
import Foundation
import Testing

/// Patterns of ignore files, against git itself.
@Suite struct PathPatternTests {
  @Test(arguments: [
    ("*.log", "a/b/x.log", true), ("*.log", "x.logs", false), ("/x", "x", true), ("/x", "a/x", false), ("a/*.txt", "a/b.txt", true),
    ("a/*.txt", "a/b/c.txt", false), ("a/**/c", "a/c", true), ("a/**/c", "a/b/b/c", true), ("**/x/y", "x/y", true), ("**/x/y", "q/x/y", true),
    ("x/**", "x/y/z", true), ("x/**", "x", false), ("a**b", "axxb", true), ("a**b", "a/b", false), ("[a-c]?", "b1", true), ("[!a-c]?", "b1", false),
    ("[]]", "]", true), ("[[:digit:]a]x", "7x", true), ("[[:digit:]a]x", "bx", false), ("[![:space:]]", "x", true), ("[[:no:]]", "n", false),
    ("[a", "[a", false), ("a\\*", "a*", true), ("a\\*", "ab", false), ("\\#x", "#x", true), ("x ", "x", true),
    ("x\\ ", "x ", true),
    ("über*", "überall", true), ("?ber", "über", true), ("a/?/b", "a///b", false), ("**/", "x", false), ("**", "a/b", true),
  ]) func aPatternFits(pattern: String, path: String, fits: Bool) throws {
    let parsed = PathPattern(pattern)
    #expect((parsed?.matches(path, isFolder: false) ?? false) == fits, "\(pattern) on \(path)")
  }

  @Test func commentsAndEmptyLinesAreNone() {
    for line in ["", "   ", "# x", "/", "!", "!/", "\\"] { #expect(PathPattern(line) == nil, "\(line)") }
    #expect(PathPattern("!x")?.isNegated == true)
  }

  @Test func manyStarsTakeNoLonger() {
    let pattern = PathPattern(String(repeating: "*a", count: 200) + "b")
    #expect(pattern?.matches(String(repeating: "a", count: 2000), isFolder: false) == false)
    let folders = PathPattern(String(repeating: "**/a/", count: 100) + "b")
    #expect(folders?.matches(String(repeating: "a/", count: 500) + "c", isFolder: false) == false)
  }

  /// Random patterns over random trees: what is left out is what `git check-ignore` says.
  @Test func gitSaysTheSame() throws {
    try Fixtures.withTemporaryFolder { root in
      try run("git", ["init", "-q", root])
      var random = SplitMix(state: 7)
      let names = ["a", "b", "ab", "a.b", "x y", "ba.a", "a]"]
      func name() -> String { names.randomElement(using: &random)! }
      var paths = Set<String>()
      for _ in 0..<60 {
        let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in name() }.joined(separator: "/")
        guard !paths.contains(where: { $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/") || $0 == path }) else { continue }
        paths.insert(path)
        let file = URL(fileURLWithPath: root + "/" + path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: file)
      }
      let atoms = ["a", "b", "*", "?", "**", "/", "/**/", "[ab]", "[!a]", ".", " ", "a/", "\\]", "*."]
      for _ in 0..<150 {
        var lines: [String] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let body = (0..<Int.random(in: 1...4, using: &random)).map { _ in atoms.randomElement(using: &random)! }.joined()
          lines.append((Bool.random(using: &random) ? "" : Int.random(in: 0..<3, using: &random) == 0 ? "!" : "") + body)
        }
        // Git's own reading of two slashes in a row is not written down.
        let rules = lines.filter { !$0.contains("//") && !$0.contains("***") }.joined(separator: "\n")
        try Data(rules.utf8).write(to: URL(fileURLWithPath: root + "/.gitignore"))
        let ignored = Set(
          try run("git", ["-C", root, "ls-files", "--others", "--ignored", "--exclude-standard", "-z"]).split(separator: "\0").map(String.init))
        let taken = Set(try FolderWalk(root).files.map(\.relativePath))
        #expect(taken == paths.subtracting(ignored), "\(rules)")
      }
    }
  }

  @discardableResult
  private func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}
