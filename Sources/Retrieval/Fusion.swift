/// How a dense and a lexical score become one: the convex sum of both, each divided by the best among the candidates.
///
/// Cosine is counted from 0 and BM25 is 0 for what does not match, so a score does not depend on how bad the worst candidate is (which it
/// would with min-max), only on the best. After Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", ACM TOIS 2023.
package struct Fusion: Sendable, Equatable {
  /// The dense side's share, from 0 to 1; the lexical side has the rest.
  package var denseWeight: Double

  package init(denseWeight: Double = 0.6) {
    precondition((0...1).contains(denseWeight), "a weight is a share of one")
    self.denseWeight = denseWeight
  }

  /// Scores candidates.
  ///
  /// - Parameters:
  ///   - dense: Cosine of every candidate.
  ///   - lexical: BM25 of those that have any of the terms.
  /// - Returns: The parts of the score of every chunk in `dense`.
  package func scores(dense: [Int64: Double], lexical: [Int64: Double]) -> [Int64: ScoreExplanation] {
    let bestDense = dense.values.max() ?? 0
    let bestLexical = lexical.values.max() ?? 0
    let denseRanks = ranks(dense)
    let lexicalRanks = ranks(lexical)
    var explanations: [Int64: ScoreExplanation] = [:]
    for (chunk, cosine) in dense {
      let bm25 = lexical[chunk]
      explanations[chunk] = ScoreExplanation(
        dense: .init(
          raw: cosine, normalised: bestDense > 0 ? max(0, cosine) / bestDense : 0, weight: denseWeight, rank: denseRanks[chunk]),
        lexical: .init(
          raw: bm25, normalised: bestLexical > 0 ? max(0, bm25 ?? 0) / bestLexical : 0, weight: 1 - denseWeight, rank: lexicalRanks[chunk]),
        matchedStems: [])
    }
    return explanations
  }

  /// Scores candidates again after a closer look.
  ///
  /// - Parameters:
  ///   - explanations: What `scores` gave.
  ///   - dense: Of every candidate.
  ///   - lexical: Of those that were looked at; the others keep their BM25, as a part of the best one.
  func refined(_ explanations: [Int64: ScoreExplanation], dense: [Int64: Double], lexical: [Int64: Double]) -> [Int64: ScoreExplanation] {
    let bestDense = dense.values.max() ?? 0
    let bestLexical = lexical.values.max() ?? 0
    var refined = explanations
    for (chunk, explanation) in explanations {
      var explanation = explanation
      if let cosine = dense[chunk] {
        explanation.dense.refined = cosine
        explanation.dense.normalised = bestDense > 0 ? max(0, cosine) / bestDense : 0
      }
      if let score = lexical[chunk] {
        explanation.lexical.refined = score
        explanation.lexical.normalised = bestLexical > 0 ? score / bestLexical : 0
      }
      refined[chunk] = explanation
    }
    return refined
  }

  /// Places from 1, best first; of equal scores the older chunk first.
  private func ranks(_ scores: [Int64: Double]) -> [Int64: Int] {
    let order = scores.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    return Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1.key, $0 + 1) })
  }
}
