import Inference
import Testing
import Tokenizer

@Suite struct PromptLookupTests {
  /// Of all places before the end where the last two tokens stood, the last of those with the longest match.
  private static func slow(_ tokens: [TokenID], limit: Int, latest count: Int = .max) -> (tokens: [TokenID], length: Int) {
    guard tokens.count >= 2 else { return ([], 0) }
    var best = (place: 0, length: 0)
    for place in (2..<max(2, tokens.count)).filter({ tokens[$0 - 2..<$0] == tokens.suffix(2) }).suffix(count) {
      var length = 0
      while length < min(place, PromptLookup.matchLimit), tokens[place - 1 - length] == tokens[tokens.count - 1 - length] { length += 1 }
      if length >= 2, length >= best.length { best = (place, length) }
    }
    guard best.length >= 2 else { return ([], 0) }
    return (Array(tokens[best.place...].prefix(limit)), best.length)
  }

  @Test func itFindsWhatASlowSearchFinds() {
    var random = SeededGenerator(seed: 11)
    for size in [2, 3, 8, 40] {
      for _ in 0..<30 {
        // Few enough that no pair has more places than are looked at.
        let tokens = (0..<Int.random(in: 0...min(60, size * size * 6), using: &random)).map { _ in
          TokenID.random(in: 0..<TokenID(size), using: &random)
        }
        var lookup = PromptLookup([])
        for (index, token) in tokens.enumerated() {
          lookup.append(token)
          let text = Array(tokens[...index])
          let draft = lookup.draft(limit: 5)
          let wanted = Self.slow(text, limit: 5)
          // With many places of a pair only the latest are looked at: the match may be shorter then, and is never wrong.
          if size >= 8 { #expect(Array(draft.tokens) == wanted.tokens && draft.matchLength == wanted.length, "\(text)") }
          #expect(draft.matchLength <= wanted.length && draft.tokens.count <= 5)
          #expect((draft.matchLength == 0) == draft.tokens.isEmpty)
        }
      }
    }
  }

  /// With two or three different tokens every pair has more places than are looked at: the longest match among those is found, after each token.
  @Test func itFindsTheLongestMatchAmongTheLatestPlaces() {
    var random = SeededGenerator(seed: 12)
    for size: TokenID in [1, 2, 3] {
      let tokens = (0..<240).map { _ in TokenID.random(in: 0..<size, using: &random) }
      var lookup = PromptLookup([])
      for (index, token) in tokens.enumerated() {
        lookup.append(token)
        let text = Array(tokens[...index])
        let wanted = Self.slow(text, limit: 5, latest: PromptLookup.placeLimit)
        let draft = lookup.draft(limit: 5)
        #expect(Array(draft.tokens) == wanted.tokens && draft.matchLength == wanted.length, "\(text)")
      }
    }
  }

  @Test func aTextReadAtOnceOrTokenByTokenGivesTheSame() {
    var random = SeededGenerator(seed: 13)
    let tokens = (0..<200).map { _ in TokenID.random(in: 0..<6, using: &random) }
    var grown = PromptLookup([])
    for (index, token) in tokens.enumerated() {
      grown.append(token)
      for limit in [1, 8, .max / 2] {
        let (one, other) = (grown.draft(limit: limit), PromptLookup(Array(tokens[...index])).draft(limit: limit))
        #expect(one.tokens == other.tokens && one.matchLength == other.matchLength && one.tokens.count <= min(limit, index))
      }
    }
  }

  @Test func nothingIsGuessedWithoutAClue() {
    for tokens: [TokenID] in [[], [1], [1, 2], [1, 2, 3]] { #expect(PromptLookup(tokens).draft(limit: 4).tokens.isEmpty) }
    #expect(PromptLookup([1, 2, 3, 1, 2]).draft(limit: 0).tokens.isEmpty)
    #expect(Array(PromptLookup([1, 2, 3, 1, 2]).draft(limit: 4).tokens) == [3, 1, 2])
  }
}

@Suite struct DraftLengthTests {
  /// Steps that cost so much more with each row, and guesses of which so many hold.
  private static func taught(rowCost: Double, heldShare: Double) -> DraftLength {
    var length = DraftLength()
    for count in 1...12 { for _ in 0..<50 { length.note(seconds: 1 + rowCost * Double(count - 1), rowCount: count) } }
    for step in 0..<400 { length.note(matchLength: 4, drafted: 1, held: Double(step % 20) < 20 * heldShare ? 1 : 0) }
    return length
  }

  private static func count(_ rowCost: Double, _ heldShare: Double, rowCount: Int = 1) -> Int {
    var length = taught(rowCost: rowCost, heldShare: heldShare)
    return length.count(matchLength: 4, available: 8, rowCount: rowCount)
  }

  @Test func itGuessesMoreWhenGuessesHold() {
    let counts = [0.1, 0.4, 0.7, 0.95].map { Self.count(0.15, $0) }
    #expect(counts == counts.sorted() && counts[0] == 0 && counts[3] >= 5, "\(counts)")
  }

  @Test func itGuessesLessWhenRowsAreDear() {
    let counts = [0.02, 0.2, 0.5, 1.2].map { Self.count($0, 0.8) }
    #expect(counts == counts.sorted(by: >) && counts[0] >= 5 && counts[3] == 0, "\(counts)")
  }

  @Test func itTriesAgainNowAndThen() {
    var length = Self.taught(rowCost: 0.15, heldShare: 0)
    let counts = (0..<200).map { _ in length.count(matchLength: 4, available: 8, rowCount: 1) }
    #expect(counts.contains { $0 > 0 } && counts.count { $0 > 0 } < 10)
    // Things have changed: all hold.
    for _ in 0..<200 { length.note(matchLength: 4, drafted: 2, held: 2) }
    #expect(length.count(matchLength: 4, available: 8, rowCount: 1) >= 4)
  }

  /// What else runs on the machine makes all steps slower. When it ends while there is nothing to guess, only steps of one row show it; guessing pays
  /// as before nevertheless.
  @Test(arguments: [4.0, 0.25]) func aSlowOrFastTimeOfTheMachineIsForgotten(factor: Double) {
    var length = Self.taught(rowCost: 0.12, heldShare: 0.8)
    let before = length.count(matchLength: 4, available: 8, rowCount: 1)
    for _ in 0..<50 { for count in 1...9 { length.note(seconds: factor * (1 + 0.12 * Double(count - 1)), rowCount: count) } }
    for _ in 0..<200 { length.note(seconds: 1, rowCount: 1) }
    let after = length.count(matchLength: 4, available: 8, rowCount: 1)
    #expect(before >= 4 && abs(after - before) <= 2, "\(before), then \(after)")
  }

  /// Rows may become dearer beside the first, as with longer texts, when many guesses are made already.
  @Test func rowsThatBecomeDearerEndTheGuessing() {
    var length = Self.taught(rowCost: 0.05, heldShare: 0.8)
    #expect(length.count(matchLength: 4, available: 8, rowCount: 1) >= 4)
    for _ in 0..<1000 {
      let count = length.count(matchLength: 4, available: 8, rowCount: 1)
      length.note(seconds: 1 + 1.2 * Double(count), rowCount: 1 + count)
      length.note(seconds: 1, rowCount: 1)
    }
    let counts = (0..<200).map { _ in length.count(matchLength: 4, available: 8, rowCount: 1) }
    #expect(counts.count { $0 > 0 } < 10, "\(counts)")
  }

  @Test func aClockThatStandsStillIsNoReason() {
    var length = Self.taught(rowCost: 0.12, heldShare: 0.8)
    let before = length.count(matchLength: 4, available: 8, rowCount: 1)
    for count in 1...9 { length.note(seconds: 0, rowCount: count) }
    #expect(before > 0 && length.count(matchLength: 4, available: 8, rowCount: 1) == before)
  }

  /// A step of one row takes 1, each further row 0.15; a model reads a token in `readSeconds` and guesses in 0.1, and four of five guesses hold.
  private static func taughtModel(readSeconds: Double, heldShare: Double = 0.8) -> DraftLength {
    var length = taught(rowCost: 0.15, heldShare: heldShare)
    for _ in 0..<50 {
      length.note(guessSeconds: 0.4, count: 4)
      length.note(readSeconds: 100 * readSeconds, count: 100)
    }
    for step in 0..<400 { length.note(matchLength: DraftLength.modelMatch, drafted: 1, held: Double(step % 20) < 20 * heldShare ? 1 : 0) }
    return length
  }

  @Test func aModelReadsAPromptOnlyIfThatPays() {
    for (unread, ahead, pays) in [(0, 1, true), (1000, 1000, true), (100, 100, true), (1000, 8, false), (1000, 40, false)] {
      var length = Self.taughtModel(readSeconds: 0.05)
      let count = length.modelCount(available: 8, rowCount: 1, unreadCount: unread, aheadCount: ahead)
      #expect((count > 0) == pays, "\(unread) to read, \(ahead) to write: \(count)")
    }
  }

  /// A model whose guesses do not hold is asked again when that costs a fiftieth of the time since: sooner where it has little to read.
  @Test func aModelIsTriedAgainNowAndThen() {
    func firstTry(_ unread: Int) -> Int? {
      var length = Self.taughtModel(readSeconds: 0.05, heldShare: 0)
      return (0..<20_000).first { _ in length.modelCount(available: 8, rowCount: 1, unreadCount: unread, aheadCount: 100) > 0 }
    }
    let tries = [0, 100, 1000].compactMap(firstTry)
    #expect(tries.count == 3 && tries == tries.sorted() && tries[0] >= 20 && tries[0] < 100 && tries[2] >= 2500 && tries[2] < 3000, "\(tries)")
  }

  @Test func theSameObservationsGiveTheSameCounts() {
    func counts() -> [Int] {
      var random = SeededGenerator(seed: 14)
      var length = DraftLength()
      return (0..<2000).map { _ in
        let match = Int.random(in: 2...16, using: &random)
        let (available, rowCount) = (Int.random(in: 0...12, using: &random), Int.random(in: 1...40, using: &random))
        let count = length.count(matchLength: match, available: available, rowCount: rowCount)
        if count > 0 { length.note(matchLength: match, drafted: count, held: Int.random(in: 0...count, using: &random)) }
        length.note(seconds: Double.random(in: 0.001...0.1, using: &random), rowCount: Int.random(in: 1...40, using: &random))
        return count
      }
    }
    let first = counts()
    #expect(first == counts() && first.allSatisfy { 0...DraftLength.tokenLimit ~= $0 } && first.contains { $0 > 0 })
  }

  @Test func itNeverGuessesMoreThanThereIs() {
    for available in 0...3 {
      var length = Self.taught(rowCost: 0.01, heldShare: 1)
      #expect(length.count(matchLength: 4, available: available, rowCount: 1) <= available)
    }
  }
}
