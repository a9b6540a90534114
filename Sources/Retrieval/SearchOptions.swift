package import Store

/// What to search, and how much to give back.
package struct SearchOptions: Sendable {
  package var collection = "default"
  /// Passages at most.
  package var limit = 10
  /// Passages of one document at most; `nil` for any number.
  package var perDocumentLimit: Int? = 3
  /// Chunks taken from each side, dense and lexical, before they are merged. Of 150 the best ten are as good as of 200 and more (squad2-a, scifact,
  /// cranfield, hotpotqa200: nDCG@10 within .0011, none of it more than chance).
  package var candidateLimit = 150
  /// Whether passages that say the same as a better one stay in.
  package var keepsNearDuplicates = false
  /// How dense and lexical scores weigh; `nil` for what was learnt for the collection, or the default.
  package var fusion: Fusion?
  /// Whether passages that touch in their document, under the same headings, become one.
  package var joinsNeighbours = false
  /// Whether the best candidates are looked at more closely: their neighbours, the nearness of words, and what the best of them have in common.
  package var refines = true
  /// How much passages that say other things than those before them are preferred: 0 for not at all, to 1.
  package var diversity = 0.0
  /// Which documents may be found.
  package var filter = DocumentFilter()

  package init() {}

  /// How much the vectors weigh less where a question names something letter by letter, which they blur.
  private static let literalShift = 0.2

  /// How both sides weigh for a question.
  ///
  /// - Parameter learnt: The dense side's share that was learnt for the collection.
  package func fusion(for analysis: QueryAnalysis, learnt: Double? = nil) -> Fusion {
    var chosen = fusion ?? Fusion(denseWeight: learnt ?? Fusion().denseWeight)
    if analysis.isLiteral { chosen.denseWeight = max(0, chosen.denseWeight - Self.literalShift) }
    return chosen
  }
}
