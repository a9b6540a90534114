import Chunking
import Crypto
import Documents
import Foundation
import Store

/// The chunks of a document that is too large for all of them to be held with their vectors: some after the others, the same with every pass.
struct ChunkSlices {
  /// Chunks given out together.
  static let chunkCount = 1024
  /// Documents of more chunks than this are taken slice by slice.
  static let largeChunkCount = 4096

  /// Calls its argument with chunks, and how much of the document is done with them, 0…1.
  let forEach: (_ body: ([PendingChunk], Double) throws -> Void) throws -> Void

  /// Chunks that are held.
  init(_ chunks: [PendingChunk]) {
    forEach = { body in
      for start in stride(from: 0, to: chunks.count, by: Self.chunkCount) {
        let end = min(start + Self.chunkCount, chunks.count)
        try body(Array(chunks[start..<end]), Double(end) / Double(chunks.count))
      }
    }
  }

  /// The chunks of a stored document.
  init(ofDocument id: Int64, count: Int, in store: Store) {
    forEach = { body in
      var done = 0
      try store.forEachChunkBatch(ofDocument: id, size: Self.chunkCount) { chunks in
        done += chunks.count
        try body(chunks.map { PendingChunk(chunk: $0.chunk) }, Double(done) / Double(max(1, count)))
      }
    }
  }

  /// The chunks of a long text, which is read again with every pass.
  init(of file: HashedFile, chunker: Chunker) {
    forEach = { body in
      var hash = SHA256()
      var parts = file.parted.parts()
      var place = ChunkPlace()
      var before = 0.0
      while let part = try parts.next(consumed: { hash.update(data: $0) }) {
        let chunks = chunker.chunks(of: part, after: &place).map { PendingChunk(chunk: $0) }
        let after = Double(parts.offset) / Double(file.parted.byteCount)
        try ChunkSlices(chunks).forEach { slice, fraction in try body(slice, before + fraction * (after - before)) }
        before = after
      }
      hash.update(data: file.metadata)
      // What was embedded of one content must not be stored as that of another.
      guard hexadecimal(hash.finalize()) == file.sha256 else { throw DocumentError.changed(file.parted.path) }
    }
  }
}

/// A long text with what its content was when it was first read.
struct HashedFile: Sendable {
  let parted: PartedFile
  /// What is said about it beside it.
  let metadata: Data
  /// Of both.
  let sha256: String

  init(_ parted: PartedFile, metadata: Data) throws(DocumentError) {
    self.parted = parted
    self.metadata = metadata
    var hash = SHA256()
    try parted.forEachPiece { hash.update(data: $0) }
    hash.update(data: metadata)
    sha256 = hexadecimal(hash.finalize())
  }
}
