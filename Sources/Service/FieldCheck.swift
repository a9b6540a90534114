import Foundation

/// Checks on the fields of a request that more than one route takes.
enum FieldCheck {
  /// - Throws: `ServiceError` when there is nothing to ask, or too much.
  static func question(_ text: String, field: String, characterLimit: Int) throws {
    // Counting characters of a megabyte is slow; bytes settle most of it.
    guard text.utf8.count <= 64 * characterLimit, text.count <= characterLimit else {
      throw ServiceError.questionTooLong(characters: text.unicodeScalars.count, limit: characterLimit)
    }
    guard text.contains(where: { !$0.isWhitespace }) else { throw ServiceError.emptyQuestion(field) }
  }

  static func range<Number: Comparable>(_ value: Number?, _ range: ClosedRange<Number>, field: String) throws -> Number? {
    guard let value else { return nil }
    guard range.contains(value) else { throw ServiceError.field(field, "it has to be from \(range.lowerBound) to \(range.upperBound)") }
    return value
  }
}

extension Decoder {
  /// Refuses fields that are not known: a condition that is misspelt would find everything.
  ///
  /// - Parameter parent: The field that they are in; `nil` for the body itself.
  func requireKnownFields(_ known: [String], of parent: String? = nil) throws {
    for name in try container(keyedBy: FieldName.self).allKeys where !known.contains(name.stringValue) {
      let field = [parent, name.stringValue].compactMap(\.self).joined(separator: ".")
      throw ServiceError.field(field, "it is not known; \(known.dropLast().joined(separator: ", ")) and \(known.last ?? "") are")
    }
  }
}

/// Any field's name.
private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
