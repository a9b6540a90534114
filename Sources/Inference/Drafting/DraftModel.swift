import Tokenizer

/// Guesses with a smaller model of the same vocabulary (Leviathan et al. 2023): one text's, its keys and values its own.
struct DraftModel {
  private let model: LanguageModel
  private var sequence: KVSequence

  init(_ model: LanguageModel) {
    self.model = model
    sequence = KVSequence(layout: model.transformer.layout)
  }

  /// Bytes that its keys and values take when it has read so many tokens.
  static func byteCount(_ model: LanguageModel, tokenCount: Int) -> Int {
    (tokenCount + DraftLength.tokenLimit + KVBlock.positionCount) / KVBlock.positionCount * model.transformer.layout.byteCount
  }

  /// Reads some of a text's beginning, so that not much is left when it is to guess; what it has in common with the text before is not read again.
  ///
  /// - Parameter limit: Tokens to read at most, so that others do not wait for a long prompt.
  /// - Returns: Whether no more than `limit` tokens are left.
  mutating func catchUp(with tokens: [TokenID], limit: Int) -> Bool {
    // The last token is read when guesses are wanted, because what follows it is wanted then.
    sequence.cut(to: min(sequence.commonPrefixCount(with: tokens), tokens.count - 1))
    if tokens.count - sequence.count <= limit { return true }
    _ = model.transformer.read(Array(tokens[sequence.count...].prefix(limit)), into: &sequence)
    return tokens.count - sequence.count <= limit
  }

  /// The likeliest tokens after a text with which it has caught up, one after the other.
  mutating func draft(_ count: Int, after tokens: [TokenID]) -> [TokenID] {
    var logits = model.transformer.read(Array(tokens[sequence.count...]), into: &sequence).last ?? []
    var drafts: [TokenID] = []
    while let token = logits.indices.max(by: { logits[$0] < logits[$1] }) {
      drafts.append(TokenID(token))
      if drafts.count == count || model.tokenizer.endOfGeneration.contains(TokenID(token)) { break }
      logits = model.transformer.read([TokenID(token)], into: &sequence).last ?? []
    }
    return drafts
  }

  /// Throws if the two do not mean the same by their tokens.
  static func check(_ draft: LanguageModel, for model: LanguageModel) throws(InferenceError) {
    // Rows too: a token beyond the vocabulary can be chosen, and the draft model has to read it.
    guard draft.vocabularySize == model.vocabularySize, draft.tokenizer.vocabularySize == model.tokenizer.vocabularySize,
      (0..<model.tokenizer.vocabularySize).allSatisfy({ draft.tokenizer.bytes(of: TokenID($0)) == model.tokenizer.bytes(of: TokenID($0)) })
    else { throw .draftVocabulary(draft.path, model.path) }
  }
}
