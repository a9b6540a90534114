import Answering
import ArgumentParser
import Embedding
import Evaluation
import Foundation
import Inference
import Ingestion
import Models
import Store

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure retrieval and answers on a data set in BEIR's form.",
    discussion: "A set is a folder with corpus.jsonl, queries.jsonl, qrels.tsv and, for answers, answers.jsonl.",
    subcommands: [Retrieval.self, Answers.self], defaultSubcommand: Retrieval.self)

  struct Retrieval: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retrieval", abstract: "Rank documents for every query, and measure the ranking.")
    @Argument(help: "The data set's folder.", completion: .directory)
    var set: String
    @Option(name: .customLong("run"), help: ArgumentHelp("File for the run: query, document, rank, score; the best 100 a query.", valueName: "file"))
    var runFile: String?
    @OptionGroup var index: EvalIndexOptions
    @OptionGroup var output: OutputOptions

    mutating func run() throws {
      let dataSet = try DataSet(folder: set)
      let index = try index.open(for: dataSet, output: output, generator: nil)
      var bar = ProgressBar(label: "search", isQuiet: output.quiet)
      let ranking = try index.rank(dataSet.queries) { done in
        bar.show(fraction: Double(done) / Double(dataSet.queries.count), detail: "\(done)/\(dataSet.queries.count) queries")
      }
      bar.clear()
      if let runFile { try RunFile.write(ranking, to: runFile) }
      let measures = RetrievalMeasures(ranking: ranking, grades: dataSet.grades)
      if output.json { JSONOutput.write(measures) } else { Terminal.write(measures.description + "\n") }
    }
  }

  struct Answers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "answers", abstract: "Answer every question, and write the answers to a file.")
    @Argument(help: "The data set's folder.", completion: .directory)
    var set: String
    @Option(help: "auto, quote or generate.")
    var answer: AnswerMode = .quote
    @Option(help: ArgumentHelp("File for the answers, one JSON object a line.", valueName: "file"))
    var out: String
    @Option(help: "Sentences quoted at most (1 to 3).")
    var sentences = 1
    @Option(
      help: ArgumentHelp("Let the generator read all passages first, and take them over: epic or cacheblend, approximate.", valueName: "method"))
    var preparedKv: ReuseMethod?
    @Option(help: "Only the first N questions.")
    var limit: Int?
    @OptionGroup var generator: GeneratorOptions
    @OptionGroup var index: EvalIndexOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard (1...3).contains(sentences) else { throw ValidationError("--sentences must be from 1 to 3") }
    }

    mutating func run() async throws {
      let dataSet = try DataSet(folder: set)
      let index = try index.open(
        for: dataSet, output: output, generator: answer == .quote ? nil : ModelFolder.standard().generatorPath(generator.choice), reuse: preparedKv)
      var options = AskOptions()
      options.mode = answer
      options.sentenceLimit = sentences
      let queries = Array(dataSet.queries.prefix(limit ?? .max))
      if preparedKv != nil {
        var bar = ProgressBar(label: "prepare", isQuiet: output.quiet)
        try await index.preparePassages { bar.show(fraction: Double($0) / Double($1), detail: "\($0)/\($1) passages") }
        bar.clear()
      }
      var bar = ProgressBar(label: "answer", isQuiet: output.quiet)
      let counts = try await index.answer(queries, options: options, to: out) { done in
        bar.show(fraction: Double(done) / Double(queries.count), detail: "\(done)/\(queries.count) questions")
      }
      bar.clear()
      if output.json { JSONOutput.write(counts) } else { Terminal.write("\(counts.answered) answered, \(counts.abstained) abstained: \(out)\n") }
    }
  }
}

/// `--index` and `--collection` of `eval`: without an index a temporary one is built and deleted again.
struct EvalIndexOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Index to use, built there if it does not hold the set; a temporary one by default.", valueName: "dir"))
  var index: String?

  @Option(help: ArgumentHelp("Collection in the index.", valueName: "name"))
  var collection: String = "default"

  func open(for dataSet: DataSet, output: OutputOptions, generator: String?, reuse: ReuseMethod? = nil) throws -> EvaluationIndex {
    var bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
    defer { bar.clear() }
    return try EvaluationIndex(
      dataSet: dataSet, directory: index, collection: collection, embedder: Embedder(directory: ModelFolder.standard().embedderPath()),
      generatorPath: generator, reuse: reuse
    ) { progress in
      bar.show(
        fraction: progress.totalBytes > 0 ? progress.finishedBytes / progress.totalBytes : 1, detail: "\(progress.embeddedTokens) tokens")
    }
  }
}
