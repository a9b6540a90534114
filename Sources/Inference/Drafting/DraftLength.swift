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
  /// Seconds that a draft model takes for a guess, and to read a token of the text, as running means.
  private var guessSeconds: Double?
  private var readSeconds: Double?
  /// Seconds of steps since the last guess of a model in which guessing did not seem to pay.
  private var secondsWithoutModel = 0.0
  private var decisionCount = 0

  /// Rows up to which the time of steps is told apart.
  private static let rowLimit = 32
  /// Guesses of one sequence at most.
  package static let tokenLimit = 8
  /// What a guess of a model is taken to cost before one was made, as a share of a step of one row.
  private let modelShare: Double

  /// - Parameter modelShare: The draft model's size as a share of the model's.
  package init(modelShare: Double = 0) { self.modelShare = modelShare }

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

  /// How many of `available` guesses from the text itself to check.
  ///
  /// - Parameters:
  ///   - rowCount: Rows of the step without these.
  package mutating func count(matchLength: Int, available: Int, rowCount: Int) -> Int {
    guard available > 0 else { return 0 }
    let count = best(Self.bucket(matchLength), available: available, rowCount: rowCount, guessSeconds: 0).count
    decisionCount += 1
    return count == 0 && decisionCount % Self.probeInterval == 0 ? min(available, Self.probeCount) : count
  }

  /// How many guesses to let a model make.
  ///
  /// - Parameters:
  ///   - available: At most.
  ///   - rowCount: Rows of the step without these.
  ///   - unreadCount: Tokens of the text that the model has yet to read before it can guess.
  ///   - aheadCount: Tokens that the text may still get, so that reading pays.
  package mutating func modelCount(available: Int, rowCount: Int, unreadCount: Int, aheadCount: Int) -> Int {
    guard available > 0 else { return 0 }
    let guessSeconds = guessSeconds ?? modelShare * seconds(1)
    let choice = best(Self.bucket(Self.modelMatch), available: available, rowCount: rowCount, guessSeconds: guessSeconds)
    let reading = Double(unreadCount) * (readSeconds ?? 0)
    if choice.count > 0, Double(aheadCount) * choice.savedSeconds >= reading { return choice.count }
    // Now and then it is made nevertheless, to see whether things have changed: when that costs a small part of the time since.
    let alone = seconds(rowCount)
    secondsWithoutModel += alone
    let probing = reading + Double(Self.probeCount) * guessSeconds + seconds(rowCount + Self.probeCount) - alone
    return secondsWithoutModel * Self.probeShare >= probing ? min(available, Self.probeCount) : 0
  }

  private static let probeCount = 2
  private static let probeShare = 0.02

  /// The number of guesses with which tokens come soonest, and the seconds that they save for each token of their text.
  private func best(_ bucket: Int, available: Int, rowCount: Int, guessSeconds: Double) -> (count: Int, savedSeconds: Double) {
    let probability = held[bucket] / drafted[bucket]
    let aloneRate = Double(rowCount) / seconds(rowCount)
    // Tokens of all sequences in the step, by the time that it takes: each further guess must raise it.
    var best = (count: 0, rate: aloneRate, gain: 0.0)
    var gain = 0.0
    var chance = 1.0
    for count in 1...min(available, Self.tokenLimit) {
      chance *= probability
      gain += chance
      let rate = (Double(rowCount) + gain) / (seconds(rowCount + count) + Double(count) * guessSeconds)
      if rate > best.rate * 1.02 { best = (count, rate, gain) }
    }
    // The text gets 1 + gain tokens a step, all together rowCount + gain.
    return (best.count, (Double(rowCount) + best.gain) / (1 + best.gain) * (1 / aloneRate - 1 / best.rate))
  }

  /// What became of guesses.
  package mutating func note(matchLength: Int, drafted draftedCount: Int, held heldCount: Int) {
    if matchLength == Self.modelMatch { secondsWithoutModel = 0 }
    let bucket = Self.bucket(matchLength)
    // The first that did not hold says something, those after it nothing.
    let tried = min(draftedCount, heldCount + 1)
    drafted[bucket] = drafted[bucket] * Self.memory + Double(tried)
    held[bucket] = held[bucket] * Self.memory + Double(heldCount)
  }

  /// How long a draft model took for so many guesses.
  package mutating func note(guessSeconds seconds: Double, count: Int) { Self.move(&guessSeconds, towards: seconds / Double(max(1, count))) }

  /// How long a draft model took to read so many tokens.
  package mutating func note(readSeconds seconds: Double, count: Int) { Self.move(&readSeconds, towards: seconds / Double(max(1, count))) }

  private static func move(_ mean: inout Double?, towards value: Double) {
    mean = mean.map { $0 + ownRate * (min(value, 2 * $0) - $0) } ?? value
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
