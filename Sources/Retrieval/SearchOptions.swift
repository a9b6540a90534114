package import Store

/// What to search, and how much to give back.
package struct SearchOptions: Sendable {
  package var collection = "default"
  /// Passages at most.
  package var limit = 10
  /// Passages of one document at most; `nil` for any number.
  package var perDocumentLimit: Int? = 3
  /// Chunks taken from each side, dense and lexical, before they are merged.
  package var candidateLimit = 200
  /// Whether passages that say the same as a better one stay in.
  package var keepsNearDuplicates = false
  package var fusion = Fusion()
  /// Which documents may be found.
  package var filter = DocumentFilter()

  package init() {}
}
