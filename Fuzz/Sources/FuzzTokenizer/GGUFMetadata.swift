/// A GGUF file of metadata alone.
struct GGUFMetadata {
  private var entries: [[UInt8]] = []

  private static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] { (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
  private static func text(_ text: String) -> [UInt8] { bytes(UInt64(text.utf8.count)) + Array(text.utf8) }

  mutating func add(_ key: String, _ value: String) { entries.append(Self.text(key) + Self.bytes(UInt32(8)) + Self.text(value)) }
  mutating func add(_ key: String, _ value: UInt32) { entries.append(Self.text(key) + Self.bytes(UInt32(4)) + Self.bytes(value)) }
  mutating func add(_ key: String, _ values: [String]) { addArray(key, 8, values.map(Self.text)) }
  mutating func add(_ key: String, _ values: [Int32]) { addArray(key, 5, values.map(Self.bytes)) }
  mutating func add(_ key: String, _ values: [Float]) { addArray(key, 6, values.map { Self.bytes($0.bitPattern) }) }

  private mutating func addArray(_ key: String, _ type: UInt32, _ values: [[UInt8]]) {
    entries.append(Self.text(key) + Self.bytes(UInt32(9)) + Self.bytes(type) + Self.bytes(UInt64(values.count)) + values.joined())
  }

  var file: [UInt8] {
    Array("GGUF".utf8) + Self.bytes(UInt32(3)) + Self.bytes(UInt64(0)) + Self.bytes(UInt64(entries.count)) + entries.joined()
  }
}
