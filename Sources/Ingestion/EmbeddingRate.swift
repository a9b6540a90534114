import Chunking
package import Embedding
package import Store

/// How fast the embedder alone is on the passages of a collection: what ingestion could reach if reading, cutting and storing took no time.
package struct EmbeddingRate: Sendable {
  package let tokens: Int
  package let seconds: Double

  package init(of collection: CollectionID, in store: Store, embedder: Embedder) throws {
    var texts: [String] = []
    var tokens = 0
    for document in Set(try store.ledger(of: collection).compactMap(\.documentID)).sorted() {
      for embedded in try store.content(ofDocument: document)?.chunks ?? [] {
        texts.append(embedded.chunk.indexedText)
        tokens += embedded.chunk.tokenCount
      }
    }
    let size = ChunkEmbedding.batchChunkCount
    _ = try embedder.embed(Array(texts.prefix(size)))
    let start = ContinuousClock.now
    for first in stride(from: 0, to: texts.count, by: size) { _ = try embedder.embed(Array(texts[first..<min(first + size, texts.count)])) }
    self.tokens = tokens
    seconds = start.duration(to: .now) / .seconds(1)
  }
}
