import Answering
import ArgumentParser
import Foundation
import Inference
import Models

/// `--index`, for what is about all of an index.
struct IndexFolderOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Folder of the index; $QUARRY_INDEX sets another default.", valueName: "dir"))
  var index: String = IndexFolderOptions.defaultIndex

  static var defaultIndex: String {
    ProcessInfo.processInfo.environment["QUARRY_INDEX"].flatMap { $0.isEmpty ? nil : $0 } ?? "Indexes/default"
  }
}

/// `--index` and `--collection`, for what is about one collection.
struct IndexOptions: ParsableArguments {
  @OptionGroup var folder: IndexFolderOptions

  var index: String { folder.index }

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

  /// What went wrong and was got over, on standard error.
  func notice(_ text: String) {
    if !quiet { Terminal.writeError("\(Terminal.error.style("notice", .yellow))  \(text)\n") }
  }
}

extension ClosedRange<Int> {
  /// - Throws: What the command line says of a number outside.
  func check(_ number: Int, _ option: String) throws {
    guard contains(number) else { throw ValidationError("\(option) must be from \(lowerBound) to \(upperBound)") }
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

/// `--rerank-budget`, where the generator may judge passages.
struct RerankBudgetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long the generator may judge passages for one question; as long as it takes by default.", valueName: "seconds"))
  var rerankBudget: Double?

  var duration: Duration? { rerankBudget.map { .seconds($0) } }

  func validate() throws {
    guard rerankBudget.map({ (0...3600).contains($0) }) ?? true else { throw ValidationError("--rerank-budget must be from 0 to 3600 seconds") }
  }
}

/// `--rerank`, where passages are ranked.
struct RerankOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let the generator judge so many of the best passages by how likely they make the question: better, and slower (0 to 50).",
      valueName: "passages"))
  var rerank = 0

  func validate() throws {
    try QueryLikelihood.limitRange.check(rerank, "--rerank")
  }
}

extension ReuseMethod: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
  public static var allValueStrings: [String] { allNames }
}

/// `--kv-memory` and `--kv-disk`: what keys and values may take.
struct KeyValueOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Memory for keys and values of texts that are read, written and remembered, in MiB; a quarter of what is free by default.", valueName: "mib"))
  var kvMemory: Int?

  @Option(
    help: ArgumentHelp(
      "Disk for what finds no room there and for the next start, in the index's folder, in MiB; 0 for none.", valueName: "mib"))
  var kvDisk = 2048

  func validate() throws {
    if let kvMemory, !(1...1 << 24).contains(kvMemory) { throw ValidationError("--kv-memory must be from 1 to \(1 << 24)") }
    guard (0...1 << 24).contains(kvDisk) else { throw ValidationError("--kv-disk must be from 0 to \(1 << 24)") }
  }

  /// Where keys and values of an index's documents are kept.
  static func pageDirectory(index: String) -> URL { URL(fileURLWithPath: index).appendingPathComponent("kv") }

  /// - Parameter index: The index's folder.
  func engineOptions(index: String) -> EngineOptions {
    var options = EngineOptions()
    options.keyValueByteLimit = kvMemory.map { $0 << 20 }
    options.pageDirectory = kvDisk > 0 ? Self.pageDirectory(index: index) : nil
    options.pageByteLimit = kvDisk << 20
    return options
  }
}

/// How the engine works and what it may take of the machine, where text is generated.
struct EngineSettings: ParsableArguments {
  @OptionGroup var keyValues: KeyValueOptions

  @Option(
    help: ArgumentHelp(
      "Take over what was read of a passage elsewhere, wherever it stands now: sooner, but approximate. epic or cacheblend.", valueName: "method"))
  var preparedKv: ReuseMethod?

  @Flag(inversion: .prefixedNo, help: "Guess tokens ahead and check several at a time; the text is the same.")
  var speculation = true

  @Option(
    help: ArgumentHelp(
      "A smaller model of the same vocabulary that guesses where the text itself gives no clue: a name of `quarry models list`, or a GGUF file.",
      valueName: "model"))
  var draftModel: String?

  /// - Parameter index: The index's folder.
  func options(index: String, models: ModelFolder) throws -> EngineOptions {
    var options = keyValues.engineOptions(index: index)
    options.isSpeculating = speculation
    options.draftModel = try draftModel.map { try LanguageModel.load(path: models.generatorPath($0)) }
    return options
  }
}
