import Foundation

/// FNV-1a in 64 bits over the values of a row (Fowler, Noll, Vo; RFC 9923), by words: tells a row that came back as it was written from one that did not.
/// SQLite checks the structure of its pages, not what stands in them.
struct RowChecksum {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  /// As the database keeps it.
  var value: Int64 { Int64(bitPattern: state) }

  private mutating func take(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

  /// Eight bytes at a time.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset + 8 <= bytes.count {
      add(word: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
    }
    for byte in bytes[offset...] { take(byte) }
  }

  mutating func add(word: UInt64) {
    state = (state ^ word) &* 0x100_0000_01b3
    // Bits go upwards in a product only: without this, those of the highest byte would reach no other.
    state ^= state >> 29
  }

  /// Of a vector's bytes.
  static func of(_ data: Data, chunk: Int64) -> Int64 {
    var checksum = RowChecksum()
    checksum.state ^= UInt64(bitPattern: chunk) &* 0x9E37_79B9_7F4A_7C15
    data.withUnsafeBytes { checksum.add($0) }
    return checksum.value
  }

  // Up to schema 7, by bytes.

  /// Of a row of `chunk` in schemas 6 and 7; `nil`, which equals nothing, if it has a text where a number belongs.
  static func ofPassage(_ numbers: [Int64?], _ texts: [String?]) -> Int64? {
    var checksum = RowChecksum()
    for number in numbers {
      guard let number else { return nil }
      checksum.add(number)
    }
    for text in texts { checksum.add(text) }
    return checksum.value
  }

  /// Of a row of `document` up to schema 6.
  static func ofPath(root: String, path: String) -> Int64 {
    var checksum = RowChecksum()
    checksum.add(root)
    checksum.add(path)
    return checksum.value
  }

  private mutating func add(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { for byte in $0 { take(byte) } }
  }

  /// What is not there differs from an empty text.
  private mutating func add(_ text: String?) {
    guard var text else { return add(-1) }
    add(Int64(text.utf8.count))
    text.withUTF8 { for byte in $0 { take(byte) } }
  }
}
