import GRDB
import Synchronization

extension Store {
  /// The chunks of the documents that a filter lets through; `nil` for a filter that lets all through.
  ///
  /// What was found is kept until the collection changes: pages of results, and both indexes, ask for the same.
  package func chunks(passing filter: DocumentFilter, in collection: CollectionID) throws(StoreError) -> ChunkSet? {
    guard !filter.isEmpty else { return nil }
    return try read("filter documents") { db in
      let sequence = try Int64.fetchOne(
        db.cachedStatement(sql: "SELECT sequence FROM collection WHERE id = ?"), arguments: [collection.rawValue])
      guard let sequence else { throw StoreError.noSuchCollection(collection) }
      let key = FilteredChunks.Key(collection: collection, sequence: sequence, filter: filter)
      if let known = filteredChunks.withLock({ $0[key] }) { return known }
      try filter.addFunctions(to: db)
      let scan = filter.makeScan()
      scan.addFunction(to: db)
      let set = ChunkSet(try Self.passingChunks(filter.chunkQuery(in: collection), db))
      try scan.requireWhole(db)
      filteredChunks.withLock { $0[key] = set }
      return set
    }
  }

  /// A chunk under the names of those files alone that pass a filter: files that share its document are not to be shown by what does not ask for them.
  package func named(_ chunk: StoredChunk, by filter: DocumentFilter) throws(StoreError) -> StoredChunk {
    guard !chunk.otherPaths.isEmpty, let query = filter.fileQuery(ofDocument: chunk.documentID, limit: StoredChunk.otherPathLimit + 1) else {
      return chunk
    }
    return try read("list the files of a document") { db in
      try filter.addFunctions(to: db)
      let files: [(root: String, path: String)] = try query.fetchAll(db).map { try ($0.decode(atIndex: 0), $0.decode(atIndex: 1)) }
      guard let first = files.first else { return chunk }
      var named = chunk
      if chunk.document.utf8.elementsEqual(chunk.path.utf8) { named.document = first.path }
      (named.root, named.path) = first
      named.otherPaths = files.dropFirst().map(\.path)
      return named
    }
  }

  /// The keys that a filter's query gives, rising, each once.
  private static func passingChunks(_ query: SQLRequest<Row>, _ db: Database) throws -> [Int64] {
    var ids: [Int64] = []
    var expectedCount = 0
    var last: Int64?
    let rows = try query.fetchCursor(db)
    while let row = try rows.next() {
      let passed: Int64 = row[0]
      if passed != last { expectedCount += row[1] as Int }
      last = passed
      if let id = row[2] as Int64? { ids.append(id) }
    }
    guard ids.count == expectedCount else { throw StoreError.damagedList(by: "document", found: ids.count, expected: expectedCount) }
    ids.sort()
    return ids.reduce(into: []) { unique, id in if unique.last != id { unique.append(id) } }
  }
}

/// The last few filters' chunks.
struct FilteredChunks: Sendable {
  struct Key: Hashable {
    let collection: CollectionID
    let sequence: Int64
    let filter: DocumentFilter
    /// Two paths may be the same text and not the same bytes, which is what they are compared by.
    let paths: [[UInt8]]

    init(collection: CollectionID, sequence: Int64, filter: DocumentFilter) {
      (self.collection, self.sequence, self.filter) = (collection, sequence, filter)
      paths = filter.paths.map { Array($0.utf8) }
    }
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
