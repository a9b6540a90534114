import ArgumentParser
import Embedding
import Evaluation
import Foundation
import Inference
import Models

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure ingest, search and generation on this machine.",
    discussion: "With peers (llama.cpp, ONNX Runtime) in the same run when `make bench-peers` has fetched them and $QUARRY_PEERS names their folder.",
    subcommands: [Pipeline.self, Engine.self, Embed.self, Retrieval.self, Cache.self, Index.self, PerplexityOfText.self],
    defaultSubcommand: Pipeline.self)

  struct Pipeline: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pipeline", abstract: "Measure ingest, search, embedding and generation (the default).")

    @Option(help: ArgumentHelp("Documents to ingest and search.", valueName: "dir"), completion: .directory)
    var documents = "Corpora/manual"
    @OptionGroup var report: BenchReportOptions
    @OptionGroup var generator: GeneratorOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let models = ModelFolder.standard()
      let benchmark = Benchmark(
        embedder: try Embedder(directory: models.embedderPath()), model: try LanguageModel.load(path: models.generatorPath(generator.choice)),
        documents: documents, peer: try report.startPeer())
      try report.write(try benchmark.run { stage in output.remark("measuring \(stage) …") }, output: output)
    }
  }
}

/// `--out` and `--no-peers`, for the benchmarks that make a table.
struct BenchReportOptions: ParsableArguments {
  @Option(help: ArgumentHelp("File for the figures as JSON.", valueName: "file"))
  var out: String?

  @Flag(inversion: .prefixedNo, help: "Measure the peers too.")
  var peers = true

  func startPeer() throws -> PeerProcess? {
    guard peers else { return nil }
    return try PeerProcess(folder: ProcessInfo.processInfo.environment["QUARRY_PEERS"], script: "scripts/bench/peer.py")
  }

  func write(_ report: BenchmarkReport, output: OutputOptions) throws {
    if let out {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(report).write(to: URL(fileURLWithPath: out), options: .atomic)
    }
    if output.json { JSONOutput.write(report) } else { Terminal.write(report.table) }
  }
}
