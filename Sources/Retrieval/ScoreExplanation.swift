/// Every part of a passage's score.
package struct ScoreExplanation: Sendable, Equatable, Encodable, CustomStringConvertible {
  /// One side's part: `weight` × `normalised` is what it adds.
  package struct Part: Sendable, Equatable, Encodable {
    /// Cosine, or BM25 with what phrases add; `nil` where no term matched.
    package var raw: Double?
    /// What of it is for words in quotation marks and identifiers that stand there as they are (`PhraseWeights`); `nil` for none.
    package var phrases: Double?
    /// The same after a closer look: cosine with the question moved towards the best passages, or `WindowScores`; `nil` where none was taken.
    package var refined: Double?
    /// `refined`, or `raw`, divided by the best candidate's; 0…1.
    package var normalised: Double
    package var weight: Double
    /// Place among the candidates of this side, from 1; `nil` where no term matched.
    package var rank: Int?

    package init(raw: Double?, normalised: Double, weight: Double, rank: Int?) {
      self.raw = raw
      self.normalised = normalised
      self.weight = weight
      self.rank = rank
    }

    /// What the side adds to the score.
    package var contribution: Double { weight * normalised }
  }

  /// What a language model finds.
  package struct Likelihood: Sendable, Equatable, Encodable {
    /// Mean log-probability of the question's tokens after the passage; `nil` where the model cannot read the passage.
    package var raw: Double?
    /// What it adds to the score: 0 for the best passage, less for others.
    package var contribution: Double
  }

  /// Nearness of meaning.
  package var dense: Part
  /// Words in common.
  package var lexical: Part
  /// Stems of the question that stand in the passage or the headings above it.
  package var matchedStems: [String]

  /// How likely the question is after the passage, if that was asked for (`Reranking`).
  package var likelihood: Likelihood?

  package init(dense: Part, lexical: Part, matchedStems: [String]) {
    self.dense = dense
    self.lexical = lexical
    self.matchedStems = matchedStems
  }

  package var score: Double { dense.contribution + lexical.contribution + (likelihood?.contribution ?? 0) }

  package var description: String {
    let likely = likelihood.map { "\nlikely  \(fixed($0.contribution))  (log-probability \($0.raw.map(fixed) ?? "unknown") a token)" } ?? ""
    return """
      dense   \(line(dense, "cosine"))
      lexical \(line(lexical, "bm25"))\(likely)
      words   \(matchedStems.isEmpty ? "none in common" : matchedStems.joined(separator: " "))
      """
  }

  private func line(_ part: Part, _ measure: String) -> String {
    guard let raw = part.raw, let rank = part.rank else {
      guard part.contribution > 0, let refined = part.refined else { return "0.000  (no match)" }
      return "\(fixed(part.contribution)) = \(fixed(part.weight)) × \(fixed(part.normalised))  (no match itself, refined \(fixed(refined)))"
    }
    let refined = part.refined.map { ", refined \(fixed($0))" } ?? ""
    let phrases = part.phrases.map { ", \(fixed($0)) of it for phrases" } ?? ""
    let product = "\(fixed(part.weight)) × \(fixed(part.normalised))"
    return "\(fixed(part.contribution)) = \(product)  (\(measure) \(fixed(raw))\(phrases), place \(rank)\(refined))"
  }

  private func fixed(_ value: Double) -> String {
    let thousandths = Int((abs(value) * 1000).rounded())
    let fraction = String(thousandths % 1000)
    let zeros = String(repeating: "0", count: 3 - fraction.count)
    return "\(value < 0 && thousandths > 0 ? "-" : "")\(thousandths / 1000).\(zeros)\(fraction)"
  }

  enum CodingKeys: String, CodingKey {
    case dense, lexical, likelihood
    case matchedStems = "words"
  }
}
