import DurableFiles
import GRDB
import Lexical
import Synchronization

/// A collection's words, as of one sequence number: the files' segments, and in memory those of newer chunks.
struct WordSnapshot: Sendable {
  typealias Part = (segment: LexicalSegment, live: PositionSet?)

  /// The collection's last change that it knows.
  var sequence: Int64 = -1
  /// The rows that the first segments came from.
  var rows: [WordSegmentRow] = []
  /// One for each row, and then those of newer chunks.
  var parts: [Part] = []
  var lastChunkID: Int64 = 0
  var index = LexicalIndex([])
  /// Another one with every new state: what was made for an index fits no other.
  var identity = Identity()

  final class Identity: Sendable {}

  /// Whether a file that is read from has been changed under it: then nothing that it says counts any more.
  var isDisturbed: Bool { parts.contains { $0.segment.isDisturbed } }
}

/// Keeps a collection's words in memory and brings them up to date with the database before they are used.
final class WordCache: Sendable {
  private let collection: CollectionID
  private let current = Mutex(WordSnapshot())

  /// Segments in memory that are searched one by one before they become one.
  private static let segmentLimit = 8

  init(collection: CollectionID) { self.collection = collection }

  /// The snapshot of now: what the transaction sees, or newer.
  ///
  /// - Parameter load: Gives a row's segment, or `nil` when its file is of no use: then it is made anew, in memory.
  func refreshed(_ db: Database, load: (WordSegmentRow) throws -> LexicalSegment?) throws -> WordSnapshot {
    let row = try Row.fetchOne(
      db.cachedStatement(sql: "SELECT sequence, removal_sequence FROM collection WHERE id = ?"), arguments: [collection.rawValue])
    guard let row else { throw StoreError.noSuchCollection(collection) }
    let (sequence, removalSequence): (Int64, Int64) = try (row.decode(atIndex: 0), row.decode(atIndex: 1))
    let rows = try WordSegmentRow.all(of: collection, db)

    // Held while loading: two searches that start together load once.
    return try current.withLock { snapshot in
      if snapshot.isDisturbed { snapshot = WordSnapshot() }
      if snapshot.sequence >= sequence, rows == snapshot.rows || sequence < snapshot.sequence { return snapshot }
      var next = snapshot
      var hasDead = removalSequence > next.sequence
      if rows != next.rows {
        let known = Dictionary(zip(next.rows.map(\.number), next.parts)) { first, _ in first }
        next = WordSnapshot(rows: rows)
        for row in rows {
          let segment = try known[row.number]?.segment ?? load(row)
          try next.parts.append((segment ?? StoredWords.segment(of: collection, after: next.lastChunkID, through: row.lastChunkID, db), nil))
          next.lastChunkID = row.lastChunkID
        }
        hasDead = true
      }
      if hasDead { try markDead(in: &next, db) }
      let new = try StoredWords.segment(of: collection, after: next.lastChunkID, db)
      if let last = new.ids.last {
        next.parts.append((new, nil))
        next.lastChunkID = last
      }
      try ChunkLists.requireWhole(collection, found: next.parts.reduce(0) { $0 + ($1.live?.count ?? $1.segment.count) }, db)
      if next.parts.count - rows.count > Self.segmentLimit {
        let recent = LexicalSegment.merging(Array(next.parts[rows.count...]))
        next.parts = next.parts.prefix(rows.count) + [(recent, nil)]
      }
      next.index = LexicalIndex(next.parts.filter { $0.segment.count > 0 })
      next.sequence = sequence
      next.identity = WordSnapshot.Identity()
      snapshot = next
      return next
    }
  }

  /// Forgets everything: the next search loads anew.
  func reset() { current.withLock { $0 = WordSnapshot() } }

  /// The database alone says which chunks there are.
  private func markDead(in snapshot: inout WordSnapshot, _ db: Database) throws {
    let alive = try ChunkLists.ids(of: collection, through: snapshot.lastChunkID, db)
    var start = 0
    snapshot.parts = snapshot.parts.map { part in
      guard let last = part.segment.ids.last else { return part }
      var end = start
      while end < alive.count, alive[end] <= last { end += 1 }
      defer { start = end }
      return (part.segment, part.segment.positions(of: alive[start..<end]))
    }
  }
}

extension LexicalSegment {
  /// The positions of chunks that are alive; `nil` when all are.
  ///
  /// - Parameter alive: Rising.
  func positions(of alive: ArraySlice<Int64>) -> PositionSet? {
    let ids = ids
    var set = PositionSet(positionCount: ids.count)
    var next = alive.startIndex
    var found = 0
    for (position, id) in ids.enumerated() {
      while next < alive.endIndex, alive[next] < id { next += 1 }
      guard next < alive.endIndex else { break }
      guard alive[next] == id else { continue }
      set[position] = true
      found += 1
    }
    return found == ids.count ? nil : set
  }
}
