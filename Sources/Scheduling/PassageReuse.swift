/// Lets a prompt take over what is known of its passages from where they stood before: behind the prompt's preamble, which is all that comes before
/// the first passage, without the passages that now stand between. What a position has seen then differs, so it is an approximation, and a
/// sequence that does it needs a namespace of its own.
package struct PassageReuse: Sendable, Equatable {
  /// The namespace in which preamble and passage were read, exactly.
  package var source: String
  /// Where the passages stand in the prompt: in order, and before its last token.
  package var passages: [Range<Int>]
  /// So many tokens at the beginning of each passage but the first are computed anew.
  package var recomputedCount: Int
  /// Whether positions that were taken over are part of steps all the same, for whoever computes to decide which of them are computed anew.
  package var isBlending: Bool

  package init(source: String, passages: [Range<Int>], recomputedCount: Int, isBlending: Bool) {
    self.source = source
    self.passages = passages
    self.recomputedCount = recomputedCount
    self.isBlending = isBlending
  }
}
