import ArgumentParser
import Evaluation
import Foundation
import Inference

extension BenchCommand {
  struct PerplexityOfText: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "perplexity", abstract: "Measure how well a model foresees a text, as llama.cpp's llama-perplexity does.",
      discussion: """
        The text's tokens are cut into chunks; each is read alone, and the tokens after its first half are scored: \
        exp(-mean of their log-probabilities). Less is better.
        """)

    @Argument(help: "A GGUF file.", completion: .file(extensions: ["gguf"]))
    var file: String
    @Argument(help: "A file of UTF-8 text, of two chunks at least.", completion: .file())
    var text: String
    @Option(help: ArgumentHelp("Tokens of a chunk.", valueName: "tokens"))
    var context = 512
    @Option(help: "How keys and values are kept: f16 or q8.")
    var kv: KeyValueType = .q8
    @OptionGroup var output: OutputOptions

    func run() throws {
      let content = try Perplexity.text(ofFile: text)
      let model = try LanguageModel.load(path: file, keyValueType: kv)
      var bar = ProgressBar(label: "perplexity", isQuiet: output.quiet)
      defer { bar.clear() }
      let result = try Perplexity.measure(model, text: content, context: context) { done, count in
        bar.show(fraction: Double(done) / Double(count), detail: "\(done)/\(count) tokens")
      }
      bar.clear()
      if output.json { return JSONOutput.write(result) }
      Terminal.write(
        String(
          format: "perplexity %.4f ± %.4f: %d tokens scored in chunks of %d, %.1f s\n", result.perplexity, result.standardError,
          result.scoredTokenCount,
          result.context, result.seconds))
    }
  }
}
