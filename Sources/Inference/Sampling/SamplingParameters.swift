package import Tokenizer

/// How the next token is chosen from a model's logits. As it is made without arguments: the likeliest token, always.
///
/// The steps, in their order: penalties → bias → mask of a grammar → temperature → top-k → top-p → min-p → draw.
package struct SamplingParameters: Sendable, Equatable {
  /// 0 takes the likeliest token; higher values spread further.
  package var temperature: Double
  /// Only so many of the likeliest tokens are drawn from; `nil` for all.
  package var topK: Int?
  /// Only the fewest likeliest tokens that together have this probability are drawn from (Holtzman et al. 2020).
  package var topP: Double
  /// Only tokens at least this many times as likely as the likeliest are drawn from (Nguyen et al. 2024).
  package var minP: Double
  /// Tokens among the last `repetitionWindow` of prompt and text: their logits are divided by this, or multiplied if they are negative (Keskar et
  /// al. 2019).
  package var repetitionPenalty: Double
  package var repetitionWindow: Int
  /// Taken from the logits of tokens that were written; the prompt does not count.
  package var presencePenalty: Double
  /// Taken from the logits of tokens as many times as they were written; the prompt does not count.
  package var frequencyPenalty: Double
  /// Added to logits; minus infinity forbids a token.
  package var logitBias: [TokenID: Float]
  /// Chooses the random numbers when `temperature` is above 0.
  package var seed: UInt64

  package init(
    temperature: Double = 0, topK: Int? = nil, topP: Double = 1, minP: Double = 0, repetitionPenalty: Double = 1, repetitionWindow: Int = 64,
    presencePenalty: Double = 0, frequencyPenalty: Double = 0, logitBias: [TokenID: Float] = [:], seed: UInt64 = 0
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.repetitionWindow = repetitionWindow
    self.presencePenalty = presencePenalty
    self.frequencyPenalty = frequencyPenalty
    self.logitBias = logitBias
    self.seed = seed
  }

  /// Throws an `InferenceError` that names the first value out of its range, and the range.
  package func check(vocabularySize: Int) throws(InferenceError) {
    func require(_ isAllowed: Bool, _ name: String, _ value: Any, _ range: String) throws(InferenceError) {
      guard isAllowed else { throw .parameter(name, "\(value)", allowed: range) }
    }
    try require((0...100).contains(temperature), "temperature", temperature, "a number from 0 to 100")
    if let topK { try require(topK >= 1, "top-k", topK, "1 or more") }
    try require(topP > 0 && topP <= 1, "top-p", topP, "a number above 0, up to 1")
    try require((0...1).contains(minP), "min-p", minP, "a number from 0 to 1")
    try require(repetitionPenalty > 0 && repetitionPenalty <= 10, "the repetition penalty", repetitionPenalty, "a number above 0, up to 10")
    try require(repetitionWindow >= 0, "the repetition window", repetitionWindow, "0 or more")
    try require((-2...2).contains(presencePenalty), "the presence penalty", presencePenalty, "a number from -2 to 2")
    try require((-2...2).contains(frequencyPenalty), "the frequency penalty", frequencyPenalty, "a number from -2 to 2")
    // In the order of the tokens, so that the same request gives the same error.
    for (token, bias) in logitBias.sorted(by: { $0.key < $1.key }) {
      try require(token >= 0 && token < vocabularySize, "a token with a bias", token, "0 to \(vocabularySize - 1)")
      try require((-100...100).contains(bias) || bias == -.infinity, "the bias of token \(token)", bias, "a number from -100 to 100, or -inf")
    }
  }
}
