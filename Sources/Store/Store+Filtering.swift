import GRDB
import Synchronization

extension Store {
  /// The chunks of the documents that a filter lets through; `nil` for a filter that lets all through.
  ///
  /// What was found is kept until the collection changes: pages of results, and both indexes, ask for the same.
  package func chunks(passing filter: DocumentFilter, in collection: CollectionID) throws(StoreError) -> ChunkSet? {
    guard !filter.isEmpty else { return nil }
    return try read("filter documents") { db in
      let sequence = try Int64.fetchOne(db, sql: "SELECT sequence FROM collection WHERE id = ?", arguments: [collection.rawValue])
      guard let sequence else { throw StoreError.noSuchCollection(collection) }
      // A new time of an unchanged file does not count as a change.
      let key = filter.asksForTime ? nil : FilteredChunks.Key(collection: collection, sequence: sequence, filter: filter)
      if let key, let known = filteredChunks.withLock({ $0[key] }) { return known }
      let (condition, arguments) = filter.condition
      if !filter.paths.isEmpty { db.add(function: filter.pathFunction) }
      let ids = try Int64.fetchAll(
        db, sql: "SELECT c.id FROM document d CROSS JOIN chunk c ON c.document_id = d.id WHERE d.collection_id = ? AND \(condition)",
        arguments: [collection.rawValue] + arguments)
      let set = ChunkSet(ids.sorted())
      if let key { filteredChunks.withLock { $0[key] = set } }
      return set
    }
  }
}

/// The last few filters' chunks.
struct FilteredChunks: Sendable {
  struct Key: Hashable {
    let collection: CollectionID
    let sequence: Int64
    let filter: DocumentFilter
  }

  private static let limit = 8
  private var entries: [(key: Key, chunks: ChunkSet)] = []

  subscript(key: Key) -> ChunkSet? {
    get { entries.first { $0.key == key }?.chunks }
    set {
      entries.removeAll { $0.key == key }
      if let newValue { entries.append((key, newValue)) }
      if entries.count > Self.limit { entries.removeFirst() }
    }
  }
}
