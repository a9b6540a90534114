package import Store

/// A chunk that fits a question, with why.
package struct Passage: Sendable, Equatable {
  /// From 1.
  package var rank: Int
  /// 0…1, and less where a generator judged it (`Reranking`); comparable within one search only.
  package var score: Double
  package var chunk: StoredChunk
  package var explanation: ScoreExplanation

  package init(rank: Int, score: Double, chunk: StoredChunk, explanation: ScoreExplanation) {
    self.rank = rank
    self.score = score
    self.chunk = chunk
    self.explanation = explanation
  }

  /// Cosine of question and passage.
  package var cosine: Double { explanation.dense.raw ?? 0 }
}

extension StoredChunk {
  /// Title and headings above the chunk, joined by " › ", as they stand in front of the text in the index; empty if there are none.
  package var header: String {
    var parts = [title].compactMap { $0 }.filter { !$0.isEmpty }
    for heading in headingPath where !heading.isEmpty && heading != parts.last { parts.append(heading) }
    return parts.joined(separator: " › ")
  }
}
