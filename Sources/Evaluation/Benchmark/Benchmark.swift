package import Embedding
import Foundation
package import Inference
import Ingestion
import Retrieval
import Store

/// Measures the whole path on this machine: embedding, ingestion, search, prefill and decode.
///
/// Corpus: a folder of documents (Quarry's manual by default), ingested into a temporary index. Embedding: 16 texts of 128 tokens, and one of
/// 16. Generation: 512 tokens read, 64 written. Medians; peers run in the same call, one after the other, with as many threads.
package struct Benchmark {
  let embedder: Embedder
  let model: LanguageModel
  let documents: String
  let peer: PeerProcess?

  package init(embedder: Embedder, model: LanguageModel, documents: String, peer: PeerProcess?) {
    self.embedder = embedder
    self.model = model
    self.documents = documents
    self.peer = peer
  }

  /// - Parameter stage: Called with the name of what is measured next.
  package func run(stage: (String) -> Void) throws -> BenchmarkReport {
    stage("peers")
    let peers = try measurePeers()

    stage("embedding")
    // Each made-up word is one token, so that a text has just the tokens that are wanted.
    let batch = [String](repeating: String(repeating: "a ", count: 126), count: 16)
    let batchSeconds = try median(of: 5) { try seconds { _ = try embedder.embed(batch) } }
    let query = String(repeating: "a ", count: 14)
    let querySeconds = try median(of: 21) { try seconds { _ = try embedder.embed([query]) } }
    var figures = [
      BenchmarkReport.Figure(
        "embedding, 16 × 128 tokens", 16 * 128 / batchSeconds, "tokens/s", bar: 3000, peer: "ONNX Runtime",
        peerValue: peers.map { 16 * 128 / $0.batchSeconds }),
      BenchmarkReport.Figure(
        "embedding, one query of 16 tokens", querySeconds * 1000, "ms", lowerIsBetter: true, peer: "ONNX Runtime",
        peerValue: peers.map { $0.querySeconds * 1000 }),
    ]

    stage("ingest and search")
    figures += try ingestAndSearch()

    stage("generation")
    let runs = (0..<3).map { _ in model.measure(promptTokenCount: 512, decodeTokenCount: 64) }
    figures += [
      BenchmarkReport.Figure(
        "prefill, 512 tokens", 512 / median(runs.map(\.prefillSeconds)), "tokens/s", bar: 300, peer: "llama.cpp",
        peerValue: peers.map { 512 / $0.prefillSeconds }),
      BenchmarkReport.Figure(
        "decode, 64 tokens after 512", 64 / median(runs.map(\.decodeSeconds)), "tokens/s", bar: 60, peer: "llama.cpp",
        peerValue: peers.map { 64 / $0.decodeSeconds }),
    ]
    return BenchmarkReport(machine: BenchmarkReport.machineDescription, figures: figures)
  }

  /// Medians of the peers, when there are any.
  private func measurePeers() throws -> (batchSeconds: Double, querySeconds: Double, prefillSeconds: Double, decodeSeconds: Double)? {
    guard let peer else { return nil }
    _ = try peer.load(model.path)
    let runs = try (0..<3).map { _ in try peer.generate(prompt: 512, decode: 64) }
    return (
      try median(of: 5) { try peer.embed(rows: 16, columns: 128) }, try median(of: 21) { try peer.embed(rows: 1, columns: 16) },
      median(runs.map(\.prefillSeconds)), median(runs.map(\.decodeSeconds))
    )
  }

  private func ingestAndSearch() throws -> [BenchmarkReport.Figure] {
    let directory = FileManager.default.temporaryDirectory.path + "/quarry-bench-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let report: IngestReport
    do {
      let store = try Store.open(directory: directory, access: .writing)
      report = try Ingestor(store: store, embedder: embedder).ingest(documents, into: "default")
    }
    let retriever = Retriever(store: try Store.open(directory: directory, access: .reading), embedder: embedder)
    // The headings of what was found for a few broad words are questions that the corpus answers.
    let questions = try ["how to", "what is", "file", "error", "limit"].flatMap {
      try retriever.search($0, SearchOptions()).compactMap(\.chunk.headingPath.last)
    }
    let latencies = try questions.map { question in try seconds { _ = try retriever.search(question, SearchOptions()) } }.sorted()
    let files = Double(report.added)
    return [
      BenchmarkReport.Figure("ingest, files", files / report.seconds, "files/s"),
      BenchmarkReport.Figure("ingest, tokens through everything", Double(report.embeddedTokens) / report.seconds, "tokens/s"),
      BenchmarkReport.Figure("search over \(report.chunks) chunks, median", (latencies.isEmpty ? 0 : latencies[latencies.count / 2]) * 1000, "ms"),
      BenchmarkReport.Figure(
        "search over \(report.chunks) chunks, 99 %", (latencies.isEmpty ? 0 : latencies[latencies.count * 99 / 100]) * 1000, "ms"),
    ]
  }

  private func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return start.duration(to: .now) / .seconds(1)
  }

  private func median(of count: Int, _ measure: () throws -> Double) rethrows -> Double { median(try (0..<count).map { _ in try measure() }) }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
