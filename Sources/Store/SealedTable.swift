import GRDB
import GRDBSQLite

/// A table whose rows carry a checksum of the columns that answers depend on.
///
/// It is made and compared inside of SQLite, where a row's values need not be copied: a filter looks at every row.
struct SealedTable {
  let name: String
  /// What an error calls a row.
  let label: String
  /// Those that the checksum covers; the first one names a row in an error.
  let columns: [String]

  private init(name: String, label: String? = nil, columns: [String]) {
    self.name = name
    self.label = label ?? name
    self.columns = columns
  }

  static let collection = SealedTable(name: "collection", columns: ["name", "id", "embedder", "dimension", "dense_weight", "chunker"])
  static let document = SealedTable(
    name: "document",
    columns: [
      "id", "collection_id", "root", "path", "sha256", "byte_count", "modification_time", "title", "format", "language", "metadata", "chunk_count",
    ])
  static let chunk = SealedTable(
    name: "chunk", label: "passage",
    columns: [
      "id", "collection_id", "document_id", "ordinal", "text_start", "text_end", "record_name", "title", "heading_path", "header", "context", "body",
      "spans", "content_hash", "token_count",
    ])
  /// What an ingestion notes about a file beside these changes no answer.
  static let file = SealedTable(name: "file", columns: ["path", "collection_id", "root", "modification_time", "document_id"])
  static let wordSegment = SealedTable(
    name: "word_segment", columns: ["file", "number", "collection_id", "first_chunk_id", "last_chunk_id", "count", "sha256"])
  static let stagedVector = SealedTable(name: "staged_vector", columns: ["content_hash", "embedder", "data"])

  /// SQL for the checksum of a row's values.
  ///
  /// - Parameter replacing: Expressions that stand for some columns' values.
  func checksum(of row: String? = nil, replacing values: [String: String] = [:]) -> String {
    let row = row ?? name
    return "row_checksum(" + columns.map { values[$0] ?? "\(row).\($0)" }.joined(separator: ", ") + ")"
  }

  /// SQL condition: whether a row is as it was written.
  func isIntact(_ row: String? = nil) -> String { "\(row ?? name).checksum = \(checksum(of: row))" }

  /// SQL condition that holds for every row, and fails the statement with `index_corrupt` at one that is not as it was written.
  func requireIntact(_ row: String? = nil) -> String {
    let row = row ?? name
    return "require_intact(" + (["'\(label)'", "\(row).checksum"] + columns.map { "\(row).\($0)" }).joined(separator: ", ") + ")"
  }

  /// SQL assignments of an UPDATE that change columns and the checksum with them; a row that is damaged stays known for it.
  func assignments(_ values: [String: String]) -> String {
    let assigned = values.sorted { $0.key < $1.key }.map { "\($0) = \($1)" }
    return (assigned + ["checksum = iif(\(isIntact()), \(checksum(replacing: values)), \(name).checksum)"]).joined(separator: ", ")
  }

  /// Gives a row that was just written its checksum.
  func seal(_ id: Int64, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE \(name) SET checksum = \(checksum()) WHERE id = ?").execute(arguments: [id])
  }

  /// The result code of a statement that met a damaged row: an extended one of SQLITE_CORRUPT that SQLite has no use for.
  static let damageCode = SQLITE_CORRUPT | 0x51 << 8

  /// Makes the functions known that the SQL of all sealed tables calls.
  static func addFunctions(to db: Database) throws {
    let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY
    let codes = [
      sqlite3_create_function_v2(
        db.sqliteConnection, "row_checksum", -1, flags, nil,
        { context, count, values in
          sqlite3_result_int64(context, SealedTable.checksum(UnsafeBufferPointer(start: values, count: Int(count))[...]))
        }, nil, nil, nil),
      sqlite3_create_function_v2(
        db.sqliteConnection, "require_intact", -1, flags, nil,
        { context, count, values in
          let values = UnsafeBufferPointer(start: values, count: Int(count))
          let isIntact = sqlite3_value_type(values[1]) == SQLITE_INTEGER && sqlite3_value_int64(values[1]) == SealedTable.checksum(values[2...])
          if isIntact { return sqlite3_result_int(context, 1) }
          sqlite3_result_error(context, "\(SealedTable.text(values[0])) \(SealedTable.text(values[2]))", -1)
          sqlite3_result_error_code(context, SealedTable.damageCode)
        }, nil, nil, nil),
    ]
    if let code = codes.first(where: { $0 != SQLITE_OK }) { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }

  /// Types count: a header's flipped bit can make a number of a text.
  private static func checksum(_ values: Slice<UnsafeBufferPointer<OpaquePointer?>>) -> Int64 {
    var checksum = RowChecksum()
    for value in values {
      let type = sqlite3_value_type(value)
      checksum.add(word: UInt64(type))
      switch type {
      case SQLITE_NULL: break
      case SQLITE_INTEGER: checksum.add(word: UInt64(bitPattern: sqlite3_value_int64(value)))
      case SQLITE_FLOAT: checksum.add(word: sqlite3_value_double(value).bitPattern)
      default:
        // The pointer first: asking for it may change the length.
        let start = sqlite3_value_blob(value)
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
        checksum.add(word: UInt64(bytes.count))
        checksum.add(bytes)
      }
    }
    return checksum.value
  }

  private static func text(_ value: OpaquePointer?) -> String { sqlite3_value_text(value).map { String(cString: $0) } ?? "without a name" }
}
