import ArgumentParser
import Foundation
import Service

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer over HTTP, on this machine only unless told otherwise.",
    discussion: """
      POST /v1/ask, POST /v1/search, POST /v1/chat/completions (OpenAI's form), GET /v1/models, /healthz, /readyz.
      SIGTERM or ^C stops it when the requests at hand are answered.
      """)

  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "Port to listen on; 0 takes a free one and prints it.")
  var port = 8707

  @Flag(help: "Allow an address that other machines can reach. There are no keys yet: only behind a proxy that asks for one.")
  var allowRemote = false

  @Option(
    help: ArgumentHelp("Take this folder in, and what changes in it, while answering; several times for several.", valueName: "folder"),
    completion: .directory)
  var watch: [String] = []

  @OptionGroup var rerankBudget: RerankBudgetOptions
  @OptionGroup var generator: GeneratorOptions
  @OptionGroup var engine: EngineSettings
  @OptionGroup var index: IndexOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
  }

  func run() async throws {
    let ingestion = try watch.isEmpty ? nil : BackgroundIngestion(watch, into: index, output)
    defer { ingestion?.stop() }
    let open = try OpenIndex(
      directory: index.index, generates: true, generator: generator.choice, reuse: engine.preparedKv, rerankBudget: rerankBudget.duration
    ) {
      try engine.options(index: index.index, models: $0)
    }
    open.showNotices(output)
    var configuration = ServiceConfiguration()
    configuration.host = host
    configuration.port = port
    configuration.allowRemote = allowRemote
    configuration.collection = index.collection
    let service = QuarryService(
      configuration: configuration, answerer: open.answerer, retriever: open.retriever, engine: open.engine, store: open.store
    ) { ingestion?.status ?? IngestionStatus() }
    ingestion?.start()
    try await service.run()
    await open.close()
  }
}
