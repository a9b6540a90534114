package import Tokenizer

/// What is to be continued, and until when.
package struct GenerationRequest: Sendable {
  package var prompt: [TokenID]
  /// Tokens written at most.
  package var maximumTokenCount: Int
  /// 0 takes the likeliest token; higher values spread further.
  package var temperature: Double
  /// Chooses the random numbers when `temperature` is above 0.
  package var seed: UInt64
  /// Texts at which writing stops; they are not part of the result.
  package var stopSequences: [String]

  package init(prompt: [TokenID], maximumTokenCount: Int = 128, temperature: Double = 0, seed: UInt64 = 0, stopSequences: [String] = []) {
    self.prompt = prompt
    self.maximumTokenCount = maximumTokenCount
    self.temperature = temperature
    self.seed = seed
    self.stopSequences = stopSequences
  }
}

package enum GenerationEvent: Sendable {
  /// More text: whole characters only.
  case text(String)
  /// The last event.
  case finished(GenerationResult)
}

/// How one generation went.
package struct GenerationResult: Sendable, Equatable {
  package enum FinishReason: String, Sendable { case endOfText, limit, stopSequence, loop }

  package var promptTokenCount: Int
  /// Tokens of the prompt whose keys and values were there from an earlier request.
  package var cachedTokenCount: Int
  package var completionTokenCount: Int
  package var prefillSeconds: Double
  package var decodeSeconds: Double
  package var finishReason: FinishReason
}
