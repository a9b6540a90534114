import Tokenizer

/// What was read and written, as far as penalties look back.
struct TokenHistory: Sendable {
  /// The last tokens of prompt and text, oldest first, up to twice the window.
  private var recent: [TokenID] = []
  private var writtenCounts: [TokenID: Int] = [:]
  private let window: Int

  init(prompt: [TokenID], window: Int) {
    self.window = window
    recent = Array(prompt.suffix(window))
  }

  mutating func record(_ token: TokenID) {
    writtenCounts[token, default: 0] += 1
    guard window > 0 else { return }
    recent.append(token)
    // Cut now and then rather than every time.
    if recent.count >= 2 * window { recent.removeFirst(recent.count - window) }
  }

  /// Changes the logits of the tokens that were there.
  func penalise(_ logits: inout [Float], _ parameters: SamplingParameters) {
    if parameters.repetitionPenalty != 1 {
      let penalty = Float(parameters.repetitionPenalty)
      for token in Set(recent.suffix(window)) where logits.indices.contains(Int(token)) {
        let logit = logits[Int(token)]
        logits[Int(token)] = logit > 0 ? logit / penalty : logit * penalty
      }
    }
    if parameters.presencePenalty != 0 || parameters.frequencyPenalty != 0 {
      for (token, count) in writtenCounts where logits.indices.contains(Int(token)) {
        logits[Int(token)] -= Float(parameters.presencePenalty + parameters.frequencyPenalty * Double(count))
      }
    }
  }
}
