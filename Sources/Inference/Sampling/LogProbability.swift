import Foundation
package import Tokenizer

/// A token and the logarithm of the probability that the model gave it.
package struct LogProbability: Sendable, Equatable {
  package let token: TokenID
  package let value: Float

  /// How many tokens one may ask for beside the chosen one.
  package static let countLimit = 20

  /// Of `chosen` and of the `count` likeliest tokens, likeliest first: the log-softmax of the model's own logits, before penalties, bias, masks
  /// and temperature. Logits that are no finite numbers count as impossible.
  package static func measure(_ logits: [Float], chosen: TokenID, count: Int) -> (chosen: LogProbability, likeliest: [LogProbability]) {
    let candidates = Candidate.all(of: logits, allowing: nil)
    let highest = Double(candidates.lazy.map(\.logit).max() ?? 0)
    let logarithm = highest + log(candidates.reduce(0) { $0 + exp(Double($1.logit) - highest) })
    func measured(_ token: TokenID) -> LogProbability {
      LogProbability(token: token, value: Float(Double(logits[Int(token)]) - logarithm))
    }
    return (measured(chosen), Candidate.likeliest(count, of: candidates).map { measured($0.token) })
  }
}
