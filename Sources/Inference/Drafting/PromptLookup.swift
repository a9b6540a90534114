package import Tokenizer

/// Guesses how a text goes on from where its last tokens stood before: in the prompt, whose passages an answer quotes, or in the answer itself
/// (prompt lookup, Saxena 2023; SuffixDecoding, Oliaro et al. 2024).
///
/// Of the places where the last two tokens stood before, the one counts that has the most tokens before them in common with the end of the text;
/// of several the last. That is what a suffix automaton would find, as far as `placeLimit` latest places reach, and it costs less to build.
package struct PromptLookup {
  /// A guess.
  package struct Draft {
    package var tokens: ArraySlice<TokenID>
    /// Tokens before it that the place and the end of the text have in common.
    package var matchLength: Int
  }

  private var tokens: [TokenID] = []
  /// Positions after two tokens that follow each other, earliest first.
  private var places: [UInt64: [Int32]] = [:]

  /// Places of one pair that are looked at.
  package static let placeLimit = 16
  /// Tokens in common that are told apart.
  package static let matchLimit = 16

  package init(_ tokens: [TokenID]) {
    places.reserveCapacity(2 * tokens.count)
    for token in tokens { append(token) }
  }

  /// The text goes on.
  package mutating func append(_ token: TokenID) {
    // The pair is entered when something follows it: before that there is nothing to guess.
    if tokens.count >= 2 {
      let key = Self.key(tokens[tokens.count - 2], tokens[tokens.count - 1])
      places[key, default: []].append(Int32(tokens.count))
    }
    tokens.append(token)
  }

  /// At most `limit` tokens that may follow.
  package func draft(limit: Int) -> Draft {
    let none = Draft(tokens: [], matchLength: 0)
    guard limit > 0, tokens.count >= 2, let found = places[Self.key(tokens[tokens.count - 2], tokens[tokens.count - 1])] else { return none }
    var best = (place: 0, length: 0)
    for place in found.suffix(Self.placeLimit).reversed() {
      let length = commonCount(before: Int(place))
      if length > best.length { best = (Int(place), length) }
      if length == Self.matchLimit { break }
    }
    return Draft(tokens: tokens[best.place..<min(best.place + limit, tokens.count)], matchLength: best.length)
  }

  /// Tokens before `place` that are those at the end of the text; `matchLimit` at most.
  private func commonCount(before place: Int) -> Int {
    var count = 0
    while count < min(place, Self.matchLimit), tokens[place - 1 - count] == tokens[tokens.count - 1 - count] { count += 1 }
    return count
  }

  private static func key(_ first: TokenID, _ second: TokenID) -> UInt64 {
    UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
  }
}
