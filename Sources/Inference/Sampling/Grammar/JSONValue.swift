/// A JSON text, read as it stands: numbers keep their digits, strings their bytes and objects their order.
enum JSONValue: Equatable {
  case null
  case bool(Bool)
  case number(String)
  case string([UInt8])
  case array([JSONValue])
  case object([Member])

  struct Member: Equatable {
    let name: [UInt8]
    let value: JSONValue
  }

  /// The value of a member; `nil` if this is no object or has none of the name.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.elementsEqual(name.utf8) }?.value
  }

  /// The value in the one form that a grammar writes literals in: no space, characters as they are, escapes only where JSON wants them.
  var compact: [UInt8] {
    switch self {
    case .null: Array("null".utf8)
    case .bool(let value): Array((value ? "true" : "false").utf8)
    case .number(let digits): Array(digits.utf8)
    case .string(let bytes): [0x22] + JSONValue.escaped(bytes) + [0x22]
    case .array(let items): [0x5B] + items.map(\.compact).joined(separator: [0x2C]) + [0x5D]
    case .object(let members):
      [0x7B] + members.map { [0x22] + JSONValue.escaped($0.name) + [0x22, 0x3A] + $0.value.compact }.joined(separator: [0x2C]) + [0x7D]
    }
  }

  /// The inside of a string.
  static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { byte -> [UInt8] in
      switch byte {
      case 0x22, 0x5C: return [0x5C, byte]
      case 0x08: return Array("\\b".utf8)
      case 0x09: return Array("\\t".utf8)
      case 0x0A: return Array("\\n".utf8)
      case 0x0C: return Array("\\f".utf8)
      case 0x0D: return Array("\\r".utf8)
      case 0..<0x20: return Array("\\u00".utf8) + [0x30 + byte >> 4] + Array(String(byte & 15, radix: 16).utf8)
      default: return [byte]
      }
    }
  }
}
