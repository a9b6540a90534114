package import Inference
package import Retrieval
import Store
import Tokenizer

/// Judges passages by how likely the generator finds the question after each of them (Ponte & Croft 1998; with language models Sachan et al. 2022).
///
/// The passage stands behind the instructions as `PassagePreparation` has it, so what is prepared, or judged again, is not read again.
package struct QueryLikelihood: Sendable {
  private let engine: GenerationEngine
  private let preparation: PassagePreparation
  private let budget: Duration?

  /// Passages that one question may have judged; 0 for none.
  package static let limitRange = 0...50

  /// Tokens of a question that are judged at most: logits are computed after each of them, for each passage.
  private static let tokenLimit = 256

  /// Passages between two looks at the clock, which the engine reads side by side.
  private static let groupSize = 4

  /// - Parameter budget: No group of passages is begun that would end after it, going by the slowest one before; the first always is. `nil` for no limit.
  package init(engine: GenerationEngine, collection: String, budget: Duration? = nil) {
    self.engine = engine
    self.budget = budget
    preparation = PassagePreparation(engine: engine, collection: collection)
  }

  /// The passages in a new order.
  ///
  /// - Parameter passages: Best first.
  package func order(_ passages: [Passage], for question: String) async throws -> [Passage] {
    Reranking.order(passages, likelihoods: try await likelihoods(of: passages.map(\.chunk), for: question))
  }

  /// The mean log-probability of the question's tokens after each passage; `nil` for passages that the model cannot read by themselves, and for those
  /// that the budget leaves no time for.
  private func likelihoods(of chunks: [StoredChunk], for question: String) async throws -> [Double?] {
    let tokenizer = engine.model.tokenizer
    let asked = Array(tokenizer.encode(" " + question).prefix(Self.tokenLimit))
    let words = tokenizer.encode("\nQuestion:") + asked
    let requests = try chunks.map { chunk -> GenerationRequest? in
      guard var request = try preparation.request(for: chunk) else { return nil }
      request.prompt += words
      request.scoredTokenCount = asked.count
      return request.prompt.count < engine.tokenLimit ? request : nil
    }
    var results = try await resultsWithinBudget(requests.compactMap { $0 })[...]
    return requests.map { request in
      guard request != nil, let result = results.popFirst() else { return nil }
      let mean = result.promptLogProbabilities.reduce(0) { $0 + Double($1) } / Double(max(1, asked.count))
      // A damaged model computes what is no number.
      return mean.isFinite ? mean : nil
    }
  }

  /// Of the first requests, all of them if there is time.
  private func resultsWithinBudget(_ requests: [GenerationRequest]) async throws -> [GenerationResult] {
    guard let budget else { return try await engine.results(of: requests) }
    let start = ContinuousClock.now
    var results: [GenerationResult] = []
    var slowest = Duration.zero
    while results.count < requests.count, start.duration(to: .now) + slowest <= budget || results.isEmpty {
      let groupStart = ContinuousClock.now
      results += try await engine.results(of: Array(requests[results.count..<min(requests.count, results.count + Self.groupSize)]))
      slowest = max(slowest, groupStart.duration(to: .now))
    }
    return results
  }
}
