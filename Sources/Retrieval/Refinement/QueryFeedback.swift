import Foundation

/// Moves a question's vector towards the passages that fit it best (Rocchio 1971, without judgements): q + β · Σ w · v over the best few, with weights
/// that fall with their scores' distance from the best one's, so that a clear winner decides.
package enum QueryFeedback {
  private static let passageCount = 5
  private static let beta: Float = 0.8
  /// Of the exponential that makes weights of scores between 0 and 1.
  private static let temperature = 0.15

  /// - Parameters:
  ///   - question: L2-normalised.
  ///   - best: Scores and vectors, best first.
  /// - Returns: L2-normalised.
  package static func moved(_ question: [Float], towards best: [(score: Double, vector: [Float])]) -> [Float] {
    let best = best.prefix(passageCount)
    guard let top = best.first else { return question }
    let weights = best.map { exp(($0.score - top.score) / temperature) }
    let sum = weights.reduce(0, +)
    var moved = question
    for (weight, passage) in zip(weights, best) {
      let share = beta * Float(weight / sum)
      for index in moved.indices { moved[index] += share * passage.vector[index] }
    }
    let length = moved.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? moved.map { $0 / length } : question
  }
}
