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
