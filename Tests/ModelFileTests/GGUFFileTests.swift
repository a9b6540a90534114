import Foundation
import ModelFile
import Testing

@Suite struct GGUFFileTests {
  @Test(arguments: [UInt32(2), 3])
  func aRightFileIsRead(version: UInt32) throws {
    let file = try TemporaryFile(GGUFWriter.sample(version: version).file)
    let gguf = try GGUFFile(path: file.path)
    #expect(gguf.version == version)
    #expect(try gguf.string("general.architecture") == "test")
    #expect(try gguf.integer("test.count", in: 0...10) == 7)
    #expect(try gguf.number("test.float") == 1.5)
    #expect(gguf.metadata["test.bool"]?.bool == true)
    #expect(gguf.metadata["test.large"] == .unsigned(.max))
    #expect(gguf.metadata["test.strings"]?.strings == ["a", "bc"])
    #expect(gguf.metadata["test.ints"]?.ints == [-1, 0, 9])
    #expect(gguf.metadata["test.floats"]?.floats == [0.25])
    let tensor = try gguf.tensor("a", shape: [4, 2])
    #expect(tensor.type == .f32)
    #expect(tensor.byteRange.count == 32)
    #expect(gguf.tensors["b"]?.byteRange.count == 34)
  }

  /// One wrong thing each, and a word of the reason that is given.
  static let wrong: [(String, @Sendable (inout GGUFWriter) -> Void, String)] = [
    ("version", { $0.version = 4 }, "version 4"),
    ("tensor count", { $0.tensorCount = .max }, "tensors"),
    ("entry count", { $0.entryCount = 1 << 40 }, "metadata entries"),
    ("duplicate key", { $0.add("test.count", 8) }, "twice"),
    ("duplicate tensor", { $0.tensors[1] = ("a", [32], 8, 32) }, "twice"),
    ("row not a multiple of the block", { $0.tensors[1].shape = [31] }, "blocks"),
    ("overflow", { $0.tensors[0].shape = [1 << 32, 1 << 31] }, "shape"),
    ("dimension above Int", { $0.tensors[0].shape = [.max] }, "dimension"),
    ("no dimension", { $0.tensors[0].shape = [] }, "0 dimensions"),
    ("zero", { $0.tensors[0].shape = [0, 2] }, "dimension"),
    ("offset past the end", { $0.tensors[1].offset = 1 << 20 }, "beyond the end"),
    ("offset that overflows", { $0.tensors[1].offset = UInt64(Int.max) - 31 }, "beyond the end"),
    ("a terabyte that is not there", { $0.tensors[0].shape = [1 << 19, 1 << 19] }, "beyond the end"),
    ("two tensors in one place", { $0.tensors[1].offset = 0 }, "a and b share bytes"),
    ("offset not aligned", { $0.tensors[1].offset = 33 }, "multiple"),
    ("unknown type", { $0.tensors[0].type = 200 }, "type 200"),
    ("long name", { $0.tensors[0].name = String(repeating: "x", count: 64) }, "64 bytes"),
    ("array of arrays", { $0.add("x", array: 9, count: 1, []) }, "type 9"),
    ("array too long", { $0.add("x", array: 0, count: 1 << 31, []) }, "more than the file"),
    ("value type", { $0.entries.append(("x", 77, [])) }, "type 77"),
    ("alignment", { $0.add("general.alignment", 3) }, "power of two"),
    ("alignment that is no number", { $0.add("general.alignment", "64") }, "power of two"),
    ("not UTF-8", { $0.entries.append(("x", 8, GGUFWriter.bytes(UInt64(1)) + [0xFF])) }, "UTF-8"),
  ]

  @Test(arguments: wrong.indices)
  func wrongFilesAreRefused(index: Int) throws {
    let (name, spoil, reason) = Self.wrong[index]
    var writer = GGUFWriter.sample()
    spoil(&writer)
    let file = try TemporaryFile(writer.file)
    let error = #expect(throws: ModelFileError.self, "\(name)") { try GGUFFile(path: file.path) }
    #expect(error?.why?.contains(reason) == true, "\(name): \(error?.why ?? "")")
    #expect(error?.message.contains(file.path) == true)
  }

  /// A number may be written once for each layer; then all must agree.
  /// In memory an array takes many times its bytes: one that no model has is refused before it is read.
  @Test func anArrayOfTooManyNumbersIsRefused() throws {
    var writer = GGUFWriter.sample()
    // All of them together count.
    for part in 0..<3 { writer.add("test.huge.\(part)", array: 0, count: 1 << 22, [UInt8](repeating: 0, count: 1 << 22)) }
    let file = try TemporaryFile(writer.file)
    let error = #expect(throws: ModelFileError.self) { try GGUFFile(path: file.path) }
    #expect(error?.why?.contains("than any vocabulary needs") == true)
  }

  @Test func numbersByLayerAreReadWhenTheyAgree() throws {
    var writer = GGUFWriter.sample()
    for (key, values) in [("same", [3, 3, 3]), ("mixed", [3, 0, 3]), ("few", [3, 3])] as [(String, [UInt32])] {
      writer.add(key, array: 4, count: UInt64(values.count), values.flatMap { GGUFWriter.bytes($0) })
    }
    let file = try TemporaryFile(writer.file)
    let gguf = try GGUFFile(path: file.path)
    #expect(try gguf.integer("same", sameForAll: 3, in: 1...9) == 3)
    #expect(try gguf.integer("test.count", sameForAll: 3, in: 1...9) == 7)
    for key in ["mixed", "few", "test.strings", "nothing"] {
      let error = #expect(throws: ModelFileError.self) { try gguf.integer(key, sameForAll: 3, in: 1...9) }
      #expect(error?.message.contains(key) == true)
    }
    // A vocabulary where a number should be is not printed whole.
    let error = #expect(throws: ModelFileError.self) { try gguf.integer("test.strings", in: 1...9) }
    #expect(error?.why?.contains("an array of 2 texts") == true)
  }

  @Test(arguments: [UInt32(2), 3])
  func everyTruncationIsRefused(version: UInt32) throws {
    let whole = GGUFWriter.sample(version: version).file
    for count in 0..<whole.count {
      let file = try TemporaryFile(Array(whole.prefix(count)))
      #expect(throws: ModelFileError.self, "cut to \(count) bytes") { try GGUFFile(path: file.path) }
    }
  }

  /// Any damage gives an error or a file whose tensors lie inside it.
  @Test(arguments: [UInt32(2), 3])
  func damagedFilesNeverTrap(version: UInt32) throws {
    let whole = GGUFWriter.sample(version: version).file
    var random = SeededGenerator(state: UInt64(version))
    var readCount = 0
    for _ in 0..<4000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<40, using: &random)) }
      let file = try TemporaryFile(bytes)
      guard let gguf = try? GGUFFile(path: file.path) else { continue }
      readCount += 1
      for tensor in gguf.tensors.values {
        #expect(tensor.byteRange.upperBound <= bytes.count)
        #expect(tensor.byteRange.count == tensor.elementCount / tensor.type.blockElementCount * tensor.type.blockByteCount)
      }
    }
    #expect(readCount > 0)
  }

  @Test func whatIsNoFileIsRefused() {
    #expect(throws: ModelFileError.self) { try GGUFFile(path: "/nowhere/model.gguf") }
    #expect(throws: ModelFileError.self) { try GGUFFile(path: "/tmp") }
    #expect(throws: ModelFileError.self) { try GGUFFile(path: "/dev/zero") }
  }

  @Test func typedAccessSaysWhatIsWrong() throws {
    let file = try TemporaryFile(GGUFWriter.sample().file)
    let gguf = try GGUFFile(path: file.path)
    #expect(throws: ModelFileError.self) { try gguf.integer("test.count", in: 8...9) }
    #expect(throws: ModelFileError.self) { try gguf.integer("test.none", in: 0...9) }
    #expect(throws: ModelFileError.self) { try gguf.string("test.count") }
    #expect(throws: ModelFileError.self) { try gguf.number("test.bool") }
    #expect(throws: ModelFileError.self) { try gguf.tensor("a", shape: [2, 4]) }
    #expect(throws: ModelFileError.self) { try gguf.tensor("c", shape: [2, 4]) }
  }
}
