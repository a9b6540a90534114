import Foundation

/// Writes GGUF files for the tests, right ones and wrong ones.
struct GGUFWriter {
  var version: UInt32 = 3
  var entries: [(key: String, type: UInt32, payload: [UInt8])] = []
  var tensors: [(name: String, shape: [UInt64], type: UInt32, offset: UInt64)] = []
  var data: [UInt8] = []
  var tensorCount: UInt64?
  var entryCount: UInt64?
  var alignment = 32

  static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  static func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

  mutating func add(_ key: String, _ text: String) { entries.append((key, 8, Self.string(text))) }
  mutating func add(_ key: String, _ value: UInt32) { entries.append((key, 4, Self.bytes(value))) }
  mutating func add(_ key: String, array elementType: UInt32, count: UInt64, _ payload: [UInt8]) {
    entries.append((key, 9, Self.bytes(elementType) + Self.bytes(count) + payload))
  }

  var file: [UInt8] {
    var out =
      Array("GGUF".utf8) + Self.bytes(version) + Self.bytes(tensorCount ?? UInt64(tensors.count)) + Self.bytes(entryCount ?? UInt64(entries.count))
    for entry in entries { out += Self.string(entry.key) + Self.bytes(entry.type) + entry.payload }
    for tensor in tensors {
      out += Self.string(tensor.name) + Self.bytes(UInt32(tensor.shape.count)) + tensor.shape.flatMap { Self.bytes($0) } + Self.bytes(tensor.type)
      out += Self.bytes(tensor.offset)
    }
    if !tensors.isEmpty || !data.isEmpty { while out.count % alignment != 0 { out.append(0) } }
    return out + data
  }

  /// A small right file: metadata of every kind and two tensors.
  static func sample(version: UInt32 = 3) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.version = version
    writer.add("general.architecture", "test")
    writer.add("test.count", 7)
    writer.entries.append(("test.float", 6, bytes(Float(1.5).bitPattern)))
    writer.entries.append(("test.bool", 7, [1]))
    writer.entries.append(("test.large", 10, bytes(UInt64.max)))
    writer.add("test.strings", array: 8, count: 2, string("a") + string("bc"))
    writer.add("test.ints", array: 5, count: 3, bytes(Int32(-1)) + bytes(Int32(0)) + bytes(Int32(9)))
    writer.add("test.floats", array: 6, count: 1, bytes(Float(0.25).bitPattern))
    writer.tensors = [("a", [4, 2], 0, 0), ("b", [32], 8, 32)]
    writer.data = [UInt8](repeating: 1, count: 32 + 34)
    return writer
  }
}

/// A file that is deleted when the test ends.
final class TemporaryFile {
  let path = FileManager.default.temporaryDirectory.path + "/quarry-\(UUID().uuidString)"

  init(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A generator of the same numbers in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
