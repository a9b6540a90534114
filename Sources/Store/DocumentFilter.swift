package import Foundation
import GRDB

/// Which documents may answer: those that meet every condition that is set.
package struct DocumentFilter: Sendable, Hashable {
  /// Patterns of relative paths, one of which must fit: `*` is any characters, `?` one, `[abc]` one of several (SQLite's GLOB; a slash is a
  /// character like any other). A pattern without any of them is a file, or a folder with all in it.
  package var paths: [String] = []
  /// `DocumentFormat` raw values.
  package var formats: [String] = []
  /// As `Locale` writes them: `en`, `de`.
  package var languages: [String] = []
  package var modifiedFrom: Date?
  /// The first moment that is too late.
  package var modifiedBefore: Date?
  /// For each key one of its values, as text; of a key with several values in the document one must fit.
  package var metadata: [String: Set<String>] = [:]

  package init() {}

  /// Bytes of a path or pattern at most: no path is longer.
  package static let patternByteLimit = 4096

  /// Lets everything through.
  package var isEmpty: Bool { self == DocumentFilter() }

  var asksForTime: Bool { modifiedFrom != nil || modifiedBefore != nil }

  /// A condition on rows of `document d`, with its arguments.
  var condition: (sql: String, arguments: StatementArguments) {
    var parts: [String] = []
    var arguments = StatementArguments()
    func add(_ sql: String, _ values: [any DatabaseValueConvertible]) {
      parts.append(sql)
      arguments += StatementArguments(values)
    }
    if !paths.isEmpty {
      let patterns = paths.flatMap(Self.patterns)
      // Any of the files that share a document. One list, as SQLite bounds how deep a condition may be; a name may look like a pattern.
      add(
        "EXISTS (SELECT 1 FROM file f, json_each(?) p WHERE f.document_id = d.id AND (f.path GLOB p.value OR f.path = p.value))",
        [String(decoding: (try? JSONEncoder().encode(patterns)) ?? Data("[]".utf8), as: UTF8.self)])
    }
    for (column, values) in [("d.format", formats), ("d.language", languages)] where !values.isEmpty {
      add("\(column) IN (" + values.map { _ in "?" }.joined(separator: ", ") + ")", values)
    }
    if let modifiedFrom { add("d.modification_time >= ?", [Self.nanoseconds(modifiedFrom)]) }
    if let modifiedBefore { add("d.modification_time < ?", [Self.nanoseconds(modifiedBefore)]) }
    for (key, values) in metadata.sorted(by: { $0.key < $1.key }) {
      // Values of a key are a list, each of them text.
      add(
        """
        EXISTS (SELECT 1 FROM json_each(d.metadata) k, json_each(k.value) v WHERE k.key = ? AND v.value IN (\(values.map { _ in "?" }.joined(separator: ", "))))
        """, [key] + values.sorted())
    }
    return (parts.isEmpty ? "1" : parts.joined(separator: " AND "), arguments)
  }

  private static func patterns(_ path: String) -> [String] {
    if path.contains(where: { "*?[".contains($0) }) { return [path] }
    let name = path.hasSuffix("/") ? String(path.dropLast()) : path
    // In a pattern only these three mean anything, and none is there.
    return [name, name + "/*"]
  }

  /// A day (`2026-01-31`, from its beginning in UTC) or a moment (`2026-01-31T12:00:00Z`); `nil` for anything else, the 30th of February for one.
  package static func date(_ text: String) -> Date? {
    let day = Date.ISO8601FormatStyle().year().month().day()
    guard let date = (try? Date(text, strategy: .iso8601)) ?? (try? Date(text, strategy: day)) else { return nil }
    // The calendar would count on into the next month. A moment with an offset may be of the day before or after.
    guard let start = try? Date(String(text.prefix(10)), strategy: day), start.formatted(day) == text.prefix(10) else { return nil }
    return date
  }

  /// Since 1970; times before 1678 and after 2261 are the first and the last of them.
  private static func nanoseconds(_ date: Date) -> Int64 {
    let count = (date.timeIntervalSince1970 * 1e9).rounded()
    return Int64(exactly: count) ?? (count < 0 ? .min : .max)
  }
}
