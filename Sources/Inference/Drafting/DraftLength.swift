/// Decides how many tokens to guess ahead, so that checking them costs less than what it saves.
///
/// What a guess is worth is learnt from how guesses after matches of the same length held, and what rows cost from how long steps took. Only the
/// time depends on it; the text never does.
package struct DraftLength {
  /// Seconds of a step by its number of rows, as running means that also follow what all steps have in common.
  private var stepSeconds: [Double?] = Array(repeating: nil, count: rowLimit + 1)
  /// Guesses and those that held, by length of the match; with a beginning that says: longer matches hold more often.
  private var drafted: [Double] = [4, 4, 4, 4, 4, 4]
  private var held: [Double] = [1.2, 1.6, 2.4, 3, 3.4, 2.4]
  /// Seconds that a draft model takes for a token, as a running mean.
  private var modelSeconds: Double?
  private var decisionCount = 0

  /// Rows up to which the time of steps is told apart.
  private static let rowLimit = 32
  /// Guesses of one sequence at most.
  package static let tokenLimit = 8
  package init() {}

  /// After so many decisions against guessing one is made for it, to see whether things have changed.
  private static let probeInterval = 64
  /// How much less an old observation counts than the next newer one.
  private static let memory = 0.98

  /// The "match" of a guess that a model made.
  package static let modelMatch = -1

  private static func bucket(_ matchLength: Int) -> Int {
    switch matchLength {
    case modelMatch: 5
    case ..<3: 0
    case 3: 1
    case 4...5: 2
    case 6...11: 3
    default: 4
    }
  }

  /// How many of `available` guesses to check.
  ///
  /// - Parameters:
  ///   - rowCount: Rows of the step without these.
  package mutating func count(matchLength: Int, available: Int, rowCount: Int) -> Int {
    guard available > 0 else { return 0 }
    let bucket = Self.bucket(matchLength)
    let probability = held[bucket] / drafted[bucket]
    let guessSeconds = matchLength == Self.modelMatch ? modelSeconds ?? 0 : 0
    let alone = seconds(rowCount)
    // Tokens of all sequences in the step, by the time that it takes: each further guess must raise it.
    var (best, bestRate) = (0, Double(rowCount) / alone)
    var gain = 0.0
    var chance = 1.0
    for count in 1...min(available, Self.tokenLimit) {
      chance *= probability
      gain += chance
      let rate = (Double(rowCount) + gain) / (seconds(rowCount + count) + Double(count) * guessSeconds)
      if rate > bestRate * 1.02 { (best, bestRate) = (count, rate) }
    }
    decisionCount += 1
    return best == 0 && decisionCount % Self.probeInterval == 0 ? min(available, 2) : best
  }

  /// What became of guesses.
  package mutating func note(matchLength: Int, drafted draftedCount: Int, held heldCount: Int) {
    let bucket = Self.bucket(matchLength)
    // The first that did not hold says something, those after it nothing.
    let tried = min(draftedCount, heldCount + 1)
    drafted[bucket] = drafted[bucket] * Self.memory + Double(tried)
    held[bucket] = held[bucket] * Self.memory + Double(heldCount)
  }

  /// How long a draft model took for so many tokens.
  package mutating func note(modelSeconds seconds: Double, tokenCount: Int) {
    let each = seconds / Double(max(1, tokenCount))
    modelSeconds = modelSeconds.map { $0 + 0.1 * (min(each, 2 * $0) - $0) } ?? each
  }

  /// How long a step took in which nothing but tokens to be written, and guesses, was computed.
  package mutating func note(seconds: Double, rowCount: Int) {
    // A clock that did not move between two readings says nothing about rates.
    guard rowCount <= Self.rowLimit, seconds > 0 else { return }
    guard let known = stepSeconds[rowCount] else {
      stepSeconds[rowCount] = seconds
      return
    }
    // A step that was interrupted says little about the next.
    let surprise = min(seconds, 2 * known) / known - 1
    for count in stepSeconds.indices { stepSeconds[count]? *= 1 + (count == rowCount ? Self.ownRate : Self.sharedRate) * surprise }
  }

  /// How far a step moves the mean of its number of rows towards what it took.
  private static let ownRate = 0.1
  /// How far it moves those of other numbers: a machine that has other work, or longer texts, makes all steps slower alike. Without it, steps that were
  /// seen in a slow time would look dear when it is over, would not be tried and so never be seen again; at rates near `ownRate` rows that become
  /// dearer beside the first are learnt too late.
  private static let sharedRate = 0.05

  /// What a step of so many rows takes: as seen, or between what was seen, or as on most machines.
  private func seconds(_ rowCount: Int) -> Double {
    if rowCount <= Self.rowLimit, let seen = stepSeconds[rowCount] { return seen }
    let below = (0..<min(rowCount, Self.rowLimit + 1)).last { stepSeconds[$0] != nil }
    let above = rowCount < Self.rowLimit ? (rowCount + 1...Self.rowLimit).first { stepSeconds[$0] != nil } : nil
    switch (below, above) {
    case (let below?, let above?):
      let (low, high) = (stepSeconds[below]!, stepSeconds[above]!)
      return low + (high - low) * Double(rowCount - below) / Double(above - below)
    case (let below?, nil): return stepSeconds[below]! * (1 + Self.rowCost * Double(rowCount)) / (1 + Self.rowCost * Double(below))
    case (nil, let above?): return stepSeconds[above]! * (1 + Self.rowCost * Double(rowCount)) / (1 + Self.rowCost * Double(above))
    case (nil, nil): return 1 + Self.rowCost * Double(rowCount)
    }
  }

  /// Of a row beside the first, which reads the weights.
  private static let rowCost = 0.15
}
