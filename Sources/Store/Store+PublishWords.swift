import DurableFiles
import Foundation
import GRDB
import Lexical

// Words are kept as a log-structured merge tree is (O'Neil et al. 1996): chunks that no file has become a new segment when there are enough, and
// segments of like size become one, so that a chunk's words are written a few times in all and a collection has a handful of files.

extension Store {
  /// Newer chunks from which on their words are written to a file; fewer are analysed anew when an index is opened (20 MB of text a second).
  package static let wordThreshold = 500

  /// Chunks whose words one file has at most: beyond, a collection has several, and writing one takes less than 1 GiB whatever the collection's size.
  package static let wordFileLimit = 1 << 20

  /// A segment is written anew when so many of its chunks are gone.
  private static let deadFraction = 0.15

  /// Brings the files of a collection's words up to date. New files are written beside the old ones, synced, and only then meant by rows.
  ///
  /// - Parameter makesAnew: Whether no file is used that is there, whatever it says of itself.
  func publishWords(_ collection: CollectionID, makesAnew: Bool = false) throws(StoreError) {
    let (known, new, hasDamagedRows) = try read("look at the words") { db in
      let rows = try WordSegmentRow.all(of: collection, db)
      let parts = try rows.map { row in
        let live = try ChunkLists.count(of: collection, after: row.firstChunkID, through: row.lastChunkID, db)
        return Part(
          row: row, first: row.firstChunkID, last: row.lastChunkID, liveCount: live,
          isRewritten: Double(row.count - live) > Self.deadFraction * Double(row.count))
      }
      let first = rows.last?.lastChunkID ?? 0
      let last = try Int64.fetchOne(db, sql: "SELECT max(id) FROM chunk WHERE collection_id = ?", arguments: [collection.rawValue]) ?? 0
      let newCount = try ChunkLists.count(of: collection, after: first, db)
      let new = Part(row: nil, first: first, last: last, liveCount: newCount, isRewritten: true)
      return (parts, new, try WordSegmentRow.count(of: collection, db) > rows.count)
    }

    // Segments are loaded when they are needed: those that are merged, and those whose file is damaged.
    var parts: [Part] = []
    for var part in known + (new.liveCount >= options.wordThreshold ? [new] : []) {
      if makesAnew || !isUsable(part) || part.isRewritten && part.liveCount > options.wordFileLimit { (part.row, part.isRewritten) = (nil, true) }
      parts += try part.row == nil ? pieces(of: part, in: collection) : [part]
    }
    let groups = SizeTiers.groups(of: parts.map(\.liveCount), limit: options.wordFileLimit).map { Array(parts[$0]) }
    guard hasDamagedRows || groups.contains(where: \.isWritten) else { return }
    do { try install(groups, in: collection) } catch { throw .wrapping(error, "write the words", path: wordFolder) }
  }

  /// A range of chunks as such of which no file is larger than it may be.
  private func pieces(of part: Part, in collection: CollectionID) throws(StoreError) -> [Part] {
    guard part.liveCount > options.wordFileLimit else { return [part] }
    let pieces = try read("divide the words") { db in
      try ChunkLists.pieces(of: collection, after: part.first, through: part.last, count: part.liveCount, sizeLimit: options.wordFileLimit, db)
    }
    return zip([part.first] + pieces.map(\.end), pieces).map { first, piece in
      Part(row: nil, first: first, last: piece.end, liveCount: piece.count, isRewritten: true)
    }
  }

  private func isUsable(_ part: Part) -> Bool {
    guard let row = part.row else { return true }
    do throws(DurableFileError) { _ = try loadWords(row) } catch {
      quarantineWords(row, error)
      return false
    }
    return true
  }

  private func install(_ groups: [[Part]], in collection: CollectionID) throws {
    try FileManager.default.createDirectory(atPath: wordFolder, withIntermediateDirectories: true)
    // The sequence of AUTOINCREMENT keeps its place when rows go: a name is never used twice.
    var number = try read("number the words") { db in
      try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'word_segment'") ?? 0
    }
    var newRows: [WordSegmentRow] = []
    for group in groups {
      guard group.isWritten, let first = group.first?.first, let last = group.last?.last else {
        newRows += group.compactMap(\.row)
        continue
      }
      let segment = try segment(of: group, in: collection)
      number += 1
      let file = "collection-\(collection.rawValue)-\(number).words"
      let checksum = try segment.save(to: wordPath(file)) { step in try self.options.failpoint(StoreStep(step)) }
      newRows.append(
        WordSegmentRow(number: number, file: file, firstChunkID: first, lastChunkID: last, count: segment.count, sha256: checksum))
    }
    try options.failpoint(.beforeGenerationRow)
    let old = try write("note the words") { db in
      let old = try String.fetchAll(db, sql: "DELETE FROM word_segment WHERE collection_id = ? RETURNING file", arguments: [collection.rawValue])
      for row in newRows { try row.insert(collection, db) }
      return old
    }
    try options.failpoint(.beforePruning)
    for file in Set(old).subtracting(newRows.map(\.file)) { unlink(wordPath(file)) }
  }

  /// The words of some parts that follow each other, as one segment without the dead.
  private func segment(of group: [Part], in collection: CollectionID) throws -> LexicalSegment {
    var segments: [WordSnapshot.Part] = []
    for part in group {
      if let row = part.row, let known = try? loadWords(row) {
        let alive = try read("look at the words") { db in
          try Int64.fetchAll(
            db, sql: "SELECT id FROM chunk WHERE collection_id = ? AND id > ? AND id <= ? ORDER BY id",
            arguments: [collection.rawValue, part.first, part.last])
        }
        segments.append((known, known.positions(of: alive[...])))
        continue
      }
      // In short transactions, so that the write-ahead log can be folded back meanwhile. Chunks in the range can only go in between, never come.
      var builder = LexicalSegmentBuilder()
      var first = part.first
      while first < part.last {
        let page = first
        let end = try pool.read { db in
          let end = try Int64.fetchOne(
            db, sql: "SELECT max(id) FROM (SELECT id FROM chunk WHERE collection_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT 4096)",
            arguments: [collection.rawValue, page, part.last])
          guard let end else { return part.last }
          try StoredWords.forEach(of: collection, after: page, through: end, db) { builder.add($0) }
          return end
        }
        first = end
      }
      segments.append((builder.finish(), nil))
    }
    return segments.count == 1 && segments[0].live == nil ? segments[0].segment : .merging(segments)
  }
}

/// A range of chunks whose words are, or will be, in one file.
private struct Part {
  /// `nil` for chunks that no file has.
  var row: WordSegmentRow?
  /// The chunks' keys are larger than `first` and at most `last`.
  var first: Int64
  var last: Int64
  var liveCount: Int
  var isRewritten: Bool
}

extension [Part] {
  /// Whether it becomes a new file.
  fileprivate var isWritten: Bool { count > 1 || contains(where: \.isRewritten) }
}
