import Answering
import ArgumentParser
import Foundation
import Retrieval
import Store

struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Find the passages for a question, by meaning and by words.")

  @Argument(help: "What to look for.")
  var query: String

  @Option(name: .shortAndLong, help: "Passages at most.")
  var limit = 10

  @Option(help: "Prefer passages that say other things than those before them: 0 for not at all, to 1.")
  var diversity = 0.0

  @Flag(inversion: .prefixedNo, help: "Show passages that touch in their document as one.")
  var join = true

  @Flag(help: "Show each part of every score.")
  var explain = false

  @Option(help: ArgumentHelp("Say where this document is, which should have been found: its path, or its record's name.", valueName: "document"))
  var expect: String?

  @OptionGroup var rerank: RerankOptions
  @OptionGroup var rerankBudget: RerankBudgetOptions
  @OptionGroup var filter: FilterOptions
  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var keyValues: KeyValueOptions
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0...1).contains(diversity) else { throw ValidationError("--diversity must be from 0 to 1") }
    guard rerank.rerank == 0 || (diversity == 0 && expect == nil) else {
      throw ValidationError("--rerank orders by the score, and is not for --diversity or --expect")
    }
    guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000") }
  }

  func run() async throws {
    let open = try OpenIndex(directory: index.index, generates: rerank.rerank > 1, generator: generator.choice, rerankBudget: rerankBudget.duration) {
      _ in
      keyValues.engineOptions(index: index.index)
    }
    var options = SearchOptions()
    options.collection = index.collection
    options.limit = limit
    options.filter = filter.filter
    options.diversity = diversity
    options.joinsNeighbours = join
    if let expect { return show(try open.retriever.trace(expect, for: query, options)) }
    let passages = try await open.answerer.search(query, options, rerankLimit: rerank.rerank)
    open.showNotices(output)
    await open.close()
    if output.json {
      JSONOutput.write(SearchResults(passages, explain: explain))
    } else {
      for passage in passages { show(passage) }
    }
    if passages.isEmpty {
      output.remark("nothing in the documents fits")
      throw ExitCode.noAnswer
    }
  }

  private func show(_ trace: DocumentTrace) {
    if output.json { return JSONOutput.write(trace) }
    Terminal.write("\(Terminal.output.style(Terminal.printable(trace.document), .cyan)): \(Terminal.printable(trace.description))\n")
  }

  private func show(_ passage: Passage) {
    let result = SearchResults.Result(passage, explain: false)
    let place = Terminal.output.style(Place(document: result.document, path: result.path, page: result.page, lines: result.lines).description, .cyan)
    var text = "\(Terminal.output.style("\(passage.rank).", .bold)) \(place)  \(String(format: "%.3f", passage.score))"
    if let heading = result.heading { text += "  \(Terminal.printable(heading))" }
    text += "\n"
    if explain { text += passage.explanation.description.split(separator: "\n").map { "   \($0)\n" }.joined() }
    for line in Terminal.printable(passage.chunk.text).split(separator: "\n") { text += "   \(line)\n" }
    Terminal.write(text + "\n")
  }
}
