/// Writes a JSON value as lines of text, `path.to.value: text`, one a leaf; a list of plain values is one line.
///
/// A leaf far down repeats the names of all that holds it, so a small file could become a huge text: both have limits.
struct JSONLines {
  private(set) var text: [UInt8] = []
  let byteLimit: Int

  /// Names from the outermost value down to a leaf, together.
  static let pathByteLimit = 16 << 10

  init(byteLimit: Int) {
    self.byteLimit = byteLimit
  }

  /// Passes over the next value of `scanner` and writes its leaves below `path`.
  mutating func flatten(_ scanner: inout JSONScanner, path: [UInt8]) throws(JSONFault) {
    guard path.count <= Self.pathByteLimit else {
      throw JSONFault(offset: scanner.position, reason: "names inside each other are longer than \(Self.pathByteLimit) bytes together", isLimit: true)
    }
    switch try scanner.kind() {
    case .object:
      var inner = self
      self.text = []
      try scanner.members { (key, scanner) throws(JSONFault) in
        try inner.flatten(&scanner, path: path.isEmpty ? key : path + [UInt8(ascii: ".")] + key)
      }
      self = inner
    case .array: try flattenList(&scanner, path: path)
    case .string, .number, .literal:
      if let value = try Self.plain(&scanner) { try add(path, value, offset: scanner.position) }
    }
  }

  private mutating func flattenList(_ scanner: inout JSONScanner, path: [UInt8]) throws(JSONFault) {
    var inner = self
    self.text = []
    var plain = JSONLine(byteLimit: byteLimit)
    var index = 0
    try scanner.elements { (scanner) throws(JSONFault) in
      switch try scanner.kind() {
      case .object, .array: try inner.flatten(&scanner, path: path + Array("[\(index)]".utf8))
      case .string, .number, .literal:
        if let value = try Self.plain(&scanner) { try plain.add(value, offset: scanner.position) }
      }
      index += 1
    }
    self = inner
    if !plain.isEmpty { try add(path, plain.text, offset: scanner.position) }
  }

  /// - Parameter offset: Where in the file the value ends, for the error.
  mutating func add(_ path: [UInt8], _ value: [UInt8], offset: Int) throws(JSONFault) {
    guard text.count + path.count + value.count + 3 <= byteLimit else {
      throw .tooLong(offset: offset, byteLimit: byteLimit)
    }
    if !text.isEmpty { text.append(0x0A) }
    if !path.isEmpty { text += path + Array(": ".utf8) }
    text += value
  }

  /// A value that holds no others; `nil` for `null` and for an empty string.
  static func plain(_ scanner: inout JSONScanner) throws(JSONFault) -> [UInt8]? {
    switch try scanner.kind() {
    case .string:
      let value = try scanner.string()
      return value.isEmpty ? nil : value
    case .number: return Array(scanner.bytes[try scanner.number()])
    case .literal:
      let word = scanner.bytes[try scanner.literal()]
      return word.first == UInt8(ascii: "n") ? nil : Array(word)
    case .object, .array: preconditionFailure("asked for the plain text of a container")
    }
  }
}

/// Plain values of a list in one line: in one piece from the start, as an array for each of a million numbers takes fifty times their bytes.
struct JSONLine {
  let byteLimit: Int
  private(set) var text: [UInt8] = []
  private(set) var isEmpty = true

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// - Parameter offset: Where in the file the value ends, for the error.
  mutating func add(_ value: [UInt8], offset: Int) throws(JSONFault) {
    guard text.count + value.count + 2 <= byteLimit else {
      throw .tooLong(offset: offset, byteLimit: byteLimit)
    }
    if !isEmpty { text += [UInt8(ascii: ","), 0x20] }
    text += value
    isEmpty = false
  }
}

extension JSONFault {
  fileprivate static func tooLong(offset: Int, byteLimit: Int) -> JSONFault {
    JSONFault(offset: offset, reason: "its text is longer than \(byteLimit) bytes", isLimit: true)
  }
}
