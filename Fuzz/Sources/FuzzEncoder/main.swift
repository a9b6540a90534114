import Embedding
import FuzzInput
import Inference

private let pool = ComputePool(threadCount: 1)
private let texts = ["it's the clock", "", "o'clock né 1 2 3 the the the the the the the the the the the the the the the the"]

/// Any bytes as an encoder in GGUF: it is refused with an error, or it makes vectors, or says that what it makes are no numbers. A text's vector
/// does not depend on those beside it.
Fuzzing.run { path in
  for precision in EmbeddingPrecision.allCases {
    guard let embedder = try? Embedder(path: path, precision: precision, pool: pool) else { return }
    guard let vectors = try? embedder.embed(texts) else { continue }
    precondition(vectors.count == texts.count && vectors.allSatisfy { $0.count == embedder.dimension }, "a vector for each text")
    for (text, vector) in zip(texts, vectors) {
      precondition(try! embedder.embed([text])[0].map(\.bitPattern) == vector.map(\.bitPattern), "company changes a vector")
    }
  }
}
