/// Reads JSON by RFC 8259, to the letter, and of bounded depth.
struct JSONReader {
  /// What is wrong, and at which byte.
  struct Failure: Error {
    let reason: String
    let offset: Int
  }

  private let bytes: [UInt8]
  private var position = 0

  static let depthLimit = 64

  static func read(_ text: String) throws(Failure) -> JSONValue {
    var reader = JSONReader(bytes: Array(text.utf8))
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == reader.bytes.count else { throw reader.failure("there is more after the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func failure(_ reason: String) -> Failure { Failure(reason: reason, offset: position) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(Failure) -> JSONValue {
    guard depth <= Self.depthLimit else { throw failure("values are nested deeper than \(Self.depthLimit)") }
    skipSpace()
    switch next {
    case 0x7B: return try object(depth: depth)
    case 0x5B: return try array(depth: depth)
    case 0x22: return .string(try string())
    case 0x2D?, (0x30...0x39)?: return .number(try number())
    default:
      for (word, value): (String, JSONValue) in [("null", .null), ("true", .bool(true)), ("false", .bool(false))]
      where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      throw failure("a value is missing")
    }
  }

  private mutating func object(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    var names: Set<[UInt8]> = []
    skipSpace()
    if take(0x7D) { return .object([]) }
    repeat {
      skipSpace()
      guard next == 0x22 else { throw failure("a name is missing") }
      let name = try string()
      guard names.insert(name).inserted else { throw failure("the name \(String(decoding: name, as: UTF8.self)) comes twice") }
      skipSpace()
      guard take(0x3A) else { throw failure("a colon is missing") }
      members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
      skipSpace()
    } while take(0x2C)
    guard take(0x7D) else { throw failure("a } is missing") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Failure) -> JSONValue {
    position += 1
    var items: [JSONValue] = []
    skipSpace()
    if take(0x5D) { return .array([]) }
    repeat {
      items.append(try value(depth: depth + 1))
      skipSpace()
    } while take(0x2C)
    guard take(0x5D) else { throw failure("a ] is missing") }
    return .array(items)
  }

  private mutating func number() throws(Failure) -> String {
    let start = position
    func digits(_ reader: inout JSONReader) throws(Failure) {
      let first = reader.position
      while let byte = reader.next, (0x30...0x39).contains(byte) { reader.position += 1 }
      if reader.position == first { throw reader.failure("a digit is missing") }
    }
    _ = take(0x2D)
    if !take(0x30) { try digits(&self) }
    if take(0x2E) { try digits(&self) }
    if take(0x65) || take(0x45) {
      if !take(0x2B) { _ = take(0x2D) }
      try digits(&self)
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string() throws(Failure) -> [UInt8] {
    position += 1
    var text: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case 0x22: return text
      case 0x5C: text += try escape()
      case 0..<0x20: throw failure("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw failure("a string has no end")
  }

  private mutating func escape() throws(Failure) -> [UInt8] {
    defer { position += 1 }
    switch next {
    case 0x22, 0x5C, 0x2F: return [bytes[position]]
    case 0x62: return [0x08]
    case 0x66: return [0x0C]
    case 0x6E: return [0x0A]
    case 0x72: return [0x0D]
    case 0x74: return [0x09]
    case 0x75:
      var unit = try unit()
      if (0xD800..<0xDC00).contains(unit), bytes[(position + 1)...].starts(with: [0x5C, 0x75]) {
        position += 2
        let low = try self.unit()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair stands alone") }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw failure("half a surrogate pair stands alone") }
      return Array(String(scalar).utf8)
    default: throw failure("an escape is unknown")
    }
  }

  /// Four digits after the `u` at `position`; leaves `position` at the last of them.
  private mutating func unit() throws(Failure) -> UInt32 {
    guard position + 4 < bytes.count else { throw failure("a string has no end") }
    let digits = bytes[position + 1...position + 4]
    let isHexadecimal = digits.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0) }
    guard isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16) else {
      throw failure("an escape is not of four hexadecimal digits")
    }
    position += 4
    return unit
  }
}
