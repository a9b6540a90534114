import ArgumentParser
import Embedding
import Foundation
import Ingestion
import Models
import Store

struct ReindexCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reindex", abstract: "Make a collection anew, for another embedder or another way of cutting passages.",
    discussion: """
      The new collection is made beside the old one, which serves until the new one takes its place in one step. ^C loses
      nothing: run the same command again to go on. Documents whose files are gone keep the passages that they have.
      """)

  @Flag(help: "Also if nothing has changed: read and embed everything again.")
  var force = false

  @Flag(help: "Forget what an earlier run has begun and not finished.")
  var abandon = false

  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if force, abandon { throw ValidationError("give --force or --abandon, not both") }
  }

  func run() throws {
    let store = try Store.openExisting(directory: index.index)
    if abandon {
      let wasBegun = try store.abandonReplacement(of: index.collection)
      if output.json { JSONOutput.write(["abandoned": wasBegun]) } else { Terminal.write(wasBegun ? "forgotten\n" : "nothing was begun\n") }
      return
    }
    let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
    let interrupt = Interrupt()
    var bar = ProgressBar(label: "reindex", isQuiet: output.quiet)
    defer { bar.clear() }
    let start = ContinuousClock.now
    let report = try Reindexer(store: store, embedder: embedder, program: .standard).reindex(
      index.collection, force: force, isCancelled: { interrupt.isRaised }
    ) {
      let seconds = max(start.duration(to: .now) / .seconds(1), 0.001)
      bar.show(
        fraction: Double($0) / Double(max(1, $1)), detail: "\($0)/\($1) documents, \(Int(Double($2) / seconds)) tokens/s")
    }
    bar.clear()
    if output.json { return JSONOutput.write(report) }
    for notice in report.notices { output.notice(notice) }
    guard report.wasNeeded else { return Terminal.write("\(index.collection) is as this version makes it: nothing to do\n") }
    var line = "\(index.collection): \(report.documents) documents, \(report.chunks) chunks made anew"
    if report.kept > 0 { line += ", \(report.kept) documents were ready" }
    Terminal.write(line + ", \(ProgressBar.duration(report.seconds))\n")
  }
}
