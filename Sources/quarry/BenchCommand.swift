import ArgumentParser
import Embedding
import Evaluation
import Foundation
import Inference
import Models

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure ingest, search and generation on this machine.",
    discussion: "With peers (llama.cpp, ONNX Runtime) in the same run when `make bench-peers` has fetched them and $QUARRY_PEERS names their folder.")

  @Option(help: ArgumentHelp("Documents to ingest and search.", valueName: "dir"), completion: .directory)
  var documents = "Corpora/manual"

  @Option(help: ArgumentHelp("File for the figures as JSON.", valueName: "file"))
  var out: String?

  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let models = ModelFolder.standard()
    let benchmark = Benchmark(
      embedder: try Embedder(directory: models.embedderPath()), model: try LanguageModel.load(path: models.generatorPath(generator.choice)),
      documents: documents, peersFolder: ProcessInfo.processInfo.environment["QUARRY_PEERS"], peersScript: "scripts/peers.py")
    let report = try benchmark.run { stage in output.remark("measuring \(stage) …") }
    if let out {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(report).write(to: URL(fileURLWithPath: out), options: .atomic)
    }
    if output.json { JSONOutput.write(report) } else { Terminal.write(report.table) }
  }
}
