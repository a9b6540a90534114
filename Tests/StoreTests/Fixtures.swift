import Chunking
import Documents
import Foundation
import GRDB
import Store
import Synchronization

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-store-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

let embedder = EmbedderIdentity(fingerprint: "test-embedder", dimension: 16)

/// A unit vector that depends on the seed alone.
func vector(seed: UInt64, dimension: Int = 16) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  let raw = (0..<dimension).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(state >> 40) / Float(1 << 24) - 0.5
  }
  let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
  return raw.map { $0 / length }
}

let queries = (100..<120).map { vector(seed: UInt64($0)) }

func version(_ path: String, sha256: String = "00", root: String = "/docs", title: String? = nil) -> DocumentVersion {
  DocumentVersion(root: root, path: path, sha256: sha256, byteCount: 10, modificationTime: 1, format: "text", title: title)
}

func chunk(_ text: String, ordinal: Int = 0, title: String? = nil, headings: [String] = [], context: String? = nil, record: RecordIdentity? = nil)
  -> Chunk
{
  Chunk(
    ordinal: ordinal, textRange: 0..<text.utf8.count, text: text, title: title, headingPath: headings, context: context, record: record,
    spans: [ChunkSpan(offset: 0, source: SourceSpan(byteRange: 0..<text.utf8.count, lines: 1...1))], tokenCount: 3)
}

/// A chunk whose vector depends on its text alone.
func embedded(_ text: String, ordinal: Int = 0, title: String? = nil, headings: [String] = [], record: RecordIdentity? = nil) -> EmbeddedChunk {
  let chunk = chunk(text, ordinal: ordinal, title: title, headings: headings, record: record)
  return EmbeddedChunk(chunk: chunk, contentHash: "hash of \(chunk.indexedText)", vector: vector(seed: stableSeed(chunk.indexedText)))
}

/// FNV-1a: `hashValue` differs between processes.
func stableSeed(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

extension Store {
  /// Stores one document of several texts.
  func put(_ path: String, _ texts: [String], in collection: CollectionID, sha256: String = "00") throws {
    try replace(version(path, sha256: sha256), with: texts.enumerated().map { embedded($1, ordinal: $0) }, in: collection)
  }

  /// Ten documents of ten chunks, or so many.
  func fill(_ collection: CollectionID, documents: Range<Int> = 0..<10) throws {
    for document in documents { try put("d\(document)", (0..<10).map { "text \(document) \($0)" }, in: collection) }
  }

  /// What is found for each of `queries`.
  func answers(in collection: CollectionID) throws -> [[ScoredChunk]] { try queries.map { try denseSearch($0, limit: 10, in: collection) } }

  /// Notes that a file could not be read.
  func putFailure(_ path: String, _ reason: String, in collection: CollectionID, sha256: String = "00") throws {
    try apply([FileChange(version(path, sha256: sha256), .failed(code: "document_malformed"), reason: reason)], in: collection)
  }

  /// The texts of scored chunks, in their order.
  func texts(_ scored: [ScoredChunk]) throws -> [String] {
    let chunks = try chunks(scored.map(\.chunkID))
    return scored.compactMap { chunks[$0.chunkID]?.text }
  }
}

/// The first column of a statement's rows, from a connection beside the store's.
func query(_ folder: TemporaryFolder, _ sql: String) throws -> [String] {
  var configuration = Configuration()
  configuration.readonly = true
  return try DatabaseQueue(path: folder.path + "/index.sqlite", configuration: configuration).read { db in try String.fetchAll(db, sql: sql) }
}

/// Changes the database behind the store's back.
func change(_ folder: TemporaryFolder, _ sql: String) throws {
  var configuration = Configuration()
  configuration.foreignKeysEnabled = false
  try DatabaseQueue(path: folder.path + "/index.sqlite", configuration: configuration).write { db in try db.execute(sql: sql) }
}

/// Flips a bit in the middle of a file.
func flipMiddle(of path: String) throws {
  var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
  bytes[bytes.count / 2] ^= 1
  try bytes.write(to: URL(fileURLWithPath: path))
}

/// A switch that a failpoint looks at.
final class Flag: Sendable {
  private let state = Mutex(false)
  var value: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}

/// Counts from 1, for failpoints that let some through.
final class Counter: Sendable {
  private let state = Mutex(0)
  func next() -> Int {
    state.withLock { count in
      count += 1
      return count
    }
  }
}
