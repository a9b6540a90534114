import Chunking
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
  init(of file: LongFile, with reading: any FileReading, isCancelled: @escaping () -> Bool) {
    forEach = { body in
      var before = 0.0
      try reading.forEachPart(of: file, isCancelled: isCancelled) { chunks, after in
        let slices = ChunkSlices(chunks.map { PendingChunk(chunk: $0) })
        try slices.forEach { slice, fraction in try body(slice, before + fraction * (after - before)) }
        before = after
      }
    }
  }
}
