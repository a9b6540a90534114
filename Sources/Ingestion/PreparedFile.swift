import Chunking
import Documents
import Foundation
import Store

/// A file that was looked at.
struct PreparedFile: Sendable {
  enum Outcome: Sendable {
    /// It waits for vectors.
    case read([PendingChunk])
    /// It is too long to be held, and is read when its turn comes.
    case long(LongFile)
    case sameAs(root: String, path: String)
    case unchanged
    case failed(code: String, reason: String)
    case skipped(reason: String)
    /// It was deleted after the walk.
    case vanished
  }

  var file: WalkedFile
  var version: DocumentVersion
  var outcome: Outcome
  /// Parts of it that were not read, and what is wrong with what stands beside it.
  var omissions: [(problem: IngestReport.Problem, isFailure: Bool)] = []
  /// Seconds that reading took.
  var seconds = 0.0

  /// What the ledger says of a document that is done and has omissions.
  var remark: String? {
    guard let first = omissions.first else { return nil }
    return omissions.count == 1
      ? "\(first.problem.path) was not read: \(first.problem.reason)"
      : "\(omissions.count) parts were not read, the first of them \(first.problem.path): \(first.problem.reason)"
  }

  /// Bytes of text that wait. Nothing waits behind a file that is still to be read.
  var weight: Int {
    switch outcome {
    case .read(let chunks): chunks.reduce(64) { $0 + $1.chunk.text.utf8.count }
    case .long: .max / 2
    default: 64
    }
  }

  /// Whether its chunks and their vectors are too many to be held together.
  var isLarge: Bool {
    if case .long = outcome { true } else { chunks.count > ChunkSlices.largeChunkCount }
  }

  /// Tokens of the text that waits.
  var tokenCount: Int { chunks.reduce(0) { $0 + $1.chunk.tokenCount } }

  var chunks: [PendingChunk] {
    if case .read(let chunks) = outcome { chunks } else { [] }
  }
}

struct PendingChunk: Sendable {
  let chunk: Chunk
  let contentHash: String

  init(chunk: Chunk) {
    self.chunk = chunk
    contentHash = EmbeddedChunk.contentHash(of: chunk)
  }
}

extension [PendingChunk] {
  /// With their vectors, which are given by content hash; `nil` if one of them has none.
  func embedded(with vectors: [String: [Float]]) -> [EmbeddedChunk]? {
    var chunks: [EmbeddedChunk] = []
    chunks.reserveCapacity(count)
    for pending in self {
      guard let vector = vectors[pending.contentHash] else { return nil }
      chunks.append(EmbeddedChunk(chunk: pending.chunk, contentHash: pending.contentHash, vector: vector))
    }
    return chunks
  }
}

/// What tells one content from another: the same bytes under names of another kind may be read in another way.
struct ContentKey: Hashable {
  let sha256: String
  let kind: String

  init(_ entry: LedgerEntry) { self.init(sha256: entry.sha256, path: entry.path) }

  init(sha256: String, path: String) {
    self.sha256 = sha256
    let name = (path as NSString).lastPathComponent
    let suffix = (name as NSString).pathExtension
    kind = suffix.isEmpty ? name : suffix.lowercased()
  }
}
