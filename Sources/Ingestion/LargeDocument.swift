import Documents
import Embedding
import Store

/// A document that is embedded slice by slice, each of which is staged, and then stored in one transaction that takes the slices again: memory holds one
/// slice, a stop loses a batch, and searches see all of it or nothing.
struct LargeDocument {
  /// For errors.
  let path: String
  let slices: ChunkSlices
  let embedding: ChunkEmbedding
  let isCancelled: () -> Bool

  /// Sees to it that every chunk's vector is known or staged.
  ///
  /// - Parameter embedded: Is told what was embedded, and how much of the document is done.
  /// - Returns: How many chunks there are.
  func embed(known: (_ reusedCount: Int) -> Void = { _ in }, embedded: (ChunkEmbedding.Slice) -> Void) throws -> Int {
    var (count, done) = (0, 0.0)
    try slices.forEach { chunks, fraction in
      let vectors = try embedding.vectors(of: chunks, stagesAll: true, known: known, isCancelled: isCancelled) { slice in
        embedded(ChunkEmbedding.Slice(tokens: slice.tokens, seconds: slice.seconds, fraction: done + slice.fraction * (fraction - done)))
      }
      if vectors == nil || isCancelled() { throw IngestionError.cancelled }
      count += chunks.count
      done = fraction
    }
    return count
  }

  /// The chunks with the vectors that `embed` has left.
  ///
  /// - Parameter stop: What it throws, before the store wraps it.
  func stream(count: Int, stop: @escaping (any Error) -> Void) -> ChunkStream {
    ChunkStream(count: count) { body in
      do {
        try slices.forEach { chunks, _ in
          if isCancelled() { throw IngestionError.cancelled }
          let vectors = try embedding.store.vectors(forContentHashes: chunks.map(\.contentHash), embedder: embedding.embedder.fingerprint)
          // A text that is not the one that was embedded.
          guard let embedded = chunks.embedded(with: vectors) else { throw DocumentError.changed(path) }
          try body(embedded)
        }
      } catch {
        stop(error)
        throw error
      }
    }
  }
}
