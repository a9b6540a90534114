import ArgumentParser
import Answering
import Embedding
import Inference
import Foundation
import Ingestion
import Models
import Store
import Synchronization

struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read, embed and index folders or files; again, only what changed.",
    discussion: """
      Reads text, Markdown, HTML, PDF, source code, tables, JSON and XML, office documents, e-books, notebooks, e-mail, archives
      and pictures of text: a file's content says which. A file that cannot be read is reported with the reason, and the
      rest goes on. Files that are gone from the folder are removed from the index.
      ^C stops after the batch at hand and loses nothing: run the same command again to go on.
      """
  )

  @Argument(help: ArgumentHelp("Folders or files.", valueName: "path"), completion: .directory)
  var paths: [String]

  @Flag(help: "Read every file again, also those that have not changed.")
  var force = false

  @Flag(
    help: "Let the generator read every passage now, as far as --kv-disk has room: answers begin sooner, most of all with --prepared-kv.")
  var prepareKv = false

  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var keyValues: KeyValueOptions
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if prepareKv, keyValues.kvDisk == 0 { throw ValidationError("--prepare-kv keeps what is read on disk: --kv-disk must be above 0") }
  }

  func run() async throws {
    for path in paths { try Ingestor.requirePath(path) }
    let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
    let store = try Store.open(directory: index.index, access: .writing)
    let ingestor = Ingestor(store: store, embedder: embedder)
    let interrupt = Interrupt()
    var reports: [IngestReport] = []
    for path in paths {
      var bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
      let start = ContinuousClock.now
      defer { bar.clear() }
      let report = try ingestor.ingest(path, into: index.collection, force: force, isCancelled: { interrupt.isRaised }) { progress in
        let seconds = start.duration(to: .now) / .seconds(1)
        bar.show(
          fraction: progress.totalBytes > 0 ? progress.finishedBytes / progress.totalBytes : 1,
          detail: "\(progress.finishedFiles)/\(progress.totalFiles) files, \(Int(Double(progress.embeddedTokens) / max(seconds, 0.001))) tokens/s")
      }
      bar.clear()
      if !output.json { show(report) }
      reports.append(report)
    }
    let preparation = prepareKv && !interrupt.isRaised ? try await prepare(interrupt) : nil
    if output.json { JSONOutput.write(Result(ingested: reports, prepared: preparation)) }
    if reports.allSatisfy({ $0.added + $0.updated + $0.unchanged == 0 && !$0.failed.isEmpty }) { throw ExitCode.failure }
  }

  /// The JSON form.
  private struct Result: Encodable {
    let ingested: [IngestReport]
    let prepared: PassagePreparation.Report?
  }

  /// Lets the generator read the collection's passages.
  private func prepare(_ interrupt: Interrupt) async throws -> PassagePreparation.Report {
    let engine = try GenerationEngine(
      model: LanguageModel.load(path: ModelFolder.standard().generatorPath(generator.choice)), options: keyValues.engineOptions(index: index.index))
    if let error = engine.pageError { throw error }
    let store = try Store.open(directory: index.index, access: .reading)
    var bar = ProgressBar(label: "prepare", isQuiet: output.quiet)
    let start = ContinuousClock.now
    let report = try await PassagePreparation(engine: engine, collection: index.collection).prepareAll(
      of: store, isCancelled: { interrupt.isRaised }
    ) { done, total, tokens in
      let seconds = start.duration(to: .now) / .seconds(1)
      bar.show(
        fraction: Double(done) / Double(max(1, total)), detail: "\(done)/\(total) passages, \(Int(Double(tokens) / max(seconds, 0.001))) tokens/s")
    }
    bar.clear()
    await engine.close()
    if !output.json { show(report) }
    return report
  }

  private func show(_ report: PassagePreparation.Report) {
    var line = "\(report.prepared) passage\(report.prepared == 1 ? "" : "s") prepared"
    if report.unchanged > 0 { line += ", \(report.unchanged) of them were ready" }
    if report.unsuitable > 0 { line += ", \(report.unsuitable) cannot be read by themselves" }
    if report.left > 0 { line += ", \(report.left) found no room: give more with --kv-disk" }
    Terminal.write(line + ", \(ProgressBar.duration(report.seconds))\n")
  }

  private func show(_ report: IngestReport) {
    for problem in report.failed { Terminal.writeError("\(Terminal.error.style("failed", .red))  \(problem.path): \(problem.reason)\n") }
    if !output.quiet {
      for problem in report.skipped { Terminal.writeError("\(Terminal.error.style("skipped", .yellow)) \(problem.path): \(problem.reason)\n") }
      for notice in report.notices { output.notice(notice) }
    }
    var counts = ["\(report.added) added", "\(report.updated) updated", "\(report.unchanged) unchanged", "\(report.removed) removed"]
    if !report.failed.isEmpty { counts.append("\(report.failed.count) failed") }
    if !report.skipped.isEmpty { counts.append("\(report.skipped.count) skipped") }
    var line = "\(report.root): \(counts.joined(separator: ", ")); \(report.chunks) chunks"
    if report.embeddedTokens > 0 { line += ", \(report.embeddedTokens) tokens embedded at \(Int(report.tokensPerSecond)) tokens/s" }
    Terminal.write(line + ", \(ProgressBar.duration(report.seconds))\n")
  }
}

/// ^C as a flag that long work asks for; a second ^C ends the process at once.
private final class Interrupt: Sendable {
  private static let count = Atomic<Int>(0)

  init() {
    signal(SIGINT) { _ in
      if Interrupt.count.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
    }
  }

  var isRaised: Bool { Interrupt.count.load(ordering: .relaxed) > 0 }
}
