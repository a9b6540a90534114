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
    (tokenCount + DraftLength.tokenLimit + KVBlock.positionCount - 1) / KVBlock.positionCount * model.transformer.layout.byteCount
  }

  /// Tokens that it can read, its guesses included, with so many bytes for keys and values.
  static func tokenLimit(_ model: LanguageModel, byteLimit: Int) -> Int {
    min(byteLimit / model.transformer.layout.byteCount * KVBlock.positionCount, model.contextLength)
  }

  /// Tokens of a text that it has not read; what the text has in common with the one before is not read again.
  mutating func unreadCount(of tokens: [TokenID]) -> Int {
    // The last token is read when guesses are wanted, because what follows it is wanted then.
    sequence.cut(to: min(sequence.commonPrefixCount(with: tokens), tokens.count - 1))
    return tokens.count - sequence.count
  }

  /// Reads the next tokens of a text.
  mutating func read(_ count: Int, of tokens: [TokenID]) {
    _ = model.transformer.read(Array(tokens[sequence.count...].prefix(count)), into: &sequence)
  }

  /// The likeliest tokens after a text, one after the other; what is unread of it is read.
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
    guard draft.vocabularySize == model.vocabularySize,
      (0..<model.vocabularySize).allSatisfy({ draft.tokenizer.bytes(of: TokenID($0)) == model.tokenizer.bytes(of: TokenID($0)) })
    else { throw .draftVocabulary(draft.path, model.path) }
  }
}
