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
    /// Tokens written since guessing began.
    var writtenCount = 0
    /// The match that the last guess came after.
    var matchLength = 0
  }

  private var length: DraftLength
  private let model: LanguageModel?
  private var texts: [SequenceID: Text] = [:]
  /// Bytes of keys and values that the draft model may have for all texts, and has.
  private let modelByteLimit: Int
  private var modelByteCount = 0
  /// Tokens that the draft model may still read in this step.
  private var readableCount = 0
  /// Tokens that texts get, as a running mean.
  private var meanWrittenCount = 64.0

  /// Tokens in common from which on the text's own clue is better than a model's.
  private static let trustedMatch = 4
  /// Tokens of prompts that the draft model reads in a step: all texts wait for it.
  private static let readLimit = 128

  /// - Returns: `nil` if the options say not to guess.
  init?(_ options: EngineOptions, for generator: LanguageModel, modelByteLimit: Int) {
    guard options.isSpeculating else { return nil }
    length = DraftLength(modelShare: Double(options.draftModel?.weightByteCount ?? 0) / Double(max(1, generator.weightByteCount)))
    model = options.draftModel
    self.modelByteLimit = modelByteLimit
  }

  /// To be called before the texts of a step are asked for.
  mutating func beginStep() { readableCount = Self.readLimit }

  /// Tokens that may follow a text; `nil` if checking them would not pay.
  ///
  /// - Parameters:
  ///   - limit: How many at most: as many as the text may get.
  ///   - rowCount: Rows that the step has without these.
  mutating func draft(for id: SequenceID, _ tokens: [TokenID], limit: Int, rowCount: Int) -> ArraySlice<TokenID>? {
    var text = texts[id] ?? Text(lookup: PromptLookup(tokens))
    defer { texts[id] = text }
    let found = text.lookup.draft(limit: min(limit, DraftLength.tokenLimit))
    // Where a model does not guess, or has not read the text yet, a short match is better than nothing.
    if let model, found.matchLength < Self.trustedMatch, let drafts = draft(with: model, &text, tokens, limit: limit, rowCount: rowCount) {
      text.matchLength = DraftLength.modelMatch
      return drafts[...]
    }
    let count = length.count(matchLength: found.matchLength, available: found.tokens.count, rowCount: rowCount)
    guard count > 0 else { return nil }
    text.matchLength = found.matchLength
    return found.tokens.prefix(count)
  }

  private mutating func draft(
    with model: LanguageModel, _ text: inout Text, _ tokens: [TokenID], limit: Int, rowCount: Int
  ) -> [TokenID]? {
    let needed = DraftModel.byteCount(model, tokenCount: tokens.count)
    guard tokens.count + DraftLength.tokenLimit <= model.contextLength, modelByteCount - text.modelByteCount + needed <= modelByteLimit else {
      return nil
    }
    var drafter = text.model ?? DraftModel(model)
    let unreadCount = drafter.unreadCount(of: tokens)
    let count = length.modelCount(
      available: min(limit, DraftLength.tokenLimit), rowCount: rowCount, unreadCount: unreadCount,
      aheadCount: min(limit, Int(meanWrittenCount)))
    guard count > 0 else { return nil }
    modelByteCount += needed - text.modelByteCount
    text.modelByteCount = needed
    defer { text.model = drafter }
    // What was written since its last guess is read with the next. More, as a prompt, is read before, in parts, while texts go on without guesses.
    if unreadCount > DraftLength.tokenLimit + 1 {
      let readCount = min(unreadCount - 1, readableCount)
      guard readCount > 0 else { return nil }
      readableCount -= readCount
      let seconds = Self.seconds { drafter.read(readCount, of: tokens) }
      length.note(readSeconds: seconds, count: readCount)
      guard readCount == unreadCount - 1 else { return nil }
    }
    var drafts: [TokenID] = []
    let seconds = Self.seconds { drafts = drafter.draft(count, after: tokens) }
    length.note(guessSeconds: seconds, count: drafts.count)
    return drafts
  }

  private static func seconds(_ body: () -> Void) -> Double { ContinuousClock().measure(body) / .seconds(1) }

  /// A text goes on.
  mutating func append(_ tokens: [TokenID], to id: SequenceID) {
    for token in tokens { texts[id]?.lookup.append(token) }
    texts[id]?.writtenCount += tokens.count
  }

  /// What became of a text's last guess.
  mutating func note(held heldCount: Int, of count: Int, for id: SequenceID) {
    guard let text = texts[id] else { preconditionFailure("a guess for a text that nobody knows") }
    length.note(matchLength: text.matchLength, drafted: count, held: heldCount)
  }

  /// How long a step took that computed nothing but last tokens and guesses.
  mutating func noteStep(seconds: Double, rowCount: Int) { length.note(seconds: seconds, rowCount: rowCount) }

  mutating func forget(_ id: SequenceID) {
    guard let text = texts.removeValue(forKey: id) else { return }
    modelByteCount -= text.modelByteCount
    meanWrittenCount += 0.1 * (Double(text.writtenCount) - meanWrittenCount)
  }
}
