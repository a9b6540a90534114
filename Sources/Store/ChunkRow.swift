import Chunking
import Documents
import Foundation
import GRDB

/// A row of `chunk`, checked.
struct ChunkRow {
  static let columns = """
    c.id, c.document_id, c.ordinal, c.text_start, c.text_end, c.record_name, c.title, c.heading_path, c.header, c.context, c.body, c.spans,
    c.content_hash, c.token_count, c.checksum
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

  /// Throws `index_corrupt` if the row is not what was written.
  init(_ row: Row) throws {
    do {
      self = try ChunkRow(unchecked: row)
      guard checksum == (try row.decode(Int64.self, atIndex: 14)), textStart <= textEnd else { throw Damage() }
    } catch {
      let id = try? row.decode(Int64.self, atIndex: 0)
      throw StoreError.damagedRow("passage \(id.map { "\($0)" } ?? "without a number")")
    }
  }

  init(unchecked row: Row) throws {
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

  init(id: Int64, document: Int64, _ embedded: EmbeddedChunk) throws {
    let chunk = embedded.chunk
    self.id = id
    documentID = document
    ordinal = chunk.ordinal
    textStart = chunk.textRange.lowerBound
    textEnd = chunk.textRange.upperBound
    recordName = chunk.record?.name
    title = chunk.record?.title ?? chunk.title
    headingPath = try json(chunk.headingPath)
    header = chunk.header
    context = chunk.context
    body = chunk.text
    spans = try json(chunk.spans)
    contentHash = embedded.contentHash
    tokenCount = chunk.tokenCount
  }

  private struct Damage: Error {}

  /// Of everything that is shown of the passage or found by it; not of its own key, which is given last.
  var checksum: Int64 {
    var checksum = RowChecksum()
    for number in [documentID, Int64(ordinal), Int64(textStart), Int64(textEnd), Int64(tokenCount)] { checksum.add(number) }
    for text in [recordName, title, headingPath, header, context, body, spans, contentHash] { checksum.add(text) }
    return checksum.value
  }

  /// In the order of `columns`, without the key.
  var arguments: StatementArguments {
    [
      documentID, ordinal, textStart, textEnd, recordName, title, headingPath, header, context, body, spans, contentHash, tokenCount, checksum,
    ]
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
