import ArgumentParser
import Inference
import Store

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a collection as JSON Lines, with its texts, places and vectors.",
    discussion: "For other programs, and for `quarry import`. A copy of a whole index, to be kept, is `quarry backup`.")

  @Argument(help: "The file to write; what is there under that name is replaced.", completion: .file())
  var file: String

  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try Store.open(directory: index.index, access: .reading)
    var bar = ProgressBar(label: "export", isQuiet: output.quiet)
    defer { bar.clear() }
    let interrupt = Interrupt()
    let report = try store.export(index.collection, to: file, isCancelled: { interrupt.isRaised }) { done, count in
      bar.show(fraction: Double(done) / Double(max(1, count)), detail: "\(done)/\(count) documents")
    }
    bar.clear()
    if output.json { return JSONOutput.write(report) }
    Terminal.write("\(file): \(report.documents) documents, \(report.chunks) chunks, \(report.files) files\n")
  }
}

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make a collection of a file that `quarry export` wrote.",
    discussion: "All of it is checked before any of it can be found. The documents' files are not needed.")

  @Argument(help: "The file to read.", completion: .file())
  var file: String

  @Option(name: .customLong("collection"), help: "What to call the collection; the name that it had, unless given.")
  var name: String?

  @OptionGroup var index: IndexFolderOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let store = try Store.open(directory: index.index, access: .writing)
    var bar = ProgressBar(label: "import", isQuiet: output.quiet)
    defer { bar.clear() }
    let interrupt = Interrupt()
    let report = try store.importCollection(file, as: name, isCancelled: { interrupt.isRaised }) { bar.show(fraction: $0, detail: "") }
    bar.clear()
    if output.json { return JSONOutput.write(report) }
    Terminal.write("\(report.collection): \(report.documents) documents, \(report.chunks) chunks\n")
  }
}

struct VacuumCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vacuum", abstract: "Give back the room of what was removed, and forget files that are gone.",
    discussion: "What the generator kept of the passages that it read is forgotten too: some may be of documents that are gone.")

  @OptionGroup var index: IndexFolderOptions
  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let before: Int64
    let after: Int64
    let forgotten: Int
  }

  func run() throws {
    let before = FolderSize.byteCount(of: index.index)
    let forgotten = try Store.openExisting(directory: index.index).vacuum()
    try PageFile.removeAll(in: KeyValueOptions.pageDirectory(index: index.index))
    let result = Result(before: before, after: FolderSize.byteCount(of: index.index), forgotten: forgotten)
    if output.json { return JSONOutput.write(result) }
    Terminal.write("\(index.index): \(result.before) bytes before, \(result.after) after; \(forgotten) files that are gone were forgotten\n")
  }
}
