import Foundation
import GRDB
import GRDBSQLite

/// Whether a document's metadata have, for each of some keys, one of its values. Texts are the same as Swift takes them to be: an é is one, whether it is
/// written as one character or as two.
///
/// A filter asks it of every document, so it is answered inside of SQLite on the bytes of the JSON: with `json_each` it was most
/// of what a filter takes.
final class MetadataCondition {
  static let functionName = "meets_metadata"

  /// A list rather than a dictionary: hashing each document's keys costs more than comparing them with a few.
  private let conditions: [(key: Key, values: Set<String>)]

  init(_ metadata: [String: Set<String>]) {
    conditions = metadata.map { (Key(text: $0, bytes: Array($0.precomposedStringWithCanonicalMapping.utf8)), $1) }
  }

  private struct Key {
    let text: String
    /// In Unicode's form C, in which ASCII is as it is.
    let bytes: [UInt8]
  }

  /// Makes the SQL function of a text of metadata known, in the place of the one for the filter before.
  func addFunction(to db: Database) throws {
    let code = sqlite3_create_function_v2(
      db.sqliteConnection, Self.functionName, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, Unmanaged.passRetained(self).toOpaque(),
      { context, _, arguments in
        guard let data = sqlite3_user_data(context), let argument = arguments?[0] else { return sqlite3_result_error_nomem(context) }
        let condition = Unmanaged<MetadataCondition>.fromOpaque(data).takeUnretainedValue()
        // The pointer first: asking for it may change the length.
        let start = sqlite3_value_blob(argument)
        let json = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(argument)))
        guard let isMet = condition.isMet(by: json) else { return sqlite3_result_error(context, "metadata are not an object of lists of text", -1) }
        sqlite3_result_int(context, isMet ? 1 : 0)
      }, nil, nil, { data in data.map { Unmanaged<MetadataCondition>.fromOpaque($0).release() } })
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }

  /// - Parameter json: An object of lists of text, as `JSONEncoder` writes it: UTF-8, each key once, no spaces between values.
  /// - Returns: `nil` for anything else.
  func isMet(by json: UnsafeRawBufferPointer) -> Bool? {
    var scanner = Scanner(json: json)
    var metCount = 0
    guard scanner.take("{") else { return nil }
    if !scanner.take("}") {
      repeat {
        guard let name = scanner.string(), scanner.take(":") else { return nil }
        let wanted = conditions.first { scanner.stands(name, for: $0.key) }?.values
        guard let isFound = scanner.list(containsOneOf: wanted) else { return nil }
        if isFound { metCount += 1 }
      } while scanner.take(",")
      guard scanner.take("}") else { return nil }
    }
    return scanner.isAtEnd ? metCount == conditions.count : nil
  }

  private struct Scanner {
    let json: UnsafeRawBufferPointer
    private var position = 0

    init(json: UnsafeRawBufferPointer) { self.json = json }

    var isAtEnd: Bool { position == json.count }

    /// Goes over a character if it comes next.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard position < json.count, json[position] == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    /// Goes over a string; what stands between its quotes.
    mutating func string() -> Range<Int>? {
      guard take("\"") else { return nil }
      let start = position
      while position < json.count {
        switch json[position] {
        case UInt8(ascii: "\""):
          position += 1
          return start..<position - 1
        case UInt8(ascii: "\\"): position += 2
        default: position += 1
        }
      }
      return nil
    }

    /// The text that a string stands for.
    func text(of string: Range<Int>) -> String? {
      guard json[string].contains(UInt8(ascii: "\\")) else { return String(decoding: json[string], as: UTF8.self) }
      return try? JSONDecoder().decode(String.self, from: Data(json[string.lowerBound - 1..<string.upperBound + 1]))
    }

    /// Whether a string stands for a key.
    func stands(_ string: Range<Int>, for key: Key) -> Bool {
      let isPlain = json[string].allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") }
      return isPlain ? string.count == key.bytes.count && json[string].elementsEqual(key.bytes) : text(of: string) == key.text
    }

    /// Goes over a list of strings; whether one of them is wanted.
    mutating func list(containsOneOf wanted: Set<String>?) -> Bool? {
      guard take("[") else { return nil }
      if take("]") { return false }
      var isFound = false
      repeat {
        guard let string = string() else { return nil }
        guard let wanted else { continue }
        guard let text = text(of: string) else { return nil }
        if wanted.contains(text) { isFound = true }
      } while take(",")
      return take("]") ? isFound : nil
    }
  }
}
