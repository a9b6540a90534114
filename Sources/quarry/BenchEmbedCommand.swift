import ArgumentParser
import Embedding
import Foundation
import Ingestion
import Models
import Store

extension BenchCommand {
  struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "embed", abstract: "Measure the embedder alone, on the passages of an index.",
      discussion: "What ingestion could reach on the same text if reading, cutting and storing took no time.")

    @OptionGroup var index: IndexOptions
    @OptionGroup var output: OutputOptions

    private struct Result: Encodable {
      let tokens: Int
      let seconds: Double
      let rate: Double

      enum CodingKeys: String, CodingKey {
        case tokens, seconds
        case rate = "tokens_per_second"
      }
    }

    func run() throws {
      let store = try Store.open(directory: index.index, access: .reading)
      let collection = try store.requireCollection(named: index.collection)
      let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
      let rate = try EmbeddingRate(of: collection.id, in: store, embedder: embedder)
      let result = Result(tokens: rate.tokens, seconds: rate.seconds, rate: Double(rate.tokens) / rate.seconds)
      if output.json { return JSONOutput.write(result) }
      Terminal.write("\(rate.tokens) tokens in \(String(format: "%.2f", rate.seconds)) s: \(Int(result.rate)) tokens/s\n")
    }
  }
}
