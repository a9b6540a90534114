import GRDB
import Synchronization

/// Sees to it that a scan through a table meets each of its rows once.
///
/// SQLite does not check the list of rows in a page: a flipped bit there can hide a row, or give another one in its place a second time, and both have the
/// right checksums. So keys have to rise, and there have to be as many as an index of the table has.
final class TableScan: Sendable {
  static let functionName = "is_next_row"

  private let table: SealedTable
  /// An index that has every row.
  private let index: String
  private let state = Mutex((last: Int64.min, count: 0))

  private init(_ table: SealedTable, index: String) { (self.table, self.index) = (table, index) }

  static func ofDocuments() -> TableScan { TableScan(.document, index: "sqlite_autoindex_document_1") }
  static func ofFiles() -> TableScan { TableScan(.file, index: "file_document") }

  /// Makes `is_next_row(id)` known, which holds for each row of the scan and fails the statement at one that is out of order.
  func addFunction(to db: Database) {
    let name = table.name
    db.add(
      function: DatabaseFunction(Self.functionName, argumentCount: 1) { [self] values in
        guard let id = Int64.fromDatabaseValue(values[0]) else { return false }
        let isNext = state.withLock { state in
          defer { state = (id, state.count + 1) }
          return id > state.last
        }
        guard isNext else { throw DatabaseError(resultCode: ResultCode(rawValue: SealedTable.damageCode), message: "\(name) \(id)") }
        return true
      })
  }

  /// To be called when the scan has come to its end.
  func requireWhole(_ db: Database) throws {
    let expected = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.name) INDEXED BY \(index)") ?? 0
    let found = state.withLock { $0.count }
    guard found == expected else { throw StoreError.damagedTable(table.name, found: found, expected: expected) }
  }
}
