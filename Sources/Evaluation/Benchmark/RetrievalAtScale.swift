package import Embedding
import Chunking
import Crypto
import Documents
import Foundation
import Inference
import Retrieval
import Store

/// Whole retrieval among many chunks: a question's way from its text to the best passages, its embedding included.
///
/// The index is a real one, of given texts. Embedding a million of them would take hours, and what is measured does not depend on what vectors mean,
/// only on how they lie: the first texts have their own vectors, the others normalised mixtures of two of those, drawn with one seed.
package struct RetrievalAtScale {
  private static let embeddedCount = 20_000
  private static let chunksOfDocument = 500
  private static let batchCount = 64

  private let store: Store
  private let embedder: Embedder

  /// - Parameters:
  ///   - directory: Of the index; one that holds chunks already is measured as it is.
  ///   - textsPath: A chunk's text a line.
  package init(
    directory: String, textsPath: String, count: Int, embedder: Embedder, progress: (_ done: Int, _ total: Int) -> Void
  ) throws {
    self.embedder = embedder
    let isFilled =
      try FileManager.default.fileExists(atPath: directory + "/index.sqlite")
      && !Store.open(directory: directory, access: .reading)
        .collections().isEmpty
    if !isFilled { try Self.fill(directory, textsPath, count, embedder, progress) }
    store = try Store.open(directory: directory, access: .reading)
  }

  private static func fill(
    _ directory: String, _ textsPath: String, _ count: Int, _ embedder: Embedder, _ progress: (Int, Int) -> Void
  ) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: textsPath), options: .alwaysMapped)
    } catch {
      throw EvaluationError.text(textsPath, error.localizedDescription)
    }
    let store = try Store.open(directory: directory, access: .writing)
    let collection = try store.createCollection(
      named: "default", embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension))
    var random = SplitMix64(seed: 1)
    var embedded: [[Float]] = []
    var pending: [String] = []
    var done = 0
    func add(_ texts: [String]) throws {
      let vectors: [[Float]]
      if embedded.count < embeddedCount {
        vectors = try stride(from: 0, to: texts.count, by: batchCount).flatMap {
          try embedder.embed(Array(texts[$0..<min($0 + batchCount, texts.count)]))
        }
        embedded += vectors
      } else {
        vectors = texts.map { _ in mixture(embedded, &random) }
      }
      let version = DocumentVersion(
        root: "/texts", path: "texts-\(done / chunksOfDocument).txt", sha256: "\(done)", byteCount: 0, modificationTime: 0,
        format: DocumentFormat.plainText.rawValue, title: nil, language: "en")
      let chunks = zip(texts, vectors).enumerated().map { ordinal, pair in
        EmbeddedChunk(
          chunk: Chunk(
            ordinal: ordinal, textRange: 0..<0, text: pair.0, title: nil, headingPath: [], context: nil, record: nil,
            spans: [ChunkSpan(offset: 0, source: SourceSpan(lines: (ordinal + 1)...(ordinal + 1)))], tokenCount: 0),
          contentHash: SHA256.hash(data: Data(pair.0.utf8)).map { String($0, radix: 16) }.joined(), vector: pair.1)
      }
      try store.replace(version, with: chunks, in: collection.id)
      done += texts.count
      progress(done, count)
    }
    for line in data.split(separator: UInt8(ascii: "\n"), maxSplits: count, omittingEmptySubsequences: true).prefix(count) {
      pending.append(String(decoding: line, as: UTF8.self))
      guard pending.count == chunksOfDocument else { continue }
      try add(pending)
      pending = []
    }
    if !pending.isEmpty { try add(pending) }
    try store.publish(collection.id)
  }

  private static func mixture(_ vectors: [[Float]], _ random: inout SplitMix64) -> [Float] {
    let (first, second) = (vectors[Int.random(in: vectors.indices, using: &random)], vectors[Int.random(in: vectors.indices, using: &random)])
    let mixed = zip(first, second).map { 0.8 * $0 + 0.4 * $1 + Float.random(in: -0.01...0.01, using: &random) }
    let length = mixed.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return mixed.map { $0 / length }
  }

  /// Seconds of each question's search, after `warmUp` others.
  ///
  /// - Parameter paths: Patterns that documents have to fit; the first search finds out which do.
  package func measure(_ questions: [String], warmUp: Int = 20, paths: [String] = []) throws -> [Double] {
    let retriever = Retriever(store: store, embedder: embedder)
    var options = SearchOptions()
    options.filter.paths = paths
    for question in questions.prefix(warmUp) { _ = try retriever.search(question, options) }
    return try questions.map { question in
      let start = ContinuousClock.now
      _ = try retriever.search(question, options)
      return start.duration(to: .now) / .seconds(1)
    }
  }

  /// Chunks in the index.
  package var count: Int { get throws { try store.collections().reduce(0) { $0 + $1.chunkCount } } }
}
