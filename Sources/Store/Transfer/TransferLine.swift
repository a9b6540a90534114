import Chunking
import Documents
import Foundation

/// One line of an exported collection: a JSON object with one of these keys.
///
/// The first line is the collection; a document is followed by its chunks, then by the files that share it; the last line counts what came before and has its
/// checksum, so that a file which was cut off or changed is told from a whole one.
struct TransferLine: Codable {
  static let version = 1

  struct Collection: Codable {
    var version: Int
    var name: String
    var embedder: EmbedderIdentity
    var chunker: String
    var denseWeight: Double?

    enum CodingKeys: String, CodingKey {
      case version, name, embedder, chunker
      case denseWeight = "dense_weight"
    }
  }

  struct Document: Codable {
    var root: String
    var path: String
    var sha256: String
    var bytes: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    var format: String
    var title: String?
    var language: String?
    var metadata: [String: [String]]
    /// Lines of chunks that follow.
    var chunks: Int
  }

  struct StoredChunk: Codable {
    var ordinal: Int
    /// UTF-8 offsets into the document's text: first, and behind the last.
    var range: [Int]
    var text: String
    var title: String?
    var headings: [String]
    var context: String?
    var record: RecordIdentity?
    var spans: [ChunkSpan]
    var tokens: Int
    /// 32-bit floats, little-endian, in Base64.
    var vector: Data
  }

  struct File: Codable {
    var root: String
    var path: String
    var sha256: String
    var bytes: Int64
    var modified: Int64
    var state: FileState
    var code: String?
    var reason: String?
    /// Whether it shares the document before it.
    var shares: Bool
  }

  struct End: Codable {
    var documents: Int
    var chunks: Int
    var files: Int
    /// Lines before this one.
    var lines: Int
    /// SHA-256 of those lines, each with its line feed; other programs may leave it out.
    var sha256: String?
  }

  var collection: Collection?
  var document: Document?
  var chunk: StoredChunk?
  var file: File?
  var end: End?
}
