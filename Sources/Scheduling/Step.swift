/// What is computed next: rows of one or several sequences, in one pass over the weights.
package struct Step: Sendable {
  /// Neighbouring tokens of a sequence.
  package struct Run: Sendable {
    package let sequence: SequenceID
    /// Which of its tokens; drafts are not counted.
    package let positions: Range<Int>
    /// How many of the last of them logits are wanted after, beside those after drafts.
    package let wantedCount: Int
    /// The sequence's tokens, and after them the drafts, if there are any.
    package let tokens: [Int32]
    package let draftCount: Int
    /// All blocks of the sequence, up to the run's last row.
    package let blocks: [BlockID]
    /// Whether the next token can be chosen after it.
    package let reachesEnd: Bool
    /// Those of the positions whose keys and values were taken over from elsewhere.
    package let moved: [Range<Int>]
    /// Whether some of those are to be computed anew; otherwise none is.
    package let isBlending: Bool

    package var rowCount: Int { isBlending ? tokens.count : tokens.count - moved.reduce(0) { $0 + $1.count } }
  }

  package let runs: [Run]

  package var rowCount: Int { runs.reduce(0) { $0 + $1.rowCount } }
}

/// What a scheduler has done since it began.
package struct SchedulerStatistics: Sendable, Equatable {
  package var stepCount = 0
  package var rowCount = 0
  /// Steps by the number of sequences in them: 1, 2, 3 or 4, 5 to 8 and so on, by powers of two.
  package private(set) var stepsBySequenceCount: [Int] = []
  /// Sequences of all steps.
  package private(set) var stepSequenceCount = 0
  /// Tokens of prompts that sequences began with.
  package var promptTokenCount = 0
  /// Those of them that were there.
  package var memoryTokenCount = 0
  package var diskTokenCount = 0
  /// Those that were taken over from another place, approximately.
  package var movedTokenCount = 0
  package var writtenTokenCount = 0
  package var draftedTokenCount = 0
  package var acceptedTokenCount = 0
  package var preemptionCount = 0

  package init() {}

  mutating func note(_ step: Step) {
    let count = step.runs.count
    stepCount += 1
    rowCount += step.rowCount
    stepSequenceCount += count
    // ⌈log₂ count⌉
    let power = Int.bitWidth - (count - 1).leadingZeroBitCount
    if power >= stepsBySequenceCount.count { stepsBySequenceCount += Array(repeating: 0, count: power + 1 - stepsBySequenceCount.count) }
    stepsBySequenceCount[power] += 1
  }
}
