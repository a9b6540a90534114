import Scheduling
package import Tokenizer

/// What is to be continued, how, and until when.
package struct GenerationRequest: Sendable {
  package var prompt: [TokenID]
  /// Tokens written at most.
  package var maximumTokenCount: Int
  package var sampling: SamplingParameters
  /// Texts at which writing stops; they are not part of the result.
  package var stopSequences: [String]
  /// What the text must be: it is, unless the token limit ended it.
  package var constraint: OutputConstraint?
  /// How many of the likeliest tokens are reported with each token, with their log-probabilities; 0 for the written one's only, `nil` for none.
  package var logProbabilityCount: Int?
  /// Whose it is: only requests of the same namespace share keys and values, so that nobody can tell from the time what was asked in another.
  package var namespace = ""
  /// How much of the prompt's beginning is the same for all requests, and worth keeping before anything else.
  package var instructionTokenCount = 0
  /// Tokens at the prompt's end of which the log-probabilities are told, each after all before it (query likelihood).
  package var scoredTokenCount = 0
  /// Stretches of the prompt that other prompts have in other places, in order; they matter only for `reuse`.
  package var passages: [Range<Int>] = []
  /// Whether, and how, passages are taken over that were read in another place; `nil` for exact answers only.
  package var reuse: ReuseMethod?

  package init(
    prompt: [TokenID], maximumTokenCount: Int = 128, sampling: SamplingParameters, stopSequences: [String] = [],
    constraint: OutputConstraint? = nil, logProbabilityCount: Int? = nil
  ) {
    self.prompt = prompt
    self.maximumTokenCount = maximumTokenCount
    self.sampling = sampling
    self.stopSequences = stopSequences
    self.constraint = constraint
    self.logProbabilityCount = logProbabilityCount
  }

  package init(prompt: [TokenID], maximumTokenCount: Int = 128, temperature: Double = 0, seed: UInt64 = 0, stopSequences: [String] = []) {
    self.init(
      prompt: prompt, maximumTokenCount: maximumTokenCount, sampling: SamplingParameters(temperature: temperature, seed: seed),
      stopSequences: stopSequences)
  }

  /// Throws an `InferenceError` if this model cannot serve the request.
  func check(vocabularySize: Int, contextLength: Int) throws(InferenceError) {
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard prompt.count < contextLength else { throw .promptTooLong(prompt.count, limit: contextLength) }
    for token in prompt where token < 0 || token >= vocabularySize { throw .token(token, vocabularySize: vocabularySize) }
    try sampling.check(vocabularySize: vocabularySize)
    guard 0..<prompt.count ~= scoredTokenCount, scoredTokenCount == 0 || reuse == nil else {
      throw .parameter(
        "the number of tokens to be judged", "\(scoredTokenCount)", allowed: "less than the prompt's, of a prompt that is read exactly")
    }
    guard constraint == nil || stopSequences.allSatisfy(\.isEmpty) else { throw .constraintWithStops }
    if let count = logProbabilityCount, !(0...LogProbability.countLimit).contains(count) {
      throw .parameter("the number of log-probabilities", "\(count)", allowed: "0 to \(LogProbability.countLimit)")
    }
  }
}

extension GenerationRequest {
  /// What the scheduler is told of passages to be taken over, and the namespace for what comes of it.
  var passageReuse: (namespace: String, passages: PassageReuse)? {
    guard let reuse, !passages.isEmpty else { return nil }
    let (recomputedCount, isBlending) =
      switch reuse {
      case .epic(let count): (count, false)
      case .cacheBlend: (0, true)
      }
    return (
      "\(namespace)\u{0}\(reuse)", PassageReuse(source: namespace, passages: passages, recomputedCount: recomputedCount, isBlending: isBlending)
    )
  }
}

package enum GenerationEvent: Sendable {
  /// More text: whole characters only.
  case text(String)
  /// The last event.
  case finished(GenerationResult)
}

/// What `GenerationEngine.generateTokens` gives: each token, and then the text that it made certain, if any.
package enum TokenEvent: Sendable {
  case token(GeneratedToken)
  case generation(GenerationEvent)
}

/// One token of a text, as it was chosen.
package struct GeneratedToken: Sendable, Equatable {
  package var token: TokenID
  /// Its part of the text; it may begin or end within a character.
  package var bytes: [UInt8]
  /// The logarithm of the probability that the model itself gave it (see `LogProbability.measure`), if log-probabilities were asked for.
  package var logProbability: Float?
  /// As many of the likeliest tokens as were asked for, likeliest first.
  package var likeliest: [LogProbability]
}

/// How one generation went.
package struct GenerationResult: Sendable, Equatable {
  package enum FinishReason: String, Sendable { case endOfText, limit, stopSequence, loop }

  package var promptTokenCount: Int
  /// Tokens of the prompt whose keys and values were there from an earlier request.
  package var cachedTokenCount: Int
  /// Those of the cached ones that came from disk.
  package var diskTokenCount: Int
  /// Tokens of the prompt, beside the cached ones, whose keys and values were taken over from where their passage stood before.
  package var movedTokenCount: Int
  package var completionTokenCount: Int
  /// Tokens that were guessed ahead, and those that held.
  package var draftedTokenCount: Int
  package var acceptedTokenCount: Int
  /// Until its first token was computed; while its prompt was read, beside others perhaps; while it was written.
  package var queueSeconds: Double
  package var prefillSeconds: Double
  package var decodeSeconds: Double
  package var finishReason: FinishReason
  /// Of the prompt's last tokens, as many as were asked for: log-softmax of the model's own logits.
  package var promptLogProbabilities: [Float] = []
}
