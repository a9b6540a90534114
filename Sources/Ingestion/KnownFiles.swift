import Store

/// What the ledger says of a collection's files when a run begins, and which of them lie under its root.
///
/// There may be a million: an entry is held once, and found by its place.
struct KnownFiles: Sendable {
  /// Of the whole collection, by root and path.
  let ledger: [LedgerEntry]
  private let places: [PathKey: Int]

  init(ledger: [LedgerEntry], root: String) {
    self.ledger = ledger
    var places: [PathKey: Int] = [:]
    for (place, entry) in ledger.enumerated() where entry.root.hasBytes(of: root) { places[PathKey(entry.path)] = place }
    self.places = places
  }

  /// The entry of a file under the root, by its path relative to that.
  subscript(path: String) -> LedgerEntry? { places[PathKey(path)].map { ledger[$0] } }

  /// Those under the root, in no order.
  var entries: some Sequence<LedgerEntry> { places.values.lazy.map { ledger[$0] } }
}
