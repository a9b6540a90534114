import ArgumentParser
import Embedding
import Evaluation
import Foundation
import Models

extension BenchCommand {
  struct Retrieval: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "retrieval", abstract: "Measure whole retrieval among many chunks, a question's embedding included.",
      discussion: "The texts become an index of several gigabytes, with their own vectors for the first 20,000 and mixtures of those for the others.")

    @Option(help: ArgumentHelp("A chunk's text a line.", valueName: "file"), completion: .file())
    var texts: String
    @Option(help: ArgumentHelp("A question a line.", valueName: "file"), completion: .file())
    var questions: String
    @Option(help: "Chunks of the index.")
    var count = 1_000_000
    @Option(help: ArgumentHelp("Folder of the index, made if it is not there, and kept.", valueName: "dir"), completion: .directory)
    var index: String
    @OptionGroup var report: BenchReportOptions
    @OptionGroup var output: OutputOptions

    /// The question with its last two words in quotation marks.
    private static func quoted(_ question: String) -> String {
      let words = question.split(separator: " ")
      return words.dropLast(2).joined(separator: " ") + " \"" + words.suffix(2).joined(separator: " ") + "\""
    }

    func validate() throws {
      guard count > 0 else { throw ValidationError("--count must be above 0") }
    }

    func run() throws {
      let asked = try Perplexity.text(ofFile: questions).split(separator: "\n").map(String.init)
      guard !asked.isEmpty else { throw ValidationError("\(questions) holds no question") }
      var bar = ProgressBar(label: "fill", isQuiet: output.quiet)
      defer { bar.clear() }
      let start = ContinuousClock.now
      let scale = try RetrievalAtScale(
        directory: index, textsPath: texts, count: count, embedder: Embedder(directory: ModelFolder.standard().embedderPath())
      ) { done, total in
        bar.show(fraction: Double(done) / Double(total), detail: "\(done)/\(total) chunks")
      }
      bar.clear()
      let filled = start.duration(to: .now) / .seconds(1)
      let opened = ContinuousClock.now
      _ = try scale.measure([asked[0]], warmUp: 0)
      let first = opened.duration(to: .now) / .seconds(1)
      let times = try scale.measure(asked).map { $0 * 1000 }.sorted()
      // A tenth of the documents, more or less.
      let filteredFirst = try scale.measure([asked[0]], warmUp: 0, paths: ["texts-*7.txt"])[0]
      let filtered = try scale.measure(asked, paths: ["texts-*7.txt"]).map { $0 * 1000 }.sorted()
      let quoted = try scale.measure(asked.map(Self.quoted), warmUp: 0).map { $0 * 1000 }.sorted()
      let name = "whole retrieval among \(try scale.count) chunks"
      try report.write(
        BenchmarkReport(
          machine: BenchmarkReport.machineDescription,
          figures: [
            .init("\(name), p50", times[times.count / 2], "ms", bar: 8, lowerIsBetter: true),
            .init("\(name), p99", times[min(times.count - 1, times.count * 99 / 100)], "ms", bar: 25, lowerIsBetter: true),
            .init("\(name), filter by path, p50", filtered[filtered.count / 2], "ms", bar: 3 * times[times.count / 2], lowerIsBetter: true),
            .init("\(name), filter by path, the first time", filteredFirst * 1000, "ms"),
            .init("\(name), two words quoted, p50", quoted[quoted.count / 2], "ms"),
            .init("\(name), the first after the start", first, "s"), .init("\(name), filling or opening the index", filled, "s"),
          ]), output: output)
    }
  }
}
