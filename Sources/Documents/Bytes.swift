import Foundation

extension UInt8 {
  /// Space, tab, line feed, vertical tab, form feed, carriage return.
  @inlinable package var isWhiteSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
  /// An ASCII digit.
  @inlinable package var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  /// An ASCII letter of lower case.
  @inlinable package var isLowercaseLetter: Bool { self >= 0x61 && self <= 0x7A }
  /// An ASCII letter of upper case.
  @inlinable package var isUppercaseLetter: Bool { self >= 0x41 && self <= 0x5A }
  /// An ASCII letter.
  @inlinable package var isLetter: Bool { isLowercaseLetter || isUppercaseLetter }
  /// A byte that goes on a scalar of UTF-8.
  @inlinable package var isContinuation: Bool { self & 0xC0 == 0x80 }
}

extension [UInt8] {
  /// The scalar that begins at `position` of valid UTF-8, and its length in bytes.
  @inlinable package func scalar(at position: Int) -> (scalar: UInt32, length: Int) {
    let first = self[position]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
    guard length > 1, position + length <= count else { return (UInt32(first), 1) }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for index in 1..<length { value = value << 6 | UInt32(self[position + index] & 0x3F) }
    return (value, length)
  }
}

extension Collection<UInt8> where Index == Int {
  /// Where the UTF-8 of `text`, which is not empty, first stands. The standard library's search takes any two collections, and a hundred times as long.
  func firstRange(of text: String) -> Range<Int>? {
    let wanted = Array(text.utf8)
    let offset: Int?? = withContiguousStorageIfAvailable { bytes in
      guard let start = bytes.baseAddress else { return nil }
      var position = 0
      while position + wanted.count <= bytes.count,
        let place = memchr(start + position, Int32(wanted[0]), bytes.count - position - wanted.count + 1)
      {
        position = UnsafeRawPointer(place) - UnsafeRawPointer(start)
        if memcmp(place, wanted, wanted.count) == 0 { return position }
        position += 1
      }
      return nil
    }
    guard let offset else { return firstRange(of: wanted) }
    return offset.map { startIndex + $0..<startIndex + $0 + wanted.count }
  }
}
