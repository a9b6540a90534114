import Foundation
import ModelFile
import Testing

/// A model in three files, written by the `gguf` package (`scripts/golden/architectures.py`), whole and damaged.
@Suite final class SplitFileTests {
  private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
    "Golden/architectures")
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-split-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for number in 1...3 { try FileManager.default.copyItem(at: Self.golden.appendingPathComponent(Self.name(number)), to: part(number)) }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private static func name(_ number: Int) -> String { "split-0000\(number)-of-00003.gguf" }
  private func part(_ number: Int) -> URL { folder.appendingPathComponent(Self.name(number)) }

  @Test(arguments: 1...3)
  func anyPartOpensAll(number: Int) throws {
    let gguf = try GGUFFile(path: part(number).path)
    #expect(gguf.files.map(\.path) == (1...3).map { part($0).path })
    #expect(gguf.tensors.count == 14)
    #expect(gguf.metadata["general.architecture"]?.string == "qwen2")
    #expect(gguf.metadata["split.no"]?.int == 0)
    #expect(gguf.name == "split")
    // A tensor's bytes are those of its own file.
    let tensor = try #require(gguf.tensors["blk.0.ffn_down.weight"])
    #expect(tensor.file.path == part(3).path)
  }

  @Test func aModelInOneFileMayBeNamedLikeAPart() throws {
    let path = folder.appendingPathComponent("other-00001-of-00002.gguf")
    try Data(GGUFWriter.sample().file).write(to: path)
    let gguf = try GGUFFile(path: path.path)
    #expect(gguf.files.count == 1)
    #expect(gguf.tensors.count == 2)
  }

  /// What opening any part says; all must name the file that is wrong.
  private func expectError(naming number: Int, _ comment: Comment) throws {
    for opened in 1...3 where FileManager.default.fileExists(atPath: part(opened).path) {
      let error = #expect(throws: ModelFileError.self, comment) { try GGUFFile(path: part(opened).path) }
      let text = "\(error?.message ?? "") \(error?.why ?? "")"
      #expect(text.contains(Self.name(number)), "\(comment), opened by part \(opened): \(text)")
    }
  }

  @Test(arguments: 1...3)
  func aMissingPartIsNamed(number: Int) throws {
    try FileManager.default.removeItem(at: part(number))
    try expectError(naming: number, "part \(number) is missing")
  }

  @Test(arguments: [(2, 3), (3, 2), (1, 2), (2, 1)])
  func aPartInTwoPlacesIsNamed(original: Int, copy: Int) throws {
    try FileManager.default.removeItem(at: part(copy))
    try FileManager.default.copyItem(at: part(original), to: part(copy))
    try expectError(naming: copy, "part \(copy) is a copy of part \(original)")
  }

  /// Overwrites a number of a part's metadata, and expects an error that names a part.
  @Test(arguments: [
    (2, "split.count", 2 as UInt16, 2), (3, "split.count", 4, 3), (2, "split.count", 0, 2), (3, "split.count", 1, 3), (2, "split.no", 2, 2),
    (3, "split.no", 3, 3), (2, "split.tensors.count", 13, 2), (3, "split.tensors.count", 15, 3), (2, "split.no", .max, 2),
  ])
  func aWrongCountIsNamed(number: Int, key: String, value: UInt16, named: Int) throws {
    try overwrite(number, key, value)
    // A part that says that it is the only one, or of other parts, is wrong whichever way it is opened, but for the former its own way.
    for opened in 1...3 where opened != number || value > 1 || key != "split.count" {
      let error = #expect(throws: ModelFileError.self) { try GGUFFile(path: part(opened).path) }
      #expect(error?.message.contains(Self.name(named)) == true, "\(error?.message ?? "")")
    }
  }

  @Test func tooFewTensorsAreAnError() throws {
    for number in 1...3 { try overwrite(number, "split.tensors.count", 15) }
    try expectError(naming: 3, "14 tensors where 15 should be")
  }

  @Test func aTensorInTwoPartsIsNamed() throws {
    var data = try Data(contentsOf: part(3))
    data.replaceSubrange(try #require(data.range(of: Data("blk.0.ffn_up.weight".utf8))), with: Data("blk.0.attn_q.weight".utf8))
    try data.write(to: part(3))
    try expectError(naming: 3, "attn_q is in parts 2 and 3")
  }

  @Test func partsAreFoundByTheirNames() throws {
    for name in ["model.gguf", "split-00001-of-00002.gguf", "split-1-of-3.gguf", "split-00004-of-00003.gguf", "split-00000-of-00003.gguf"] {
      let path = folder.appendingPathComponent(name)
      try FileManager.default.copyItem(at: part(1), to: path)
      let error = #expect(throws: ModelFileError.self, "\(name)") { try GGUFFile(path: path.path) }
      #expect(error?.message.contains(name) == true)
    }
  }

  @Test func damageInAnyPartIsNoTrap() throws {
    var random = SeededGenerator(state: 9)
    for number in 1...3 {
      let original = try Data(contentsOf: part(number))
      for _ in 0..<60 {
        var data = original
        data[Int.random(in: 0..<data.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        if Bool.random(using: &random) { data = data.prefix(Int.random(in: 0...data.count, using: &random)) }
        try data.write(to: part(number))
        if let gguf = try? GGUFFile(path: part(1).path) {
          #expect(gguf.tensors.values.allSatisfy { $0.byteRange.upperBound <= $0.file.byteCount })
        }
      }
      try original.write(to: part(number))
    }
  }

  /// A number of two bytes; those of four bytes here are small, so their upper half stays 0.
  private func overwrite(_ number: Int, _ key: String, _ value: UInt16) throws {
    var data = try Data(contentsOf: part(number))
    let entry = withUnsafeBytes(of: UInt64(key.utf8.count).littleEndian) { Data($0) } + Data(key.utf8)
    let place = try #require(data.range(of: entry)).upperBound + 4
    withUnsafeBytes(of: value.littleEndian) { data.replaceSubrange(place..<place + 2, with: $0) }
    try data.write(to: part(number))
  }

  /// Bytes of the headers and names at random: an error, or tensors that lie inside their files.
  @Test func damagedPartsNeverTrap() throws {
    let originals = try (1...3).map { try Data(contentsOf: part($0)) }
    var random = SeededGenerator(state: 3)
    var (readCount, refusedCount) = (0, 0)
    for _ in 0..<2000 {
      let number = Int.random(in: 1...3, using: &random)
      var data = originals[number - 1]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        data[Int.random(in: 0..<min(1600, data.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try data.write(to: part(number))
      if let gguf = try? GGUFFile(path: part(Int.random(in: 1...3, using: &random)).path) {
        readCount += 1
        for tensor in gguf.tensors.values { #expect(tensor.byteRange.upperBound <= tensor.file.byteCount) }
      } else {
        refusedCount += 1
      }
      try originals[number - 1].write(to: part(number))
    }
    #expect(readCount > 0 && refusedCount > 0)
  }
}
