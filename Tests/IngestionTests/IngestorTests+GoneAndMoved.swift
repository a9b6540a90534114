import Documents
import Embedding
import Foundation
import Ingestion
import Store
import Testing

/// What is moved, deleted, or away for a while.
extension IngestorTests {
  /// The last document is deleted when the first is stored, after the walk and before it is read.
  @Test func aFileThatVanishesIsAsIfItHadNotBeenThere() throws {
    for index in 0..<80 { try write("doc\(index + 100).txt", "Document number \(index).") }
    try write("zzz.txt", "The last.")
    _ = try ingestor.ingest(root + "/zzz.txt", into: "default")
    let path = root + "/zzz.txt"
    let report = try ingestor.ingest(root, into: "default", progress: { _ in try? FileManager.default.removeItem(atPath: path) })
    #expect(report.failed.isEmpty)
    #expect((report.added, report.removed) == (80, 1))
    #expect(try documents().count == 80)
  }

  /// The same letters written in two ways: two folders to the system.
  @Test func foldersOfNamesThatLookTheSameAreTwo() throws {
    let folders = ["caf\u{E9}", "cafe\u{301}"].map { base + "/" + $0 }
    for folder in folders + folders {
      // Foundation may write names in a form of its own.
      mkdir(folder, 0o755)
      let descriptor = open(folder + "/same.md", O_CREAT | O_WRONLY, 0o644)
      _ = "The lamp burns.".withCString { Foundation.write(descriptor, $0, strlen($0)) }
      close(descriptor)
      let report = try ingestor.ingest(folder, into: "default")
      #expect(report.removed == 0 && report.failed.isEmpty)
    }
    #expect(try documents().count == 2 && store.audit().isEmpty)
  }

  /// A disk that is not mounted is an empty folder.
  @Test func aFolderThatWasEmptiedForgetsNothingUnlessTold() throws {
    for number in 0..<12 { try write("\(number).md", "Note \(number).") }
    _ = try ingestor.ingest(root, into: "default")
    try FileManager.default.removeItem(atPath: root)
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let error = #expect(throws: IngestionError.self) { try self.ingestor.ingest(self.root, into: "default") }
    #expect(error?.code == "folder_emptied")
    #expect(try documents().count == 12)
    var options = IngestOptions()
    options.acceptsEmptiedFolder = true
    #expect(try ingestor.ingest(root, into: "default", options: options).removed == 12)
    #expect(try documents().isEmpty)
  }

  /// The folder that a disk is mounted on may have a file of its own; and a disk that is half away fails first.
  @Test func aFolderThatWasEmptiedMayHaveHiddenFiles() throws {
    for number in 0..<12 { try write("\(number).md", "Note \(number).") }
    _ = try ingestor.ingest(root, into: "default")
    let collection = try #require(try store.collection(named: "default")).id
    let failures = try entries().prefix(6).map { FileChange(DocumentVersion($0), .failed(code: "document_unreadable"), reason: "it does not answer") }
    try store.apply(failures, in: collection)
    try FileManager.default.removeItem(atPath: root)
    try write(".keep", "")
    let error = #expect(throws: IngestionError.self) { try self.ingestor.ingest(self.root, into: "default") }
    #expect(error?.code == "folder_emptied" && error?.message.contains("12 documents") == true)
    #expect(try store.chunkIDs(of: collection).count == 12)
    // What somebody leaves out is no longer there by somebody's will.
    for number in 0..<12 { try write("\(number).md", "Note \(number).") }
    var options = IngestOptions()
    options.walk.excludes = ["*.md"].compactMap { PathPattern($0) }
    #expect(try ingestor.ingest(root, into: "default", options: options).removed == 12)
  }

  /// A disk is taken out while files are read: nothing on it has been deleted.
  @Test(arguments: [true, false]) func aFolderThatGoesAwayMeanwhileForgetsNothing(leavesEmptyFolder: Bool) throws {
    for number in 0..<12 { try write("\(number).md", "Note \(number).") }
    _ = try ingestor.ingest(root, into: "default")
    for number in 0..<12 { try write("\(number).md", "Another note \(number).") }
    let (root, away) = (root, base + "/away")
    let takeOut = { (progress: IngestProgress) in
      guard progress.finishedFiles == 0, rename(root, away) == 0 else { return }
      if leavesEmptyFolder { mkdir(root, 0o755) }
    }
    let error = #expect(throws: IngestionError.self) { try self.ingestor.ingest(root, into: "default", progress: takeOut) }
    #expect(error?.code == "folder_went_away")
    #expect(try documents().count == 12)
    if leavesEmptyFolder { rmdir(root) }
    #expect(rename(away, root) == 0)
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.removed == 0 && report.failed.isEmpty)
    #expect(try documents().count == 12 && passages("another note 3").contains { $0.text.contains("Another note 3") })
    #expect(try store.audit().isEmpty)
  }

  /// Files of an inner folder that was ingested first, and that are gone when the outer one is.
  @Test func whatIsGoneOfAnInnerFolderIsForgotten() throws {
    for name in ["inner/x.md", "inner/y.md", ".hidden/z.md", "top.md"] { try write(name, "Note \(name).") }
    for folder in ["inner", ".hidden"] { _ = try ingestor.ingest(root + "/" + folder, into: "default") }
    try FileManager.default.removeItem(atPath: root + "/inner/x.md")
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.added, report.moved, report.removed) == (1, 1, 1))
    // What the outer one leaves out by rule stays as somebody asked for it.
    #expect(try documents() == ["/Bücher/.hidden|z.md", "/Bücher|inner/y.md", "/Bücher|top.md"])
    // A row of before makes the inner folder no root again.
    #expect(try ingestor.ingest(root + "/inner", into: "default").unchanged == 1)
    #expect(try documents().count == 3 && store.audit().isEmpty)
  }

  /// A disk that was ingested by itself is away when the folder is that it is mounted in.
  @Test func anInnerFolderOfWhichNothingIsThereIsKept() throws {
    for number in 0..<12 { try write("stick/\(number).md", "Note \(number).") }
    try write("stick/.hidden", "Not read.")
    _ = try ingestor.ingest(root + "/stick", into: "default")
    try FileManager.default.removeItem(atPath: root + "/stick")
    try FileManager.default.createDirectory(atPath: root + "/stick", withIntermediateDirectories: true)
    let error = #expect(throws: IngestionError.self) { try self.ingestor.ingest(self.root, into: "default") }
    #expect(error?.code == "folder_emptied")
    try write("top.md", "Text.")
    let report = try ingestor.ingest(root, into: "default")
    #expect(report.removed == 0 && report.notices.contains { $0.contains("12 documents") && $0.contains("stick") }, "\(report.notices)")
    #expect(try documents().count == 13)
    // It is back, and becomes the outer folder's.
    for number in 0..<12 { try write("stick/\(number).md", "Note \(number).") }
    try write("stick/.hidden", "Not read.")
    #expect(try ingestor.ingest(root, into: "default").moved == 12)
    #expect(try entries().allSatisfy { $0.root == root } && documents().count == 13)
    #expect(try ingestor.ingest(root + "/stick", into: "default").unchanged == 12)
    #expect(try documents().count == 13 && store.audit().isEmpty)
    for number in 0..<12 { try FileManager.default.removeItem(atPath: root + "/stick/\(number).md") }
    var options = IngestOptions()
    options.acceptsEmptiedFolder = true
    #expect(try ingestor.ingest(root, into: "default", options: options).removed == 12)
  }

  /// Copies are no moves, though the file that they are equal to was changed, or left out for a while.
  @Test func copiesOfWhatHasJustComeAreNoMoves() throws {
    try write("a.md", "Old.")
    _ = try ingestor.ingest(root, into: "default")
    for name in ["a.md", "b.md"] { try write(name, "New.") }
    let first = try ingestor.ingest(root, into: "default")
    #expect((first.updated, first.identical, first.moved, first.removed) == (1, 1, 0, 0))
    try write("c.md", "Another.")
    var options = IngestOptions()
    options.walk.includes = ["c.md"].compactMap { PathPattern($0) }
    #expect(try ingestor.ingest(root, into: "default", options: options).removed == 2)
    let back = try ingestor.ingest(root, into: "default")
    #expect((back.added, back.identical, back.moved, back.removed) == (1, 1, 0, 0))
  }

  /// What never was a document is not removed when it goes.
  @Test func removedAreDocuments() throws {
    try write("broken.json", "{")
    try write("a.md", "Text.")
    #expect(try ingestor.ingest(root, into: "default").failed.count == 1)
    try FileManager.default.removeItem(atPath: root + "/broken.json")
    #expect(try ingestor.ingest(root, into: "default").removed == 0)
  }

  @Test func aFileThatIsMovedKeepsWhatWasRead() throws {
    try write("a/old name.txt", "The fox jumps over the dog.")
    try write("stays.txt", "Owls hunt at night.")
    _ = try ingestor.ingest(root, into: "default")
    let before = try passages("fox")[0]
    try FileManager.default.createDirectory(atPath: root + "/b", withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: root + "/a/old name.txt", toPath: root + "/b/new.txt")
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.added, report.moved, report.removed, report.unchanged, report.embeddedTokens) == (0, 1, 0, 1, 0))
    let after = try passages("fox")[0]
    #expect(after.id == before.id && after.path == "b/new.txt" && after.otherPaths.isEmpty)
    #expect(try states() == ["a/old name.txt": .gone, "b/new.txt": .done, "stays.txt": .unchanged])
    // Another kind of file is read in another way.
    try FileManager.default.moveItem(atPath: root + "/b/new.txt", toPath: root + "/b/new.md")
    let other = try ingestor.ingest(root, into: "default")
    #expect((other.added, other.moved, other.removed) == (1, 0, 1))
    #expect(try store.audit().isEmpty)
  }

  /// As logs are: every file takes the name of the next.
  @Test func filesThatChangeTheirNamesAmongEachOtherKeepWhatWasRead() throws {
    for (number, text) in ["Of today.", "Of yesterday.", "Of long ago."].enumerated() { try write("log.\(number).txt", text) }
    _ = try ingestor.ingest(root, into: "default")
    for number in [2, 1, 0] {
      try FileManager.default.moveItem(atPath: root + "/log.\(number).txt", toPath: root + "/log.\(number + 1).txt")
    }
    try write("log.0.txt", "Of this morning.")
    let report = try ingestor.ingest(root, into: "default")
    #expect((report.added, report.moved, report.updated, report.removed, report.chunks) == (0, 1, 3, 0, 1))
    #expect(
      Set(try passages("when").map { "\($0.path) \($0.text)" }) == [
        "log.0.txt Of this morning.", "log.1.txt Of today.", "log.2.txt Of yesterday.", "log.3.txt Of long ago.",
      ])
    #expect(try store.audit().isEmpty)
  }
}
