import Foundation

/// A value of a JSON body as it was written: its numbers keep their digits and its objects their order, which decoding would lose.
struct RawJSON: Decodable, Sendable {
  /// Where the decoder keeps the bytes of the whole body, an array.
  static let body = CodingUserInfoKey(rawValue: "quarry.body")!

  let text: String

  init(from decoder: any Decoder) throws {
    guard let body = decoder.userInfo[Self.body] as? [UInt8] else { preconditionFailure("the body goes with the decoder") }
    guard let text = Self.text(at: decoder.codingPath.map(\.stringValue), of: body) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "it has to be JSON in UTF-8"))
    }
    self.text = text
  }

  /// - Parameter path: Names of members, from the whole value inwards.
  static func text(at path: [String], of body: [UInt8]) -> String? {
    var scanner = Scanner(bytes: body)
    guard path.allSatisfy({ scanner.enter($0) }) else { return nil }
    let start = scanner.position
    scanner.skipValue()
    return String(validating: body[start..<scanner.position], as: UTF8.self)
  }

  /// Finds its way through a text that was parsed before. It ends in any text, of which it checks nothing.
  private struct Scanner {
    let bytes: [UInt8]
    private(set) var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
      while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      skipSpace()
      guard next == byte else { return false }
      position += 1
      return true
    }

    /// From an object to the value of its first member of this name: the one that the decoder takes too.
    mutating func enter(_ name: String) -> Bool {
      guard take(UInt8(ascii: "{")) else { return false }
      repeat {
        skipSpace()
        let start = position
        skipValue()
        let isWanted = Self.isName(bytes[start..<position], name)
        guard take(UInt8(ascii: ":")) else { return false }
        skipSpace()
        if isWanted { return true }
        skipValue()
      } while take(UInt8(ascii: ","))
      return false
    }

    private static func isName(_ quoted: ArraySlice<UInt8>, _ name: String) -> Bool {
      guard quoted.contains(UInt8(ascii: "\\")) else { return quoted.dropFirst().dropLast().elementsEqual(name.utf8) }
      return (try? JSONDecoder().decode(String.self, from: Data(quoted))) == name
    }

    mutating func skipValue() {
      var depth = 0
      repeat {
        switch next {
        case nil: return
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          depth += 1
          position += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          depth -= 1
          position += 1
        case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, (0x09...0x0D)?: position += 1
        default: skipWord()
        }
      } while depth > 0
    }

    private mutating func skipString() {
      position += 1
      while let byte = next, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
      position = min(position + 1, bytes.count)
    }

    /// A number, or `true`, `false`, `null`.
    private mutating func skipWord() {
      while let byte = next, !",:{}[]\" \t\n\r".utf8.contains(byte) { position += 1 }
    }
  }
}
