import ArgumentParser
import Foundation
import Store

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy an index into one file, while it is in use.",
    discussion: "The copy is of one moment, and checked before it takes its name. `quarry restore` makes an index of it again.")

  @Argument(help: "The file to write; what is there under that name is replaced.", completion: .file())
  var file: String

  @OptionGroup var index: IndexFolderOptions

  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let file: String
    let bytes: Int64
  }

  func run() throws {
    let store = try Store.open(directory: index.index, access: .reading)
    let interrupt = Interrupt()
    var bar = ProgressBar(label: "backup", isQuiet: output.quiet)
    defer { bar.clear() }
    let byteCount = try store.backUp(to: file, isCancelled: { interrupt.isRaised }) { bar.show(fraction: $0, detail: $0 < 1 ? "" : "checking") }
    bar.clear()
    if output.json {
      JSONOutput.write(Result(file: file, bytes: byteCount))
    } else {
      Terminal.write("\(file): \(byteCount) bytes, checked\n")
    }
  }
}

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make an index of a backup, in a folder that has none.",
    discussion: "The backup is checked first, and stays as it is. Graphs and word files are made anew, which takes a minute for 500,000 passages.")

  @Argument(help: "A file that `quarry backup` wrote.", completion: .file())
  var file: String

  @OptionGroup var index: IndexFolderOptions

  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let index: String
    let documents: Int
    let chunks: Int
  }

  func run() throws {
    let collections = try Store.restore(file, to: index.index).collections()
    let result = Result(
      index: index.index, documents: collections.reduce(0) { $0 + $1.documentCount }, chunks: collections.reduce(0) { $0 + $1.chunkCount })
    if output.json {
      JSONOutput.write(result)
    } else {
      Terminal.write("\(result.index): \(result.documents) documents, \(result.chunks) chunks\n")
    }
  }
}
