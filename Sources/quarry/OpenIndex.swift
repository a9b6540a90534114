import Answering
import Diagnostics
import Embedding
import Foundation
import Inference
import Models
import Retrieval
import Store

/// An index opened for questions, with the models that they need.
struct OpenIndex {
  let store: Store
  let retriever: Retriever
  let engine: GenerationEngine?
  private let reuse: ReuseMethod?
  private let rerankBudget: Duration?

  var answerer: Answerer { Answerer(retriever: retriever, engine: engine, reuse: reuse, rerankBudget: rerankBudget) }

  /// - Parameters:
  ///   - generates: Whether a generator is needed at all.
  ///   - generator: As `--generator`; `nil` for the default one.
  ///   - reuse: How passages are taken over that were read elsewhere; `nil` for exact answers.
  ///   - rerankBudget: How long the generator may judge passages for one question; `nil` for as long as it takes.
  ///   - engine: What the engine may take; asked only if there is one.
  init(
    directory: String, generates: Bool, generator: String?, reuse: ReuseMethod? = nil, rerankBudget: Duration? = nil,
    engine options: (ModelFolder) throws -> EngineOptions = { _ in EngineOptions() }
  ) throws {
    let models = ModelFolder.standard()
    store = try Store.open(directory: directory, access: .reading)
    retriever = Retriever(store: store, embedder: try Embedder(directory: models.embedderPath()))
    self.reuse = reuse
    self.rerankBudget = rerankBudget
    engine =
      generates
      ? try GenerationEngine(
        model: LanguageModel.load(path: models.generatorPath(generator)),
        options: options(models)) : nil
  }

  /// Says what went wrong so far and was got over: a derived file that was put aside, keys and values that cannot be kept on disk.
  func showNotices(_ output: OutputOptions) {
    for notice in store.notices { output.notice(notice) }
    if let engine, let limit = engine.draftTokenLimit, limit < engine.tokenLimit {
      output.notice("the draft model guesses in texts of up to \(limit) tokens only, by its context and its part of --kv-memory")
    }
    if let error = engine?.pageError { output.notice([error.message, error.why].compactMap { $0 }.joined(separator: ": ")) }
  }

  /// Keeps what the engine has read for the next start.
  func close() async { await engine?.close() }
}
