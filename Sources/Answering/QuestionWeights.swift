import Foundation

/// How much each word of a question says, judged by the stretches of text among which the answer is looked for.
///
/// The weight is BM25's idf over these stretches: a word that stands in most of them does not choose between them, and one that stands in none
/// weighs most. Nothing of the whole collection is needed for it.
struct QuestionWeights: Sendable {
  private let weights: [String: Double]
  private let total: Double

  /// - Parameters:
  ///   - stems: The question's, without stop words.
  ///   - stretches: The stems of each stretch.
  init(stems: [String], stretches: [Set<String>]) {
    let count = Double(stretches.count)
    var weights: [String: Double] = [:]
    for stem in stems {
      let frequency = Double(stretches.count { $0.contains(stem) })
      weights[stem] = log(1 + (count - frequency + 0.5) / (frequency + 0.5))
    }
    self.weights = weights
    // Summed in the question's order: the order of a dictionary changes from run to run, and with it the last bit of a sum.
    total = stems.reduce(0) { $0 + (weights[$1] ?? 0) }
    order = stems
  }

  private let order: [String]

  /// The share of the question, by weight, whose words are among `stems`: 0…1.
  func coverage(by stems: Set<String>) -> Double {
    guard total > 0 else { return 0 }
    return order.reduce(0) { stems.contains($1) ? $0 + (weights[$1] ?? 0) : $0 } / total
  }
}
