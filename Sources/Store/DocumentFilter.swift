package import Foundation
import GRDB

/// Which documents may answer: those that meet every condition that is set.
package struct DocumentFilter: Sendable, Hashable {
  /// Relative paths, one of which must fit: a file's, a folder's for all in it, or a pattern in which `*` is any characters, `?` one and `[abc]` one of
  /// several (SQLite's GLOB; a slash is a character like any other). A file or folder may have a name that looks like a pattern.
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
  /// Patterns among `paths` at most: each is tried with every file.
  package static let patternCountLimit = 64

  /// Why `paths` are not to be looked for, as a sentence; `nil` if they are.
  package var pathFault: String? {
    if paths.contains(where: { $0.utf8.count > Self.patternByteLimit }) { return "a path or pattern has \(Self.patternByteLimit) bytes at most" }
    if paths.count(where: Self.isPattern) > Self.patternCountLimit {
      return "there may be \(Self.patternCountLimit) patterns, and names of files and folders beside them"
    }
    return nil
  }

  /// Lets everything through.
  package var isEmpty: Bool { self == DocumentFilter() }

  /// The scan that `chunkQuery` is.
  func makeScan() -> TableScan { fileConditions.isEmpty ? .ofDocuments() : .ofFiles() }

  /// Makes the SQL functions known that `chunkQuery` calls beside those of its scan, in the place of those of the filter before.
  func addFunctions(to db: Database) throws {
    if !paths.isEmpty { db.add(function: pathFunction) }
    if !metadata.isEmpty { try MetadataCondition(metadata).addFunction(to: db) }
  }

  /// The SQL function of a file's path that says whether it, or a folder around it, is one of `paths` as they are.
  private var pathFunction: DatabaseFunction {
    let names = Set(paths.map { Array(($0.hasSuffix("/") ? $0.dropLast() : $0[...]).utf8) })
    return DatabaseFunction(Self.pathFunctionName, argumentCount: 1, pure: true) { values in
      guard let path = String.fromDatabaseValue(values[0]).map({ Array($0.utf8) }) else { return false }
      return names.contains(path) || path.indices.contains { path[$0] == UInt8(ascii: "/") && names.contains(Array(path[..<$0])) }
    }
  }

  private static let pathFunctionName = "is_named_path"

  private static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

  /// SQL for a collection's chunks that pass: a number for what passed (a document, or a file of one), how many chunks that has, and the keys of them
  /// (NULL if there are none). It calls the functions that `addFunctions` and `makeScan` make known.
  ///
  /// All rows that decide are compared with their checksums before anything else is asked of them, and are not looked for in an index, so that a flipped
  /// bit leaves nothing out in silence; a file's document that is not found has the wrong checksum, too. The chunks are looked for in an index: who reads
  /// them counts them.
  func chunkQuery(in collection: CollectionID) -> SQLRequest<Row> {
    let isOfCollection = { (table: String) in Condition("\(table).collection_id = ?", [collection.rawValue]) }
    func intact(_ table: SealedTable, and conditions: [Condition]) -> Condition {
      let all = Condition(joining: conditions, with: " AND ")
      return Condition("CASE WHEN \(table.requireIntact()) THEN \(all.sql) END", all.arguments)
    }
    // Of the files that share a document one has to meet all conditions.
    let isOfFiles = !fileConditions.isEmpty
    let tables = isOfFiles ? "file NOT INDEXED LEFT JOIN document ON document.id = file.document_id" : "document NOT INDEXED"
    let isNext = Condition("\(TableScan.functionName)(\(isOfFiles ? "file" : "document").id)")
    let file = intact(.file, and: [isNext, isOfCollection("file"), Condition("file.document_id IS NOT NULL")] + fileConditions)
    let document = intact(.document, and: (isOfFiles ? [] : [isNext]) + [isOfCollection("document")] + documentConditions)
    let conditions = isOfFiles ? [file, document] : [document]
    let all = Condition(joining: conditions, with: " AND ")
    return SQLRequest(
      sql: """
        SELECT \(isOfFiles ? "file" : "document").id, document.chunk_count, c.id
        FROM \(tables) LEFT JOIN chunk c ON c.document_id = document.id WHERE \(all.sql)
        """, arguments: all.arguments)
  }

  /// The files of a document that meet the conditions on files, that with the document's own name first; `nil` where there is no such condition.
  func fileQuery(ofDocument id: Int64, limit: Int) -> SQLRequest<Row>? {
    guard !fileConditions.isEmpty else { return nil }
    let all = Condition(joining: fileConditions, with: " AND ")
    return SQLRequest(
      sql: """
        SELECT file.root, file.path FROM file JOIN document d ON d.id = file.document_id
        WHERE \(SealedTable.file.requireIntact("file")) AND \(all.sql) AND file.document_id = ?
        ORDER BY file.root = d.root AND file.path = d.path DESC, file.root, file.path LIMIT ?
        """, arguments: all.arguments + [id, limit])
  }

  private struct Condition {
    var sql: String
    var arguments: StatementArguments

    init(_ sql: String, _ arguments: StatementArguments = []) { (self.sql, self.arguments) = (sql, arguments) }

    init(joining parts: [Condition], with word: String) {
      self.init("(" + parts.map(\.sql).joined(separator: word) + ")", parts.reduce(into: []) { $0 += $1.arguments })
    }
  }

  /// On rows of `file`.
  private var fileConditions: [Condition] {
    var conditions: [Condition] = []
    if let modifiedFrom { conditions.append(Condition("file.modification_time >= ?", [Self.nanoseconds(modifiedFrom)])) }
    if let modifiedBefore { conditions.append(Condition("file.modification_time < ?", [Self.nanoseconds(modifiedBefore)])) }
    if !paths.isEmpty {
      let patterns = paths.filter(Self.isPattern).map { Condition("file.path GLOB ?", [$0]) }
      conditions.append(Condition(joining: [Condition("\(Self.pathFunctionName)(file.path)")] + patterns, with: " OR "))
    }
    return conditions
  }

  /// On rows of `document`.
  private var documentConditions: [Condition] {
    func oneOf(_ value: String, _ values: [String]) -> Condition {
      Condition("\(value) IN (" + values.map { _ in "?" }.joined(separator: ", ") + ")", StatementArguments(values))
    }
    let columns = [("document.format", formats), ("document.language", languages)].filter { !$0.1.isEmpty }.map(oneOf)
    return columns + (metadata.isEmpty ? [] : [Condition("\(MetadataCondition.functionName)(document.metadata)")])
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
