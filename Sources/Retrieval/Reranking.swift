/// Orders the best passages anew by how likely a language model finds the question after each of them: query likelihood (Ponte & Croft 1998; with
/// large models Sachan et al. 2022).
package enum Reranking {
  /// What a passage loses for each unit (nat a token) that the question is less likely after it than after the best one.
  ///
  /// The smaller the weight, the less a weak model can spoil: at 0.1 all of squad2-a, scifact and cranfield gain, at 0.5 scifact begins to lose.
  static let weight = 0.1

  /// - Parameter likelihoods: Mean log-probability of the question's tokens after each passage; `nil` where it is not known, which counts like the
  ///   worst that is.
  package static func order(_ passages: [Passage], likelihoods: [Double?]) -> [Passage] {
    precondition(passages.count == likelihoods.count, "a likelihood for each passage")
    let known = likelihoods.compactMap { $0 }
    guard let best = known.max(), let worst = known.min() else { return passages }
    var passages = passages
    for (index, likelihood) in likelihoods.enumerated() {
      passages[index].explanation.likelihood = .init(raw: likelihood, contribution: weight * ((likelihood ?? worst) - best))
      passages[index].score = passages[index].explanation.score
    }
    // Of equals the one that was better stays in front.
    let order = passages.indices.sorted { (passages[$1].score, $0) < (passages[$0].score, $1) }
    return order.enumerated().map { rank, index in
      var passage = passages[index]
      passage.rank = rank + 1
      return passage
    }
  }
}
