import Tokenizer

/// One text while it is written: takes the logits after the last token, gives the next one, until the text ends.
///
/// It holds all that belongs to the text and nothing of the model's state, so that texts written side by side do not know of each other.
struct Continuation {
  private let tokenizer: any TextTokenizer
  private let modelPath: String
  private let logProbabilityCount: Int?
  private let maximumTokenCount: Int
  /// Tokens that may still be written.
  var remainingTokenCount: Int { maximumTokenCount - tokenCount }
  private var sampler: Sampler
  private var text: TextStream
  private var loop = LoopDetector()
  /// A text that is held to a constraint; it does not end because it repeats itself, which may well be what it must do.
  private var constrained: ConstrainedText?
  private(set) var tokenCount = 0
  /// Set when the text is at its end.
  private(set) var finishReason: GenerationResult.FinishReason?

  /// - Parameters:
  ///   - request: It was checked.
  ///   - constrained: The beginning of a text, if it is held to a constraint.
  init(_ request: GenerationRequest, model: LanguageModel, constrained: ConstrainedText?) {
    tokenizer = model.tokenizer
    modelPath = model.path
    logProbabilityCount = request.logProbabilityCount
    maximumTokenCount = min(request.maximumTokenCount, model.contextLength - request.prompt.count)
    sampler = Sampler(request.sampling, prompt: request.prompt)
    text = TextStream(stopSequences: request.stopSequences)
    self.constrained = constrained
    if maximumTokenCount <= 0 { finishReason = .limit }
  }

  /// Chooses the next token and says what is known of it; `nil` when the text ended without one more.
  ///
  /// - Returns: The token, which is to be read if `finishReason` is still `nil`.
  mutating func write(after logits: [Float], emit: (TokenEvent) -> Void) throws(InferenceError) -> TokenID? {
    precondition(finishReason == nil, "the text is at its end")
    guard let token = sampler.choose(from: logits, allowing: constrained?.allowed()) else {
      throw constrained == nil ? .notANumber(modelPath) : .noTokenFits(modelPath)
    }
    if tokenizer.endOfGeneration.contains(token) {
      finish(.endOfText, emit)
      return nil
    }
    tokenCount += 1
    let bytes = tokenizer.bytes(of: token)
    emit(.token(generated(token, bytes, logits)))
    if let more = text.append(bytes) { emit(.generation(.text(more))) }
    if let before = constrained {
      guard let after = before.appending(bytes) else { preconditionFailure("a mask allowed a token that the grammar does not") }
      constrained = after
      // No byte may follow: there is no need to ask the model for the end.
      if after.isFinished { finish(.endOfText, emit) }
    } else if text.isStopped {
      finish(.stopSequence, emit)
    } else if loop.isLooping(after: token) {
      finish(.loop, emit)
    }
    if finishReason == nil, tokenCount == maximumTokenCount { finish(.limit, emit) }
    return token
  }

  private mutating func finish(_ reason: GenerationResult.FinishReason, _ emit: (TokenEvent) -> Void) {
    finishReason = reason
    if let rest = text.finish() { emit(.generation(.text(rest))) }
  }

  private func generated(_ token: TokenID, _ bytes: [UInt8], _ logits: [Float]) -> GeneratedToken {
    guard let logProbabilityCount else { return GeneratedToken(token: token, bytes: bytes, logProbability: nil, likeliest: []) }
    let measured = LogProbability.measure(logits, chosen: token, count: logProbabilityCount)
    return GeneratedToken(token: token, bytes: bytes, logProbability: measured.chosen.value, likeliest: measured.likeliest)
  }
}
