import Chunking
import Documents
import Foundation
import GRDB

/// A row of `chunk c`.
struct ChunkRow {
  /// A statement that reads them fails at a row that is not as it was written.
  static let columns = """
    c.id, c.document_id, c.ordinal, c.text_start, c.text_end, c.record_name, c.title, c.heading_path, c.header, c.context, c.body, c.spans,
    c.content_hash, c.token_count, \(SealedTable.chunk.requireIntact("c"))
    """
  /// Columns that stand in front of what a query adds.
  static let columnCount = 15

  let id: Int64
  let documentID: Int64
  let ordinal: Int
  let textStart: Int
  let textEnd: Int
  let recordName: String?
  /// The record's, or the document's.
  let title: String?
  /// A JSON list.
  let headingPath: String
  let header: String
  let context: String?
  let body: String
  /// A JSON list.
  let spans: String
  let contentHash: String
  let tokenCount: Int

  init(_ row: Row) throws {
    id = try row.decode(atIndex: 0)
    documentID = try row.decode(atIndex: 1)
    ordinal = try row.decode(atIndex: 2)
    textStart = try row.decode(atIndex: 3)
    textEnd = try row.decode(atIndex: 4)
    recordName = try row.decode(atIndex: 5)
    title = try row.decode(atIndex: 6)
    headingPath = try row.decode(atIndex: 7)
    header = try row.decode(atIndex: 8)
    context = try row.decode(atIndex: 9)
    body = try row.decode(atIndex: 10)
    spans = try row.decode(atIndex: 11)
    contentHash = try row.decode(atIndex: 12)
    tokenCount = try row.decode(atIndex: 13)
  }

  func decodedHeadingPath(_ decoder: JSONDecoder) throws -> [String] {
    headingPath == "[]" ? [] : try decoder.decode([String].self, from: Data(headingPath.utf8))
  }

  func decodedSpans(_ decoder: JSONDecoder) throws -> [ChunkSpan] { try decoder.decode([ChunkSpan].self, from: Data(spans.utf8)) }
}

func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
