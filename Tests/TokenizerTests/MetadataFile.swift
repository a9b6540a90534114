import Foundation
import ModelFile

/// Writes a GGUF file of metadata alone, as far as tokenizers need it.
enum MetadataFile {
  static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  static func string(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }
  static func array(_ type: UInt32, _ elements: [[UInt8]]) -> [UInt8] { bytes(type) + bytes(UInt64(elements.count)) + elements.joined() }

  /// - Parameter entries: Key, type and value of each.
  static func read(_ entries: [(String, UInt32, [UInt8])]) throws -> GGUFFile {
    let file =
      Array("GGUF".utf8) + bytes(UInt32(3)) + bytes(UInt64(0)) + bytes(UInt64(entries.count))
      + entries.flatMap { string($0.0) + bytes($0.1) + $0.2 }
    let path = FileManager.default.temporaryDirectory.path + "/vocabulary-\(UUID().uuidString).gguf"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(file).write(to: URL(fileURLWithPath: path))
    return try GGUFFile(path: path)
  }
}
