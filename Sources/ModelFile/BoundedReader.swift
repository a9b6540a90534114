/// Reads little-endian values from a mapped file and never past its end.
struct BoundedReader {
  let file: MappedFile
  private(set) var offset = 0

  init(_ file: MappedFile) { self.file = file }

  private var remaining: Int { file.byteCount - offset }

  mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(ModelFileError) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else {
      throw .malformed(file.path, at: offset, "it ends in the middle of a number: \(size) bytes expected, \(remaining) left")
    }
    let value = unsafe file.withBytes(offset..<offset + size) { unsafe T(littleEndian: $0.loadUnaligned(as: T.self)) }
    offset += size
    return value
  }

  /// A count that is going to be followed by at least `minimumByteCount` bytes each: a larger one than the rest of the file can hold is refused
  /// before anything is allocated for it.
  mutating func count(of what: String, minimumByteCount: Int) throws(ModelFileError) -> Int {
    let start = offset
    let value = try integer(UInt64.self)
    guard let count = Int(exactly: value), count <= 1 << 30, count <= remaining / minimumByteCount else {
      throw .malformed(file.path, at: start, "it says that it has \(value) \(what), which is more than the file can hold")
    }
    return count
  }

  mutating func string() throws(ModelFileError) -> String {
    let start = offset
    let length = try count(of: "bytes in a string", minimumByteCount: 1)
    let range = offset..<offset + length
    offset = range.upperBound
    guard let text = unsafe file.withBytes(range, { unsafe String(validating: $0, as: UTF8.self) }) else {
      throw .malformed(file.path, at: start, "a string is not UTF-8")
    }
    return text
  }
}
