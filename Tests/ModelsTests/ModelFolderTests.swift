import Diagnostics
import Foundation
import Models
import Testing

/// The folder of models as a user finds it: with links, with what a killed process left, with a file that is no model.
@Suite final class ModelFolderTests {
  private let base = FileManager.default.temporaryDirectory.path + "/models-\(UUID().uuidString)"
  private var folder: ModelFolder { ModelFolder(path: base + "/models") }

  init() throws { try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: base) }

  private func file(_ name: String, _ text: String = "GGUF and more") throws -> String {
    try text.write(toFile: base + "/" + name, atomically: false, encoding: .utf8)
    return base + "/" + name
  }

  @Test func anAddedModelIsListedCheckedAndFound() throws {
    let added = try folder.add(gguf: file("own.gguf"), name: nil, asDefault: true)
    #expect(added.name == "own")
    let listed = try folder.list().filter { $0.name == "own" }
    #expect(listed.map(\.installed) == [true])
    #expect(listed.map(\.isDefault) == [true])
    #expect(try folder.generatorPath() == folder.path + "/own.gguf")
    #expect(try folder.generatorPath("own") == folder.path + "/own.gguf")
    #expect(try folder.verify().first { $0.name == "own" }?.problem == nil)

    try "GGUF and else".write(toFile: folder.path + "/own.gguf", atomically: false, encoding: .utf8)
    #expect(try folder.verify().first { $0.name == "own" }?.problem?.contains("SHA-256") == true)
    try FileManager.default.removeItem(atPath: folder.path + "/own.gguf")
    #expect(try folder.verify().first { $0.name == "own" }?.problem == "missing")
    #expect(throws: ModelError.self) { try self.folder.generatorPath() }
  }

  /// Download caches hold their files as links; the folder gets the file, not the link.
  @Test func aLinkIsAddedAsTheFileThatItPointsTo() throws {
    _ = try file("blob")
    try FileManager.default.createSymbolicLink(atPath: base + "/linked.gguf", withDestinationPath: "blob")
    let added = try folder.add(gguf: base + "/linked.gguf", name: nil, asDefault: false)
    #expect(added.bytes == 13)
    let attributes = try FileManager.default.attributesOfItem(atPath: added.path)
    #expect(attributes[.type] as? FileAttributeType == .typeRegular)
    #expect(try folder.verify().first { $0.name == "linked" }?.problem == nil)
  }

  @Test func whatCannotBeAddedLeavesNothing() throws {
    try FileManager.default.createDirectory(atPath: base + "/folder.gguf", withIntermediateDirectories: true)
    _ = try folder.add(gguf: file("there.gguf"), name: nil, asDefault: false)
    let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let cases: [(String, String?, String)] = [
      (try file("text.gguf", "no model"), nil, "model_not_gguf"),
      (try file("short.gguf", "GG"), nil, "model_not_gguf"),
      (base + "/folder.gguf", nil, "model_not_gguf"),
      (try file("model.bin"), nil, "model_not_gguf"),
      (base + "/nowhere.gguf", nil, "model_file"),
      (try file("a.gguf"), "there", "model_exists"),
      (try file("b.gguf"), "a/b", "model_not_gguf"),
      (try file("c.gguf"), "", "model_not_gguf"),
      (try file("d.gguf"), CatalogEntry.smolLM2.name, "model_exists"),
      // The default model's file must not be replaced by another of its name.
      (try file("SmolLM2-135M-Instruct.Q4_1.gguf"), nil, "model_exists"),
    ]
    for (path, name, code) in cases {
      let error = #expect(throws: ModelError.self, "\(path)") { try self.folder.add(gguf: path, name: name, asDefault: false) }
      #expect(error?.code == code, "\(path)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
  }

  @Test func whatAKilledProcessLeftIsCleanedUp() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    // No process has the largest number that there is; this one is alive.
    let dead = folder.path + "/.adding-x-\(Int32.max)"
    let alive = folder.path + "/.adding-y-\(getpid())"
    for path in [dead, alive] { try "half".write(toFile: path, atomically: false, encoding: .utf8) }
    _ = try folder.add(gguf: file("z.gguf"), name: nil, asDefault: false)
    #expect(!FileManager.default.fileExists(atPath: dead))
    #expect(FileManager.default.fileExists(atPath: alive))
  }

  @Test func aDamagedManifestIsAnErrorAndIsNotOverwritten() throws {
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try "{".write(toFile: folder.path + "/models.json", atomically: false, encoding: .utf8)
    #expect(throws: ModelError.self) { try self.folder.list() }
    #expect(throws: ModelError.self) { try self.folder.add(gguf: self.file("e.gguf"), name: nil, asDefault: false) }
    #expect(try String(contentsOfFile: folder.path + "/models.json", encoding: .utf8) == "{")
  }

  @Test func missingModelsSayHowToGetThem() throws {
    let generator = #expect(throws: ModelError.self) { try self.folder.generatorPath() }
    #expect(generator?.remedy == "quarry models fetch")
    let embedder = #expect(throws: ModelError.self) { try self.folder.embedderPath() }
    #expect(embedder?.code == "model_missing")
    let unknown = #expect(throws: ModelError.self) { try self.folder.generatorPath("nobody") }
    #expect(unknown?.remedy?.contains("smollm2") == true)
    #expect(try folder.verify().allSatisfy { $0.problem == "missing" })
  }
}
