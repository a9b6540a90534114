/// A place where JSON text breaks RFC 8259, or a limit.
package struct JSONFault: Error {
  /// Byte of the text.
  package var offset: Int
  package var reason: String
  /// True where the text may be valid, but goes past a limit.
  package var isLimit = false
}

/// Reads JSON text piece by piece, strictly as RFC 8259 writes it, without building a tree.
package struct JSONScanner {
  enum Kind { case object, array, string, number, literal }

  let bytes: [UInt8]
  private(set) var position: Int
  let end: Int
  let depthLimit: Int
  private var depth = 0
  /// Where the last key stands that was read.
  private(set) var keyRange = 0..<0

  /// Reads `range` of `bytes`, all of them without one.
  package init(bytes: [UInt8], range: Range<Int>? = nil, depthLimit: Int) {
    self.bytes = bytes
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
    self.depthLimit = depthLimit
  }

  /// Passes over one value and asks that nothing but white space follows.
  package mutating func validate() throws(JSONFault) {
    try skipValue()
    skipWhiteSpace()
    guard position == end else { throw fault("more text after the value") }
  }

  mutating func skipWhiteSpace() {
    while position < end, bytes[position] == 0x20 || bytes[position] == 0x0A || bytes[position] == 0x0D || bytes[position] == 0x09 { position += 1 }
  }

  /// What the next value is, without passing over it.
  mutating func kind() throws(JSONFault) -> Kind {
    skipWhiteSpace()
    guard position < end else { throw fault("the text ends where a value should be") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "-"), 0x30...0x39: return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return .literal
    default: throw fault("no value begins with this character")
    }
  }

  /// Calls `body` after every key; it has to pass over the value.
  mutating func members(_ body: (_ key: [UInt8], _ scanner: inout JSONScanner) throws(JSONFault) -> Void) throws(JSONFault) {
    try container(UInt8(ascii: "{"), UInt8(ascii: "}")) { (scanner) throws(JSONFault) in
      scanner.skipWhiteSpace()
      guard scanner.position < scanner.end, scanner.bytes[scanner.position] == UInt8(ascii: "\"") else {
        throw scanner.fault("a key in quotes should be here")
      }
      let start = scanner.position
      let key = try scanner.string()
      scanner.keyRange = start..<scanner.position
      scanner.skipWhiteSpace()
      guard scanner.take(UInt8(ascii: ":")) else { throw scanner.fault("a colon should follow the key") }
      try body(key, &scanner)
    }
  }

  /// Calls `body` before every element; it has to pass over it.
  mutating func elements(_ body: (_ scanner: inout JSONScanner) throws(JSONFault) -> Void) throws(JSONFault) {
    try container(UInt8(ascii: "["), UInt8(ascii: "]"), body)
  }

  private mutating func container(_ opening: UInt8, _ closing: UInt8, _ body: (inout JSONScanner) throws(JSONFault) -> Void) throws(JSONFault) {
    skipWhiteSpace()
    guard take(opening) else { throw fault("'\(Character(Unicode.Scalar(opening)))' should be here") }
    depth += 1
    guard depth <= depthLimit else { throw JSONFault(offset: position, reason: "it is nested more than \(depthLimit) deep", isLimit: true) }
    skipWhiteSpace()
    if !take(closing) {
      while true {
        try body(&self)
        skipWhiteSpace()
        if take(closing) { break }
        guard take(UInt8(ascii: ",")) else { throw fault("a comma or the end of the list should be here") }
      }
    }
    depth -= 1
  }

  mutating func skipValue() throws(JSONFault) {
    switch try kind() {
    case .object: try members { (_, scanner) throws(JSONFault) in try scanner.skipValue() }
    case .array: try elements { (scanner) throws(JSONFault) in try scanner.skipValue() }
    case .string: _ = try string()
    case .number: _ = try number()
    case .literal: _ = try literal()
    }
  }

  /// A string's text, escapes resolved; half of a surrogate pair becomes U+FFFD.
  mutating func string() throws(JSONFault) -> [UInt8] {
    position += 1
    var result: [UInt8] = []
    while position < end {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return result
      case 0..<0x20: throw fault("a control character in a string")
      case UInt8(ascii: "\\"): try escape(into: &result)
      default:
        result.append(byte)
        position += 1
      }
    }
    throw fault("a string does not end")
  }

  private mutating func escape(into result: inout [UInt8]) throws(JSONFault) {
    guard position + 1 < end else { throw fault("an escape does not end") }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(letter)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"):
      var scalar = try hexadecimal()
      if scalar & 0xFC00 == 0xD800, position + 1 < end, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") {
        let before = position
        position += 2
        let low = try hexadecimal()
        if low & 0xFC00 == 0xDC00 { scalar = 0x10000 + (scalar & 0x3FF) << 10 + (low & 0x3FF) } else { position = before }
      }
      result.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    default:
      position -= 1
      throw fault("no such escape")
    }
  }

  private mutating func hexadecimal() throws(JSONFault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < end else { throw fault("four hexadecimal digits should follow \\u") }
      let byte = bytes[position]
      switch byte {
      case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
      case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
      default: throw fault("four hexadecimal digits should follow \\u")
      }
      position += 1
    }
    return value
  }

  /// A number as it is written.
  mutating func number() throws(JSONFault) -> Range<Int> {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return start..<position
  }

  private mutating func digits() throws(JSONFault) {
    guard position < end, bytes[position].isDigit else { throw fault("a digit should be here") }
    while position < end, bytes[position].isDigit { position += 1 }
  }

  /// `true`, `false`, `null`.
  mutating func literal() throws(JSONFault) -> Range<Int> {
    for word in ["true", "false", "null"]
    where position + word.utf8.count <= end && bytes[position..<(position + word.utf8.count)].elementsEqual(word.utf8) {
      let start = position
      position += word.utf8.count
      return start..<position
    }
    throw fault("no such word")
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < end, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  func fault(_ reason: String) -> JSONFault { JSONFault(offset: position, reason: reason) }
}
