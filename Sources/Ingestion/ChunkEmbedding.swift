import Chunking
import Embedding
import Store

/// Finds the vectors of chunks: those that are known of the same text, and the embedder's for the rest.
struct ChunkEmbedding: Sendable {
  let store: Store
  let embedder: Embedder

  /// Chunks embedded together: enough to keep all cores busy, few enough to show progress.
  static let batchChunkCount = 64

  struct Slice: Sendable {
    let tokens: Int
    let seconds: Double
    /// Of the chunks that had to be embedded, how many are, 0…1.
    let fraction: Double
  }

  /// The vectors by content hash; `nil` if it was cancelled.
  ///
  /// What takes more than two batches is staged as it grows: a stop in the middle of it loses one batch at most.
  ///
  /// - Parameters:
  ///   - stagesAll: Also what takes less.
  ///   - recent: Vectors that are known and may not be stored yet.
  func vectors(
    of chunks: [PendingChunk], stagesAll: Bool = false, recent: [[String: [Float]]] = [], known: (_ reusedCount: Int) -> Void,
    isCancelled: () -> Bool, embedded: (Slice) -> Void
  ) throws -> [String: [Float]]? {
    var vectors = try store.vectors(forContentHashes: chunks.map(\.contentHash), embedder: embedder.fingerprint)
    for chunk in chunks where vectors[chunk.contentHash] == nil {
      if let vector = recent.lazy.compactMap({ $0[chunk.contentHash] }).first { vectors[chunk.contentHash] = vector }
    }
    known(chunks.count { vectors[$0.contentHash] != nil })
    var queued = Set(vectors.keys)
    let missing = chunks.filter { queued.insert($0.contentHash).inserted }
    let isStaged = stagesAll || missing.count > 2 * Self.batchChunkCount
    for start in stride(from: 0, to: missing.count, by: Self.batchChunkCount) {
      if isCancelled() { return nil }
      let slice = missing[start..<min(start + Self.batchChunkCount, missing.count)]
      let begin = ContinuousClock.now
      let fresh = Dictionary(uniqueKeysWithValues: zip(slice.map(\.contentHash), try embedder.embed(slice.map(\.chunk.indexedText))))
      let seconds = begin.duration(to: .now) / .seconds(1)
      if isStaged { try store.stage(vectors: fresh, embedder: embedder.fingerprint) }
      vectors.merge(fresh) { known, _ in known }
      embedded(
        Slice(tokens: slice.reduce(0) { $0 + $1.chunk.tokenCount }, seconds: seconds, fraction: Double(slice.endIndex) / Double(missing.count)))
    }
    return vectors
  }
}
