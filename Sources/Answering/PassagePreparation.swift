package import Inference
package import Store
import Tokenizer

/// Reads passages before anybody asks, each behind the instructions as if it were a question's only one, so that its keys and values are known when
/// it is found. Where it then comes first they are used as they are; elsewhere `ReuseMethod` takes them over.
package struct PassagePreparation: Sendable {
  private let engine: GenerationEngine
  private let collection: String

  package init(engine: GenerationEngine, collection: String) {
    self.engine = engine
    self.collection = collection
  }

  /// What became of a collection's passages.
  package struct Report: Sendable, Codable, Equatable {
    /// Passages that are ready now, and those of them that were before.
    package var prepared = 0
    package var unchanged = 0
    /// Passages for which the disk had no room.
    package var left = 0
    /// Passages that the model cannot read by themselves.
    package var unsuitable = 0
    package var tokens = 0
    package var seconds = 0.0
  }

  /// Passages that are read side by side.
  private static let batchSize = 8

  /// Prepares all passages of a collection, by their documents' paths, as many as there is room for on disk.
  ///
  /// - Parameter isCancelled: Asked between passages; what is done stays.
  /// - Throws: What store and engine throw.
  package func prepareAll(
    of store: Store, isCancelled: () -> Bool = { false }, progress: (_ done: Int, _ total: Int, _ tokens: Int) -> Void
  ) async throws -> Report {
    var report = Report()
    let start = ContinuousClock.now
    guard let handle = try store.collection(named: collection) else { return report }
    let ids = try store.chunkIDs(of: handle.id)
    var room = engine.keptTokenCount
    var done = 0
    while done < ids.count, !isCancelled() {
      let batch = ids[done..<min(done + Self.batchSize, ids.count)]
      let chunks = try store.chunks(Array(batch))
      var requests: [GenerationRequest] = []
      for id in batch {
        guard let chunk = chunks[id] else { continue }
        guard let request = try request(for: chunk) else {
          report.unsuitable += 1
          continue
        }
        // The instructions are kept once.
        let need = request.prompt.count - request.instructionTokenCount + 2 * engine.blockTokenCount
        if need <= room {
          room -= need
          requests.append(request)
        } else {
          report.left += 1
        }
      }
      for result in try await engine.results(of: requests) {
        report.prepared += 1
        report.tokens += result.promptTokenCount - result.cachedTokenCount
        // All but the last token, which is always computed.
        if result.cachedTokenCount >= result.promptTokenCount - 1 { report.unchanged += 1 }
      }
      done += batch.count
      progress(done, ids.count, report.tokens)
    }
    report.seconds = start.duration(to: .now) / .seconds(1)
    return report
  }

  /// Has passages prepared when the engine has nothing else to do.
  func prepareLater(_ chunks: [StoredChunk]) throws {
    for chunk in chunks { if let request = try request(for: chunk) { engine.prepare(request) } }
  }

  /// The request that reads a passage and writes nothing; `nil` if the model's template or tokenizer does not let passages be told apart, or if the
  /// passage is too long for the model or for the memory of the engine.
  func request(for chunk: StoredChunk) throws -> GenerationRequest? {
    let prompt = Prompt(passages: [chunk.promptText], quotes: [], question: "")
    let model = engine.model
    let (tokens, stretches) = try model.tokenizer.encode(
      model.chatTemplate.render(prompt.messages, addGenerationPrompt: true), dividing: prompt.passages)
    guard let passage = stretches.first, passage.upperBound < engine.tokenLimit else { return nil }
    var request = GenerationRequest(prompt: Array(tokens[..<passage.upperBound]), maximumTokenCount: 0)
    request.namespace = Self.namespace(of: collection)
    request.instructionTokenCount = passage.lowerBound
    return request
  }

  /// Where keys and values of a collection's documents are kept.
  static func namespace(of collection: String) -> String { "collection \(collection)" }
}
