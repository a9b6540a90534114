import Documents
import Foundation
import Testing

@Suite struct FolderWalkTests {
  @Test func walk() throws {
    try Fixtures.withTemporaryFolder { root in
      let files = FileManager.default
      for folder in ["docs/sub", "docs/.git", "docs/node_modules", "outside", "docs/empty"] {
        try files.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
      }
      for name in ["docs/b.md", "docs/a.txt", "docs/sub/c.txt", "docs/.hidden", "docs/.git/config", "docs/node_modules/x.js", "outside/secret.txt"] {
        try Data("text".utf8).write(to: URL(filePath: "\(root)/\(name)"))
      }
      try files.createSymbolicLink(atPath: "\(root)/docs/out", withDestinationPath: "\(root)/outside")
      try files.createSymbolicLink(atPath: "\(root)/docs/secret.txt", withDestinationPath: "../outside/secret.txt")
      try files.createSymbolicLink(atPath: "\(root)/docs/sub/loop", withDestinationPath: "..")
      try files.createSymbolicLink(atPath: "\(root)/docs/gone", withDestinationPath: "nothing")

      let walked = try FolderWalk("\(root)/docs").files
      #expect(walked.map(\.relativePath) == ["a.txt", "b.md", "sub/c.txt"])
      #expect(walked[0].path == "\(root)/docs/a.txt")
      #expect(walked[0].byteCount == 4)
      #expect(walked[0].modificationTime > 1_600_000_000_000_000_000)
      #expect(try FolderWalk("\(root)/docs/b.md").files.map(\.relativePath) == ["b.md"])
      #expect(throws: DocumentError.self) { try FolderWalk("\(root)/nowhere") }
    }
  }

  /// Too deep for a path of 4,095 bytes: said, not passed over.
  @Test func pathsThatAreTooLong() throws {
    try Fixtures.withTemporaryFolder { root in
      let name = String(repeating: "d", count: 199)
      var folder = open(root, O_RDONLY | O_DIRECTORY)
      for _ in 0..<22 {
        #expect(mkdirat(folder, name, 0o755) == 0)
        let inner = openat(folder, name, O_RDONLY | O_DIRECTORY)
        close(openat(inner, "file.txt", O_CREAT | O_WRONLY, 0o644))
        close(folder)
        folder = inner
      }
      close(folder)
      let walk = try FolderWalk(root)
      #expect(walk.files.count < 22 && !walk.files.isEmpty)
      #expect(walk.omissions.contains { $0.kind == .unreadable && $0.reason.contains("too long") }, "\(walk.omissions.map(\.reason))")
      let removal = Process()
      removal.executableURL = URL(filePath: "/bin/rm")
      removal.arguments = ["-rf", root + "/" + name]
      try removal.run()
      removal.waitUntilExit()
    }
  }

  @Test func whatIsLeftOutIsSaid() throws {
    try Fixtures.withTemporaryFolder { root in
      let texts = [
        ".gitignore": "*.log\n/build/\n!keep.log\n", "a.log": "x", "keep.log": "x", "build/x.txt": "x", "sub/build/y.txt": "x",
        "sub/.gitignore": "!a.log\nz*",
        "sub/a.log": "x", "sub/zz.txt": "x", "sub/.quarryignore": "notes/", "sub/notes/n.txt": "x", "large.txt": String(repeating: "x", count: 1000),
        "draft.txt": "x", ".hidden/h.txt": "x", "node_modules/m.txt": "x",
      ]
      for (name, text) in texts {
        let file = URL(filePath: "\(root)/\(name)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      try FileManager.default.createSymbolicLink(atPath: "\(root)/nowhere", withDestinationPath: "none")
      var options = WalkOptions()
      options.excludes = [try #require(PathPattern("draft*"))]
      options.fileByteLimit = 500
      let walk = try FolderWalk(root, options: options)
      #expect(walk.files.map(\.relativePath) == ["keep.log", "sub/a.log", "sub/build/y.txt"])
      let reasons = Dictionary(uniqueKeysWithValues: walk.omissions.map { ($0.relativePath, $0.reason) })
      #expect(
        reasons == [
          ".gitignore": "it is hidden", "a.log": ".gitignore, line 1, leaves it out", "build/": ".gitignore, line 2, leaves it out",
          "sub/.gitignore": "it is hidden", "sub/.quarryignore": "it is hidden", "sub/zz.txt": "sub/.gitignore, line 2, leaves it out",
          "sub/notes/": "sub/.quarryignore, line 1, leaves it out", "large.txt": "it has 1000 bytes, and files of up to 500 were asked for",
          "draft.txt": "it is one of those to leave out", ".hidden/": "it is hidden", "node_modules/": "folders of this name hold what programs made",
          "nowhere": "it is a link that leads nowhere",
        ])
      // A part of the folder is under the rules of what is around it.
      #expect(try FolderWalk(root, part: "sub", options: options).files.map(\.relativePath) == ["sub/a.log", "sub/build/y.txt"])
      // What is asked for by name is taken.
      #expect(try FolderWalk(root, part: "build").files.map(\.relativePath) == ["build/x.txt"])
      #expect(try FolderWalk(root, part: "a.log").files.map(\.relativePath) == ["a.log"])

      var all = WalkOptions()
      all.followsIgnoreFiles = false
      all.includesHidden = true
      all.includes = ["*.txt", "/sub/*.log"].compactMap { PathPattern($0) }
      #expect(
        try FolderWalk(root, options: all).files.map(\.relativePath) == [
          ".hidden/h.txt", "build/x.txt", "draft.txt", "large.txt", "sub/a.log", "sub/build/y.txt", "sub/notes/n.txt", "sub/zz.txt",
        ])
    }
  }

  /// Ignore files as Windows writes them; one that cannot be read leaves its folder out, for nobody knows what it says.
  @Test func ignoreFilesOfOtherSystems() throws {
    try Fixtures.withTemporaryFolder { root in
      try Data([0xEF, 0xBB, 0xBF] + Array("first.md\r\n# rules\r\nsecret.md\r\nbuild/\r\n".utf8)).write(to: URL(filePath: "\(root)/.gitignore"))
      for folder in ["build", "odd"] { try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true) }
      for name in ["first.md", "secret.md", "kept.md", "build/x.md", "odd/y.md"] { try Data("text".utf8).write(to: URL(filePath: "\(root)/\(name)")) }
      #expect(try FolderWalk(root).files.map(\.relativePath) == ["kept.md", "odd/y.md"])
      try Data().write(to: URL(filePath: "\(root)/odd/.gitignore"))
      #expect(truncate("\(root)/odd/.gitignore", 17 << 20) == 0)
      let walk = try FolderWalk(root)
      #expect(walk.files.map(\.relativePath) == ["kept.md"])
      #expect(walk.omissions.first { $0.relativePath == "odd/" }?.kind == .unreadable)
      #expect(throws: DocumentError.self) { try FolderWalk("\(root)/odd") }
    }
  }

  /// A link to a folder that has a name of its own here is not its name; nor does a part of the root follow one to what lies above.
  @Test func foldersGoByTheirOwnNames() throws {
    try Fixtures.withTemporaryFolder { root in
      try FileManager.default.createDirectory(atPath: "\(root)/z/inner", withIntermediateDirectories: true)
      try Data("text".utf8).write(to: URL(filePath: "\(root)/z/inner/x.md"))
      try Data("text".utf8).write(to: URL(filePath: "\(root)/top.md"))
      try FileManager.default.createSymbolicLink(atPath: "\(root)/a", withDestinationPath: "z")
      try FileManager.default.createSymbolicLink(atPath: "\(root)/z/up", withDestinationPath: "..")
      let walk = try FolderWalk(root)
      #expect(walk.files.map(\.relativePath) == ["top.md", "z/inner/x.md"])
      #expect(walk.omissions.map(\.relativePath).sorted() == ["a/", "z/up/"])
      #expect(try FolderWalk(root, part: "z").files.map(\.relativePath) == ["z/inner/x.md"])
    }
  }

  /// An accent in front of a name is one character with the slash before it, to Swift.
  @Test func aPatternOfAFolderSeesWholeNames() throws {
    try Fixtures.withTemporaryFolder { root in
      #expect(mkdir("\(root)/sub", 0o755) == 0)
      for name in ["\u{301}.md", "\u{301}.log", "b.md"] { try Data("text".utf8).write(to: URL(filePath: "\(root)/sub/\(name)")) }
      try Data("/b.md\n/?.log\n".utf8).write(to: URL(filePath: "\(root)/sub/.gitignore"))
      #expect(try FolderWalk(root).files.map(\.relativePath) == ["sub/\u{301}.md"])
    }
  }

  /// Names of old disks: each has its own row, and a folder is a folder. Pipes and links are said as well.
  @Test func namesThatAreNotUTF8() throws {
    try Fixtures.withTemporaryFolder { root in
      for name in [[0x6C, 0xEF, 0x6E], [0x6C, 0xF0, 0x6E]] as [[UInt8]] {
        let path = (Array("\(root)/".utf8) + name + [0]).map { CChar(bitPattern: $0) }
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o644)
        #expect(descriptor >= 0)
        close(descriptor)
      }
      #expect(mkdir((Array("\(root)/".utf8) + [0x66, 0xFC, 0]).map { CChar(bitPattern: $0) }, 0o755) == 0)
      #expect(mkfifo("\(root)/pipe", 0o644) == 0)
      try FileManager.default.createSymbolicLink(atPath: "\(root)/self", withDestinationPath: ".")
      let walk = try FolderWalk(root)
      #expect(walk.files.isEmpty)
      #expect(
        walk.omissions.map { "\($0.relativePath) \($0.kind == .unreadable)" } == [
          "f\\xFC/ true", "l\\xEFn true", "l\\xF0n true", "pipe false", "self/ false",
        ])
    }
  }
}
