import ArgumentParser
import Foundation

/// The command line. Each subcommand is a file of its own; what goes wrong ends in `ErrorReport`.
@main
struct Quarry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarry",
    abstract: "Ask a folder of documents, and see where they say so.",
    discussion: """
      First steps:
        quarry models fetch             fetch the two default models (once)
        quarry ingest FOLDER            read, embed and index a folder
        quarry ask "a question"         an answer with its sources

      Everything stays on this machine. Results go to standard output, progress to standard error.
      Exit status: 0 done, 1 failed, 2 wrong usage, 3 no answer in the documents.
      """,
    version: version,
    subcommands: [
      IngestCommand.self, AskCommand.self, SearchCommand.self, StatusCommand.self, RemoveCommand.self, ReindexCommand.self, AuditCommand.self,
      BackupCommand.self, RestoreCommand.self, ExportCommand.self, ImportCommand.self, VacuumCommand.self, ServeCommand.self, ModelsCommand.self,
      EvalCommand.self, BenchCommand.self, ReadDocumentsCommand.self,
    ]
  )

  static let version = "0.1.0"

  static func main() async {
    // A reader that goes away (`quarry search … | head`) is an error of `write`, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      ErrorReport.exit(with: error)
    }
  }
}

/// How `quarry` ends.
extension ExitCode {
  /// The documents hold no answer.
  static let noAnswer = ExitCode(3)
  static let wrongUsage = ExitCode(2)
}
