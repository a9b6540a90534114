/// How a dense and a lexical score become one: the convex sum of both, each divided by the best among the candidates.
///
/// Cosine is counted from 0 and BM25 is 0 for what does not match, so a score does not depend on how bad the worst candidate is (which it
/// would with min-max), only on the best. After Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", ACM TOIS 2023.
///
/// Where scores are not to be trusted, places can be added up instead (reciprocal rank fusion, Cormack, Clarke and Büttcher, SIGIR 2009).
package struct Fusion: Sendable, Equatable {
  /// The dense side's share, from 0 to 1; the lexical side has the rest.
  package var denseWeight: Double
  /// Whether places count in the place of scores.
  package var usesRanks: Bool

  /// What is added to a place, of reciprocal rank fusion.
  private static let rankConstant = 60.0

  package init(denseWeight: Double = 0.6, usesRanks: Bool = false) {
    precondition((0...1).contains(denseWeight), "a weight is a share of one")
    self.denseWeight = denseWeight
    self.usesRanks = usesRanks
  }

  /// Scores candidates.
  ///
  /// - Parameters:
  ///   - dense: Cosine of every candidate.
  ///   - lexical: BM25 of those that have any of the terms.
  /// - Returns: The parts of the score of every chunk in `dense`.
  package func scores(dense: [Int64: Double], lexical: [Int64: Double]) -> [Int64: ScoreExplanation] {
    let (denseRanks, lexicalRanks) = (ranks(dense), ranks(lexical))
    let (denseParts, lexicalParts) = (normalised(dense, denseRanks), normalised(lexical, lexicalRanks))
    var explanations: [Int64: ScoreExplanation] = [:]
    for (chunk, cosine) in dense {
      explanations[chunk] = ScoreExplanation(
        dense: .init(raw: cosine, normalised: denseParts[chunk] ?? 0, weight: denseWeight, rank: denseRanks[chunk]),
        lexical: .init(raw: lexical[chunk], normalised: lexicalParts[chunk] ?? 0, weight: 1 - denseWeight, rank: lexicalRanks[chunk]),
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
    let (denseParts, lexicalParts) = (normalised(dense, ranks(dense)), normalised(lexical, ranks(lexical)))
    var refined = explanations
    for place in refined.indices {
      let chunk = refined.keys[place]
      if let cosine = dense[chunk] {
        refined.values[place].dense.refined = cosine
        refined.values[place].dense.normalised = denseParts[chunk] ?? 0
      }
      if let score = lexical[chunk] {
        refined.values[place].lexical.refined = score
        refined.values[place].lexical.normalised = lexicalParts[chunk] ?? 0
      }
    }
    return refined
  }

  /// 1 for the best, from there down to 0.
  private func normalised(_ scores: [Int64: Double], _ ranks: @autoclosure () -> [Int64: Int]) -> [Int64: Double] {
    if usesRanks { return ranks().mapValues { (Self.rankConstant + 1) / (Self.rankConstant + Double($0)) } }
    let best = scores.values.max() ?? 0
    return scores.mapValues { best > 0 ? max(0, $0) / best : 0 }
  }

  /// Places from 1, best first; of equal scores the older chunk first.
  private func ranks(_ scores: [Int64: Double]) -> [Int64: Int] {
    let order = scores.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    return Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1.key, $0 + 1) })
  }
}
