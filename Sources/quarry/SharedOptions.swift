import ArgumentParser
import Foundation

/// `--index` and `--collection`, everywhere.
struct IndexOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Folder of the index; $QUARRY_INDEX sets another default.", valueName: "dir"))
  var index: String = IndexOptions.defaultIndex

  static var defaultIndex: String {
    ProcessInfo.processInfo.environment["QUARRY_INDEX"].flatMap { $0.isEmpty ? nil : $0 } ?? "Indexes/default"
  }

  @Option(help: ArgumentHelp("Collection in the index.", valueName: "name"))
  var collection: String = "default"
}

/// `--json` and `--quiet`, everywhere.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the result as one JSON value on standard output.")
  var json = false

  @Flag(name: .shortAndLong, help: "No progress and no remarks on standard error.")
  var quiet = false

  /// A remark for people, on standard error.
  func remark(_ text: String) {
    if !quiet { Terminal.writeError(Terminal.error.style(text, .dim) + "\n") }
  }
}

/// `--generator`, where text is generated.
struct GeneratorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Model that writes: a name of `quarry models list`, or a GGUF file; $QUARRY_GENERATOR sets another default.", valueName: "model"))
  var generator: String?

  /// The choice, if there is one.
  var choice: String? { generator ?? ProcessInfo.processInfo.environment["QUARRY_GENERATOR"].flatMap { $0.isEmpty ? nil : $0 } }
}
