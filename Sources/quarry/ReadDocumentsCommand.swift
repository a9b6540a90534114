import ArgumentParser
import Ingestion

/// The process that reads documents for one that ingests them; nobody types this.
struct ReadDocumentsCommand: ParsableCommand {
  fileprivate static let name = "read-documents"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Read documents for another process, which asks through standard input.", shouldDisplay: false)

  func run() throws { try ReadingWorker.run() }
}

extension ReadingProgram {
  /// This program, whatever has become of its file since it was started.
  static let standard = ReadingProgram(path: "/proc/self/exe", arguments: [ReadDocumentsCommand.name])
}
