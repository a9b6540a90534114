import Answering
import ArgumentParser
import Embedding
import Evaluation
import Foundation
import Inference
import Ingestion
import Models
import Store

struct EvalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval", abstract: "Measure retrieval and answers on questions whose documents are known.",
    discussion: """
      A set is a folder in BEIR's form, with corpus.jsonl, queries.jsonl, qrels.tsv and, for answers, answers.jsonl; or a CSV file of questions
      to an index of your own (--index): a header line with question and expected, the latter the path of the document that should be
      found, or several with semicolons between.
      """,
    subcommands: [Retrieval.self, Answers.self], defaultSubcommand: Retrieval.self)

  struct Retrieval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retrieval", abstract: "Rank documents for every query, and measure the ranking.")
    @Argument(help: "The data set: a folder, or a CSV file of questions.", completion: .file())
    var set: String
    @Option(name: .customLong("run"), help: ArgumentHelp("File for the run: query, document, rank, score; the best 100 a query.", valueName: "file"))
    var runFile: String?
    @Option(
      name: .customLong("with"),
      help: ArgumentHelp(
        "Measure this setting too, against the default: \(RetrievalSetting.keys.map { "\($0.0) (\($0.1))" }.joined(separator: ", ")). Several times for several.",
        valueName: "key=value,…"))
    var settings: [String] = []
    @Option(help: ArgumentHelp("File for a page with the table and plots.", valueName: "file"))
    var html: String?
    @Flag(help: "Learn how much the vectors should weigh beside the words from these questions, and keep it in the index (--index).")
    var learn = false
    @OptionGroup var generator: GeneratorOptions
    @OptionGroup var index: EvalIndexOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard !learn || index.index != nil else { throw ValidationError("--learn needs --index: a temporary index would forget it") }
      guard !learn || (settings.isEmpty && runFile == nil && html == nil) else {
        throw ValidationError("--learn measures weights of its own: give --with, --run and --html without it")
      }
    }

    mutating func run() async throws {
      let dataSet = try DataSet(path: set)
      if learn { return try await learnWeight(dataSet) }
      let compared = try [RetrievalSetting()] + settings.map { try RetrievalSetting($0) }
      let judges = compared.contains { $0.rerankLimit > 0 }
      let index = try index.open(
        for: dataSet, output: output, generator: judges ? ModelFolder.standard().generatorPath(generator.choice) : nil)
      let expectations = try index.expectations(of: dataSet)
      if let first = expectations.missing.first {
        output.notice(
          "\(expectations.missing.count) of the expected documents are not in the index, \(first) for one: quarry status --documents lists those that are"
        )
      }
      var bar = ProgressBar(label: "search", isQuiet: output.quiet)
      var comparison = RetrievalComparison(set: dataSet.name)
      for (number, setting) in compared.enumerated() {
        let (ranking, seconds, refused) = try await index.rank(dataSet.queries, expectations, setting: setting) { done in
          bar.show(fraction: Double(done) / Double(dataSet.queries.count), detail: "\(done)/\(dataSet.queries.count) queries, \(setting.name)")
        }
        if let first = refused.first, number == 0 {
          output.notice("\(refused.count) queries find nothing because they hold no word or are too long, \(first) for one")
        }
        if let runFile, number == 0 { try RunFile.write(ranking, to: runFile) }
        comparison.add(setting.name, RetrievalMeasures(ranking: ranking, grades: expectations.grades, seconds: seconds))
      }
      bar.clear()
      show(comparison)
      if let html { try comparison.writeHTML(to: html) }
    }

    private func learnWeight(_ dataSet: DataSet) async throws {
      let opened = try index.open(for: dataSet, output: output, generator: nil)
      var bar = ProgressBar(label: "learn", isQuiet: output.quiet)
      let learning = try await opened.learnWeight(dataSet.queries, opened.expectations(of: dataSet)) { done, total in
        bar.show(fraction: Double(done) / Double(total), detail: "\(done)/\(total) searches")
      }
      bar.clear()
      if learning.isBetter { try opened.keep(denseWeight: learning.best.denseWeight) }
      guard !output.json else { return JSONOutput.write(learning) }
      for candidate in learning.candidates {
        let isBest = candidate.denseWeight == learning.best.denseWeight
        let line = String(format: "dense weight %.1f  nDCG@10 %.4f", candidate.denseWeight, candidate.nDCG10)
        Terminal.write(Terminal.output.style(line, isBest ? .bold : .dim) + "\n")
      }
      let test = learning.test
      Terminal.write(String(format: "as it was  nDCG@10 %.4f; the best %+.4f, p = %.4f\n", learning.currentNDCG10, test.difference, test.p))
      Terminal.write(
        learning.isBetter
          ? String(format: "the index keeps %.1f\n", learning.best.denseWeight) : "the difference may be chance: the index stays as it is\n")
    }

    private func show(_ comparison: RetrievalComparison) {
      guard !output.json else {
        if settings.isEmpty { JSONOutput.write(comparison.entries[0].measures) } else { JSONOutput.write(comparison) }
        return
      }
      for entry in comparison.entries {
        if !settings.isEmpty { Terminal.write(Terminal.output.style(entry.setting, .bold) + "\n") }
        Terminal.write(entry.measures.description + "\n")
        if let test = entry.test {
          let verdict = test.p < 0.05 ? "hardly chance" : "may be chance"
          Terminal.write(String(format: "nDCG@10 %+.4f to the default, p = %.4f: ", test.difference, test.p) + verdict + "\n")
        }
      }
    }
  }

  struct Answers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "answers", abstract: "Answer every question, and write the answers to a file.")
    @Argument(help: "The data set: a folder, or a CSV file of questions.", completion: .file())
    var set: String
    @Option(help: "auto, quote or generate.")
    var answer: AnswerMode = .quote
    @Option(help: ArgumentHelp("File for the answers, one JSON object a line.", valueName: "file"))
    var out: String
    @Option(help: "Sentences quoted at most (1 to 10).")
    var sentences = 1
    @Option(
      help: ArgumentHelp("Let the generator read all passages first, and take them over: epic or cacheblend, approximate.", valueName: "method"))
    var preparedKv: ReuseMethod?
    @Option(help: ArgumentHelp("How passages stand in the prompt: by place, or by score.", valueName: "order"))
    var passagesBy: PassageOrder = .place
    @OptionGroup var rerank: RerankOptions
    @Option(help: "Only the first N questions.")
    var limit: Int?
    @OptionGroup var generator: GeneratorOptions
    @OptionGroup var index: EvalIndexOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      try AskOptions.sentenceRange.check(sentences, "--sentences")
    }

    mutating func run() async throws {
      let dataSet = try DataSet(path: set)
      let index = try index.open(
        for: dataSet, output: output,
        generator: answer == .quote && rerank.rerank == 0 ? nil : ModelFolder.standard().generatorPath(generator.choice),
        reuse: preparedKv)
      var options = AskOptions()
      options.mode = answer
      options.sentenceLimit = sentences
      options.passageOrder = passagesBy
      options.rerankLimit = rerank.rerank
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

  @Option(help: "What a new index's vectors are computed in: int8, or float32 to see what int8 costs.")
  var embedding: EmbeddingPrecision = .int8

  func open(for dataSet: DataSet, output: OutputOptions, generator: String?, reuse: ReuseMethod? = nil) throws -> EvaluationIndex {
    var bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
    defer { bar.clear() }
    return try EvaluationIndex(
      dataSet: dataSet, directory: index, collection: collection,
      embedder: Embedder(path: ModelFolder.standard().embedderPath(), precision: embedding), generatorPath: generator, reuse: reuse
    ) { progress in
      bar.show(
        fraction: progress.totalBytes > 0 ? progress.finishedBytes / progress.totalBytes : 1, detail: "\(progress.embeddedTokens) tokens")
    }
  }
}

extension PassageOrder: ExpressibleByArgument {}
extension EmbeddingPrecision: ExpressibleByArgument {}
