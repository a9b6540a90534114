/// Notices when a model repeats itself: the same run of 4 to 24 tokens three times over, or 12 tokens made of a shorter run.
///
/// Small models fall into loops and never leave them; the text up to there is all that they have to say.
package struct LoopDetector {
  private var tokens: [Int32] = []

  package init() {}

  /// The longest run that is looked for.
  private static let longestPeriod = 24
  /// Repetitions that make a loop; a run shorter than four tokens, such as a dotted line, needs more.
  private static func repetitionCount(ofPeriod period: Int) -> Int { period < 4 ? 12 / period : 3 }

  /// Takes the next token; true when it closes a loop.
  package mutating func isLooping(after token: Int32) -> Bool {
    tokens.append(token)
    return (1...Self.longestPeriod).contains { period in
      let length = period * Self.repetitionCount(ofPeriod: period)
      guard length <= tokens.count else { return false }
      return (tokens.count - length + period..<tokens.count).allSatisfy { tokens[$0] == tokens[$0 - period] }
    }
  }
}
