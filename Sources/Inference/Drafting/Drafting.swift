import Scheduling
import Tokenizer

/// Guesses ahead for all texts that are written: by looking up where their last tokens stood before, or by a smaller model where that finds
/// little.
struct Drafting {
  /// What is kept of a text.
  private struct Text {
    var lookup: PromptLookup
    var model: DraftModel?
    var modelByteCount = 0
    var hasModelDraft = false
    /// The match that the last guess came after.
    var matchLength = 0
  }

  private var length = DraftLength()
  private let model: LanguageModel?
  private var texts: [SequenceID: Text] = [:]
  /// Bytes of keys and values that the draft model may have for all texts, and has.
  private let modelByteLimit: Int
  private var modelByteCount = 0

  /// Tokens in common from which on the text's own clue is better than a model's.
  private static let trustedMatch = 4
  /// Tokens of a prompt that the draft model reads in a step: others wait for it.
  private static let catchUpLimit = 128

  /// - Returns: `nil` if the options say not to guess.
  init?(_ options: EngineOptions, modelByteLimit: Int) {
    guard options.isSpeculating else { return nil }
    model = options.draftModel
    self.modelByteLimit = modelByteLimit
  }

  /// Tokens that may follow a text; `nil` if checking them would not pay.
  ///
  /// - Parameters:
  ///   - limit: How many at most.
  ///   - rowCount: Rows that the step has without these.
  mutating func draft(for id: SequenceID, _ tokens: [TokenID], limit: Int, rowCount: Int) -> ArraySlice<TokenID>? {
    var text = texts[id] ?? Text(lookup: PromptLookup(tokens))
    defer { texts[id] = text }
    let limit = min(limit, DraftLength.tokenLimit)
    let found = text.lookup.draft(limit: limit)
    if model != nil, found.matchLength < Self.trustedMatch {
      guard let drafts = modelDraft(&text, tokens, limit: limit, rowCount: rowCount) else { return nil }
      text.matchLength = DraftLength.modelMatch
      return drafts[...]
    }
    let count = length.count(matchLength: found.matchLength, available: found.tokens.count, rowCount: rowCount)
    guard count > 0 else { return nil }
    text.matchLength = found.matchLength
    return found.tokens.prefix(count)
  }

  private mutating func modelDraft(_ text: inout Text, _ tokens: [TokenID], limit: Int, rowCount: Int) -> [TokenID]? {
    guard let model, tokens.count + limit <= model.contextLength else { return nil }
    let count = length.count(matchLength: DraftLength.modelMatch, available: limit, rowCount: rowCount)
    let needed = DraftModel.byteCount(model, tokenCount: tokens.count)
    guard count > 0, modelByteCount - text.modelByteCount + needed <= modelByteLimit else { return nil }
    modelByteCount += needed - text.modelByteCount
    text.modelByteCount = needed
    var drafter = text.model ?? DraftModel(model)
    defer { text.model = drafter }
    // A long prompt is read in parts, while the text goes on without guesses.
    guard drafter.catchUp(with: tokens, limit: Self.catchUpLimit) else { return nil }
    let start = ContinuousClock.now
    let drafts = drafter.draft(count, after: tokens)
    // The first time it reads the prompt's end, which says nothing about later times.
    if text.hasModelDraft { length.note(modelSeconds: start.duration(to: .now) / .seconds(1), tokenCount: drafts.count) }
    text.hasModelDraft = true
    return drafts
  }

  /// A text goes on.
  mutating func append(_ tokens: [TokenID], to id: SequenceID) {
    for token in tokens { texts[id]?.lookup.append(token) }
  }

  /// What became of a text's last guess.
  mutating func note(held heldCount: Int, of count: Int, for id: SequenceID) {
    guard let text = texts[id] else { preconditionFailure("a guess for a text that nobody knows") }
    length.note(matchLength: text.matchLength, drafted: count, held: heldCount)
  }

  /// How long a step took that computed nothing but last tokens and guesses.
  mutating func noteStep(seconds: Double, rowCount: Int) { length.note(seconds: seconds, rowCount: rowCount) }

  mutating func forget(_ id: SequenceID) {
    modelByteCount -= texts.removeValue(forKey: id)?.modelByteCount ?? 0
  }
}
