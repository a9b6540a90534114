import Synchronization
package import Tokenizer

/// Makes constrained texts for one vocabulary; the last constraints stay compiled.
package final class ConstraintCompiler: Sendable {
  private struct Kept {
    var trie: VocabularyTrie?
    /// Latest last.
    var masks: [(constraint: OutputConstraint, masks: TokenMasks)] = []
  }

  private let tokenizer: any TextTokenizer
  private let kept = Mutex(Kept())

  /// Constraints kept.
  private static let countLimit = 4

  package init(_ tokenizer: any TextTokenizer) { self.tokenizer = tokenizer }

  /// The beginning of a text. Throws an `InferenceError` if the schema is none, asks for what cannot be held to, or fits no text.
  package func begin(_ constraint: OutputConstraint) throws(InferenceError) -> ConstrainedText {
    if let known = kept.withLock({ $0.masks.first { $0.constraint == constraint }?.masks }), !known.isFull { return ConstrainedText(known) }
    let grammar =
      switch constraint {
      case .json: SchemaCompiler.compile(anyObject: false)
      case .jsonObject: SchemaCompiler.compile(anyObject: true)
      case .jsonSchema(let schema): try SchemaCompiler.compile(schema)
      }
    return kept.withLock { kept in
      let trie = kept.trie ?? VocabularyTrie(tokenizer)
      kept.trie = trie
      let masks = TokenMasks(grammar, trie: trie, endTokens: tokenizer.endOfGeneration)
      kept.masks.removeAll { $0.constraint == constraint }
      kept.masks.append((constraint, masks))
      if kept.masks.count > Self.countLimit { kept.masks.removeFirst() }
      return ConstrainedText(masks)
    }
  }
}
