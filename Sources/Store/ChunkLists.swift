import GRDB

/// SQLite's own lists of chunks, by collection and by document, which carry no checksums.
enum ChunkLists {
  /// Sees to it that the list by collections led to every chunk of one: where a bit is flipped in it, a walk ends early and says nothing.
  ///
  /// It takes as long as to count all chunks.
  ///
  /// - Parameter found: How many chunks of the collection are known from the list.
  static func requireWhole(_ collection: CollectionID, found: Int, _ db: Database) throws {
    let listed = "SELECT count(*) FROM chunk INDEXED BY chunk_collection WHERE collection_id = collection.id"
    let counts = try Row.fetchOne(
      db,
      sql: """
        SELECT (SELECT coalesce(sum((\(listed))), 0) FROM collection WHERE id <> ?), (SELECT count(*) FROM chunk INDEXED BY chunk_document)
        """, arguments: [collection.rawValue])
    guard let counts else { return }
    let (others, all): (Int, Int) = (counts[0], counts[1])
    guard found + others == all else { throw StoreError.damagedList(by: "collection", found: found + others, expected: all) }
  }

  /// The keys of a collection's chunks up to one, rising.
  static func ids(of collection: CollectionID, through last: Int64, _ db: Database) throws -> [Int64] {
    let ids = try Int64.fetchAll(
      db, sql: "SELECT id FROM chunk INDEXED BY chunk_collection WHERE collection_id = ? AND id <= ? ORDER BY id",
      arguments: [collection.rawValue, last])
    var order = Order()
    for id in ids { try order.take(id) }
    return ids
  }

  /// How many chunks there are whose keys are larger than `first`, and at most `last`.
  static func count(of collection: CollectionID, after first: Int64, through last: Int64 = .max, _ db: Database) throws -> Int {
    try Int.fetchOne(
      db, sql: "SELECT count(*) FROM chunk WHERE collection_id = ? AND id > ? AND id <= ?", arguments: [collection.rawValue, first, last]) ?? 0
  }

  /// The last keys, rising, of pieces that some chunks are divided into, with how many are in each: like many, and not more than `sizeLimit`.
  ///
  /// - Parameters:
  ///   - first: The chunks' keys are larger than this, and at most `last`, which ends the last piece.
  ///   - count: How many chunks there are.
  static func pieces(
    of collection: CollectionID, after first: Int64, through last: Int64, count: Int, sizeLimit: Int, _ db: Database
  ) throws -> [(end: Int64, count: Int)] {
    guard count > 0 else { return [] }
    let pieces = (count - 1) / sizeLimit + 1
    var found: [(end: Int64, count: Int)] = []
    for piece in 1...pieces {
      let size = count * piece / pieces - count * (piece - 1) / pieces
      guard piece < pieces else {
        found.append((last, size))
        break
      }
      let end = try Int64.fetchOne(
        db, sql: "SELECT id FROM chunk WHERE collection_id = ? AND id > ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?",
        arguments: [collection.rawValue, found.last?.end ?? first, last, size - 1])
      if let end { found.append((end, size)) }
    }
    return found
  }

  /// Sees that keys rise, as those of a sound list do.
  struct Order {
    private var last = Int64.min

    mutating func take(_ id: Int64) throws(StoreError) {
      guard id > last else { throw StoreError.damagedRow("the list of passages by collection") }
      last = id
    }
  }
}
