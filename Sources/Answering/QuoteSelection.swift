package import Retrieval
import Store

/// The choice of the sentences that answer a question best.
///
/// A sentence's score is 1.5 × its cosine (read under its headings) + its share of the question's words + 0.5 × its passage's score. The numbers
/// were chosen on SQuAD 2.0 (see `ARCHITECTURE.md`), where everything from half to twice of them comes within a point.
package struct QuoteSelection: Sendable {
  package struct Parameters: Sendable {
    package var cosineWeight = 1.5
    package var coverageWeight = 1.0
    package var passageWeight = 0.5
    /// Sentences that are embedded: the best by words and passage. More of them never changed an answer in the measurements, and each costs time.
    package var embeddedLimit = 16
    /// How far behind the best a further sentence may be.
    package var scoreMargin = 0.5
    /// Below this (cosine + coverage of the question, 0…2, of the best passage) the documents do not answer. Of answerable questions 1 % are
    /// below, of those on other subjects 95 %.
    package var abstentionThreshold = 0.6

    package init() {}
  }

  /// A stretch with its score.
  package struct Scored: Sendable {
    package var candidate: QuoteCandidate
    package var score: Double

    package init(candidate: QuoteCandidate, score: Double) {
      self.candidate = candidate
      self.score = score
    }
  }

  /// Stretches, best first.
  package var ranked: [Scored]
  /// How well the best passage fits: cosine + coverage.
  package var fit: Double

  package func abstains(_ parameters: Parameters = Parameters()) -> Bool { ranked.isEmpty || fit < parameters.abstentionThreshold }

  package init(ranked: [Scored], fit: Double) {
    self.ranked = ranked
    self.fit = fit
  }

  /// - Parameters:
  ///   - passages: Best first.
  ///   - stems: The question's.
  ///   - questionVector: L2-normalised.
  ///   - vectors: Gives L2-normalised vectors of texts.
  package init(
    passages: [Passage], stems: [String], questionVector: [Float], parameters: Parameters = Parameters(),
    vectors: ([String]) throws -> [[Float]]
  ) rethrows {
    let candidates = QuoteCandidate.all(in: passages)
    let weights = QuestionWeights(stems: stems, stretches: candidates.map(\.stems))
    fit =
      passages.map { passage in
        let chunk = passage.chunk
        return passage.cosine + weights.coverage(by: Set(Words.stems("\(chunk.header)\n\(chunk.context ?? "")\n\(chunk.text)")))
      }.max() ?? 0
    let preliminary = candidates.map { candidate in
      Scored(
        candidate: candidate,
        score: parameters.coverageWeight * weights.coverage(by: candidate.stems) + parameters.passageWeight * passages[candidate.passage].score)
    }
    let chosen = Self.sorted(preliminary).prefix(parameters.embeddedLimit)
    let scored = zip(chosen, try vectors(chosen.map(\.candidate.textInContext))).map { scored, vector in
      var cosine: Float = 0
      for index in 0..<min(vector.count, questionVector.count) { cosine += vector[index] * questionVector[index] }
      return Scored(candidate: scored.candidate, score: scored.score + parameters.cosineWeight * Double(cosine))
    }
    ranked = Self.sorted(scored)
  }

  /// Best first; of equal scores the better passage, then the earlier sentence.
  private static func sorted(_ scored: [Scored]) -> [Scored] {
    scored.sorted { a, b in
      a.score != b.score ? a.score > b.score : (a.candidate.passage, a.candidate.position) < (b.candidate.passage, b.candidate.position)
    }
  }

  /// The quotes: the best sentence, and as many more as come close to it; neighbours are joined.
  ///
  /// - Parameter limit: Sentences at most.
  package func quotes(limit: Int, parameters: Parameters = Parameters()) -> [Quote] {
    guard let best = ranked.first else { return [] }
    let chosen = ranked.prefix(max(1, limit)).filter { $0.score >= best.score - parameters.scoreMargin }
    var quotes: [Quote] = []
    for scored in chosen {
      let candidate = scored.candidate
      if let index = quotes.firstIndex(where: { $0.passage == candidate.passage && $0.isNeighbour(candidate.position) }) {
        quotes[index].join(candidate)
        // Joining may have closed the gap to another one.
        if let other = quotes.indices.first(where: { $0 != index && quotes[$0].touches(quotes[index]) }) {
          quotes[min(index, other)] = quotes[index].merged(with: quotes[other])
          quotes.remove(at: max(index, other))
        }
      } else {
        quotes.append(
          Quote(passage: candidate.passage, positions: candidate.position...candidate.position, range: candidate.range, score: scored.score))
      }
    }
    return quotes
  }
}

/// One or several neighbouring sentences of a passage.
package struct Quote: Sendable, Equatable {
  /// Index into the passages.
  package var passage: Int
  package var positions: ClosedRange<Int>
  /// UTF-8 offsets into the passage's text.
  package var range: Range<Int>
  /// Of its best sentence.
  package var score: Double

  package init(passage: Int, positions: ClosedRange<Int>, range: Range<Int>, score: Double) {
    self.passage = passage
    self.positions = positions
    self.range = range
    self.score = score
  }

  func isNeighbour(_ position: Int) -> Bool { position == positions.lowerBound - 1 || position == positions.upperBound + 1 }

  func touches(_ other: Quote) -> Bool {
    passage == other.passage && (positions.upperBound + 1 == other.positions.lowerBound || other.positions.upperBound + 1 == positions.lowerBound)
  }

  mutating func join(_ candidate: QuoteCandidate) {
    positions = min(positions.lowerBound, candidate.position)...max(positions.upperBound, candidate.position)
    range = min(range.lowerBound, candidate.range.lowerBound)..<max(range.upperBound, candidate.range.upperBound)
  }

  func merged(with other: Quote) -> Quote {
    Quote(
      passage: passage, positions: min(positions.lowerBound, other.positions.lowerBound)...max(positions.upperBound, other.positions.upperBound),
      range: min(range.lowerBound, other.range.lowerBound)..<max(range.upperBound, other.range.upperBound), score: max(score, other.score))
  }
}
