import Answering
import ArgumentParser
import Foundation

extension AnswerMode: ExpressibleByArgument {}

struct AskCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Answer a question from the documents, with the places that say so.",
    discussion: """
      The answer rests on quotes. With --answer auto (the default) a language model shortens them, and its text is shown only
      if its names, numbers and words stand in the quotes. Exit status 3 means: the documents do not say.
      """)

  @Argument(help: "The question.")
  var question: String

  @Option(help: "auto: generated text if it stands up, else quotes; quote: never generates; generate: always.")
  var answer: AnswerMode = .auto

  @Option(help: "Sentences quoted at most (1 to 10).")
  var sentences = 3

  @Option(help: "Passages read by the generator (1 to 20).")
  var passages = 4

  @Option(help: "Tokens generated at most.")
  var maxTokens = 128

  @OptionGroup var rerank: RerankOptions
  @OptionGroup var rerankBudget: RerankBudgetOptions
  @OptionGroup var filter: FilterOptions
  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var engine: EngineSettings
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    try AskOptions.sentenceRange.check(sentences, "--sentences")
    try AskOptions.passageRange.check(passages, "--passages")
    try AskOptions.completionTokenRange.check(maxTokens, "--max-tokens")
  }

  func run() async throws {
    let open = try OpenIndex(
      directory: index.index, generates: answer != .quote || rerank.rerank > 0, generator: generator.choice, reuse: engine.preparedKv,
      rerankBudget: rerankBudget.duration
    ) {
      try engine.options(index: index.index, models: $0)
    }
    var options = AskOptions()
    options.mode = answer
    options.collection = index.collection
    options.sentenceLimit = sentences
    options.passageLimit = passages
    options.rerankLimit = rerank.rerank
    options.filter = filter.filter
    options.completionTokenLimit = maxTokens

    var final: Answer?
    for try await event in open.answerer.ask(question, options) {
      switch event {
      case .sources: break
      case .text(let text): if !output.json { Terminal.write(Terminal.printable(text)) }
      case .finished(let answer): final = answer
      }
    }
    guard let final else { preconditionFailure("the answer ended without its last event") }
    if output.json { JSONOutput.write(final) } else { show(final) }
    open.showNotices(output)
    await open.close()
    if final.abstained { throw ExitCode.noAnswer }
  }

  private func show(_ answer: Answer) {
    if answer.abstained {
      Terminal.write("The documents do not say.\n")
      if !answer.sources.isEmpty { Terminal.write("\n\(Terminal.output.style("Closest passages", .bold))\n") }
    } else {
      Terminal.write("\n\n\(Terminal.output.style("Sources", .bold))\n")
    }
    for source in answer.sources {
      let place = Place(document: source.document, path: source.path, page: source.page, lines: source.lines).description
      Terminal.write("[\(source.number)] \(Terminal.output.style(place, .cyan))\(source.heading.map { "  " + Terminal.printable($0) } ?? "")\n")
      let lines = Terminal.printable(source.quote).split(separator: "\n")
      for line in lines.prefix(6) { Terminal.write("    \(line)\n") }
      if lines.count > 6 { Terminal.write("    …\n") }
    }
    let usage = answer.usage
    var remark = "found in \(milliseconds(usage.retrievalSeconds))"
    if answer.receipt.rerankedPassages > 0 { remark += ", \(answer.receipt.rerankedPassages) passages judged" }
    if usage.completionTokens > 0 {
      remark += "; read \(usage.promptTokens) tokens (\(usage.cachedTokens) cached) in \(milliseconds(usage.prefillSeconds))"
      remark += ", wrote \(usage.completionTokens) in \(milliseconds(usage.decodeSeconds))"
    }
    let leftOut = answer.receipt.leftOutPassages
    if leftOut > 0 {
      remark += "; \(leftOut == 1 ? "1 passage" : "\(leftOut) passages") had no room beside the question and the answer, and were not read"
    }
    if let approximation = answer.receipt.approximation {
      remark += "; approximate (\(approximation)): \(usage.preparedTokens) tokens as they were read in another place"
    }
    if answer.kind == .quote, let verification = answer.verification, !verification.supported {
      remark += "; quoted, because the generated text did not stand up"
    }
    output.remark(remark)
  }

  private func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1000).rounded())) ms" }
}
