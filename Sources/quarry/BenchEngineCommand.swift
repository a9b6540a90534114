import ArgumentParser
import Evaluation
import Foundation
import Inference
import Models

extension BenchCommand {
  struct Engine: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "engine", abstract: "Measure prefill, decode, weight types, embedding and start against the bars and the peers.",
      discussion: "`make bench-engine` fetches the peers, writes the model in every weight type and runs this. Parts: "
        + EngineBenchmark.Section.allCases.map(\.rawValue).joined(separator: ", ") + ".")

    @Option(help: ArgumentHelp("Parts to measure, with commas between; all by default.", valueName: "parts"), transform: sections)
    var only = Set(EngineBenchmark.Section.allCases)
    @Option(
      help: ArgumentHelp("Folder of the models that scripts/bench/quantise.py wrote; $QUARRY_BENCH_MODELS sets another default.", valueName: "dir"),
      completion: .directory)
    var models: String?
    @Option(help: ArgumentHelp("Folder of texts in which the loss of int8 is measured.", valueName: "dir"), completion: .directory)
    var documents = "Corpora/manual"
    @Option(help: "How keys and values are kept: f16 or q8.")
    var kv: KeyValueType = .q8
    @Flag(help: "One run of each and one weight type: a look, not a measurement.")
    var quick = false
    @OptionGroup var report: BenchReportOptions
    @OptionGroup var generator: GeneratorOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let folder = ModelFolder.standard()
      let settings = EngineBenchmark.Settings(
        modelPath: try folder.generatorPath(generator.choice), typesFolder: models ?? ProcessInfo.processInfo.environment["QUARRY_BENCH_MODELS"],
        embedderDirectory: try folder.embedderPath(), documents: documents, keyValueType: kv, sections: only, isQuick: quick)
      var benchmark = EngineBenchmark(settings: settings, peer: try report.startPeer()) { output.remark($0) }
      try report.write(try benchmark.run(), output: output)
    }

    private static func sections(_ names: String) throws -> Set<EngineBenchmark.Section> {
      Set(
        try names.split(separator: ",").map { name in
          guard let section = EngineBenchmark.Section(rawValue: String(name)) else {
            throw ValidationError(
              "'\(name)' is no part: choose from \(EngineBenchmark.Section.allCases.map(\.rawValue).joined(separator: ", "))")
          }
          return section
        })
    }
  }
}

extension KeyValueType: ExpressibleByArgument {}
