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

      let walked = try FolderWalk.files(under: "\(root)/docs")
      #expect(walked.map(\.relativePath) == ["a.txt", "b.md", "sub/c.txt"])
      #expect(walked[0].path == "\(root)/docs/a.txt")
      #expect(walked[0].byteCount == 4)
      #expect(walked[0].modificationTime > 1_600_000_000_000_000_000)
      #expect(try FolderWalk.files(under: "\(root)/docs/b.md").map(\.relativePath) == ["b.md"])
      #expect(throws: DocumentError.self) { try FolderWalk.files(under: "\(root)/nowhere") }
    }
  }
}
