import Foundation
package import Tokenizer

/// Chooses one token after the other from logits.
///
/// The n-th choice draws the n-th random number of the seed and no other, whatever the logits are: a text depends neither on what else is
/// computed beside it nor on how many tokens were tried in vain.
package struct Sampler: Sendable {
  private let parameters: SamplingParameters
  private var random: SplitMix64
  private var history: TokenHistory

  /// - Parameter prompt: What the text continues, for the repetition penalty.
  package init(_ parameters: SamplingParameters, prompt: [TokenID] = []) {
    self.parameters = parameters
    random = SplitMix64(seed: parameters.seed)
    history = TokenHistory(prompt: prompt, window: parameters.repetitionPenalty == 1 ? 0 : parameters.repetitionWindow)
  }

  package init(temperature: Double, seed: UInt64) { self.init(SamplingParameters(temperature: temperature, seed: seed)) }

  /// The likeliest token at temperature 0, the first of equals; otherwise one drawn by its probability.
  ///
  /// Logits that are no finite numbers are never chosen; `nil` when none is left.
  package mutating func choose(from logits: [Float], allowing mask: TokenMask? = nil) -> TokenID? {
    let adjusted = adjusted(logits)
    let number = parameters.temperature > 0 ? random.uniform() : nil
    let token: TokenID?
    if let number {
      token = draw(number, from: kept(of: Candidate.all(of: adjusted, allowing: mask)))
    } else {
      token = Candidate.best(of: adjusted, allowing: mask)?.token
    }
    if let token { history.record(token) }
    return token
  }

  /// Penalties, then bias.
  private func adjusted(_ logits: [Float]) -> [Float] {
    var adjusted = logits
    history.penalise(&adjusted, parameters)
    for (token, bias) in parameters.logitBias where adjusted.indices.contains(Int(token)) { adjusted[Int(token)] += bias }
    return adjusted
  }

  /// What top-k, top-p and min-p leave, in the order of the tokens: a filter that leaves everything changes nothing.
  private func kept(of all: [Candidate]) -> [Candidate] {
    var kept = all
    if let topK = parameters.topK, topK < kept.count { kept = Candidate.likeliest(topK, of: kept) }
    if parameters.topP < 1 { kept = nucleus(of: kept) }
    if parameters.minP > 0, let highest = kept.lazy.map(\.logit).max() {
      kept.removeAll { weight(of: $0, below: highest) < parameters.minP }
    }
    if kept.count < all.count { kept.sort { $0.token < $1.token } }
    return kept
  }

  /// The fewest likeliest candidates that have `topP` of the probability of all. They are few most of the time, so few are looked for first.
  private func nucleus(of candidates: [Candidate]) -> [Candidate] {
    guard let highest = candidates.lazy.map(\.logit).max() else { return [] }
    let wanted = parameters.topP * candidates.reduce(0) { $0 + weight(of: $1, below: highest) }
    var count = 64
    while true {
      let likeliest = Candidate.likeliest(count, of: candidates)
      var sum = 0.0
      for (index, candidate) in likeliest.enumerated() {
        sum += weight(of: candidate, below: highest)
        if sum >= wanted { return Array(likeliest[...index]) }
      }
      if count >= candidates.count { return likeliest }
      count *= 8
    }
  }

  /// The candidate in whose part of the sum of all weights `number`, in [0, 1), falls.
  private func draw(_ number: Double, from candidates: [Candidate]) -> TokenID? {
    guard let highest = candidates.lazy.map(\.logit).max() else { return nil }
    let weights = candidates.map { weight(of: $0, below: highest) }
    var rest = number * weights.reduce(0, +)
    for (candidate, weight) in zip(candidates, weights) {
      rest -= weight
      if rest < 0 { return candidate.token }
    }
    // Rounding left a little: the last one that could be drawn.
    return zip(candidates, weights).reversed().first { $1 > 0 }?.0.token
  }

  /// exp((logit − highest) / temperature): the probability up to a factor.
  private func weight(of candidate: Candidate, below highest: Float) -> Double {
    exp((Double(candidate.logit) - Double(highest)) / parameters.temperature)
  }
}
