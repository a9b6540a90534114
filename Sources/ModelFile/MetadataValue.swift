/// A value of a GGUF file's metadata.
package enum MetadataValue: Sendable, Equatable {
  case integer(Int64)
  /// Only for values that do not fit in `Int64`.
  case unsigned(UInt64)
  case float(Double)
  case bool(Bool)
  case string(String)
  /// Arrays of one kind; those of numbers are kept as numbers, because a vocabulary has hundreds of thousands.
  case integers([Int64])
  case floats([Float])
  case strings([String])
  case bools([Bool])
  case array([MetadataValue])

  /// The value as messages show it: long texts and arrays by their size.
  var summary: String {
    switch self {
    case .integer(let value): "\(value)"
    case .unsigned(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let text): text.utf8.count <= 80 ? "\"\(text)\"" : "a text of \(text.utf8.count) bytes"
    case .integers(let values): "an array of \(values.count) integers"
    case .floats(let values): "an array of \(values.count) numbers"
    case .strings(let values): "an array of \(values.count) texts"
    case .bools(let values): "an array of \(values.count) truth values"
    case .array(let values): "an array of \(values.count) values"
    }
  }

  package var int: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    default: nil
    }
  }

  package var double: Double? {
    switch self {
    case .float(let value): value
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    default: nil
    }
  }

  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var strings: [String]? { if case .strings(let value) = self { value } else { nil } }
  package var ints: [Int]? { if case .integers(let values) = self { values.map { Int($0) } } else { nil } }
  package var floats: [Float]? { if case .floats(let values) = self { values } else { nil } }
}
