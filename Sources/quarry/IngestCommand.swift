import ArgumentParser
import Answering
import Embedding
import Inference
import Foundation
import Ingestion
import Models
import Store

struct IngestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Read, embed and index folders or files; again, only what changed.",
    discussion: """
      Reads text, Markdown, HTML, PDF, source code, tables, JSON and XML, office documents, e-books, notebooks, e-mail, archives
      and pictures of text: a file's content says which. A file that cannot be read is reported with the reason, and the
      rest goes on; quarry status --files says what became of each. Files that are gone from the folder are removed from the
      index, those that were moved keep what was read of them. Text, Markdown, tables, JSON Lines and source code may be of any
      size; files of other formats have up to 256 MiB, and 64 MiB of text (a page of HTML 24 MiB). What .gitignore and
      .quarryignore name is left out. ^C stops after the batch at hand and loses nothing: run the same command again to go on.
      """
  )

  @Argument(help: ArgumentHelp("Folders or files.", valueName: "path"), completion: .directory)
  var paths: [String]

  @Flag(help: "Read every file again, also those that have not changed.")
  var force = false

  @Flag(help: "Believe a folder that held documents and is empty now: they are forgotten.")
  var allowEmpty = false

  @Flag(help: "Try files again that could not be read, though they have not changed.")
  var retry = false

  @Flag(help: "Stay, and take in what changes when it changes; ^C ends it.")
  var watch = false

  @OptionGroup(title: "What to take in") var selection: SelectionOptions

  @Flag(
    help: "Let the generator read every passage now, as far as --kv-disk has room: answers begin sooner, most of all with --prepared-kv.")
  var prepareKv = false

  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var keyValues: KeyValueOptions
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if prepareKv, keyValues.kvDisk == 0 { throw ValidationError("--prepare-kv keeps what is read on disk: --kv-disk must be above 0") }
    if prepareKv, watch { throw ValidationError("--prepare-kv reads passages once, and is not for --watch") }
  }

  func run() async throws {
    for path in paths { try Ingestor.requirePath(path) }
    let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
    let interrupt = Interrupt()
    var options = IngestOptions()
    options.rereadsAll = force
    options.acceptsEmptiedFolder = allowEmpty
    options.retriesFailed = retry
    options.walk = selection.options
    if watch { return follow(options, embedder, interrupt) }
    let store = try Store.open(directory: index.index, access: .writing)
    let ingestor = Ingestor(store: store, embedder: embedder, program: .standard)
    var reports: [IngestReport] = []
    for path in paths {
      var bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
      let start = ContinuousClock.now
      defer { bar.clear() }
      let report = try ingestor.ingest(path, into: index.collection, options: options, isCancelled: { interrupt.isRaised }) {
        bar.show($0, since: start)
      }
      bar.clear()
      if !output.json { show(report) }
      reports.append(report)
    }
    let preparation = prepareKv && !interrupt.isRaised ? try await prepare(interrupt) : nil
    if output.json { JSONOutput.write(Result(ingested: reports, prepared: preparation)) }
    if reports.allSatisfy(\.readNothing) { throw ExitCode.failure }
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

  func show(_ report: IngestReport) {
    func show(_ problem: IngestReport.Problem, _ label: String) {
      Terminal.writeError("\(label) \(Terminal.printableLine("\(problem.path): \(problem.reason)"))\n")
    }
    for problem in report.failed { show(problem, Terminal.error.style("failed", .red) + " ") }
    if !output.quiet {
      for problem in report.skipped { show(problem, Terminal.error.style("skipped", .yellow)) }
      for notice in report.notices { output.notice(notice) }
    }
    Terminal.write(IngestSummary(report).description + "\n")
  }
}
