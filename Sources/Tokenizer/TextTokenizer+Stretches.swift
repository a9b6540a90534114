import Foundation

extension TextTokenizer {
  /// Tokens of a prompt in which neighbouring stretches of a text are encoded one by one: each has the same tokens wherever it stands.
  ///
  /// - Parameter stretches: What stands in the prompt's text in this order, without anything between, for the last time.
  /// - Returns: The tokens, and which of them are the stretches'; none if the template has changed them, or if the tokenizer marks the beginning of a
  ///   text, so that parts are not encoded like the whole.
  package func encode(_ segments: [PromptSegment], dividing stretches: [String]) throws(TokenizerError) -> (
    tokens: [TokenID], stretches: [Range<Int>]
  ) {
    let whole = Data(stretches.joined().utf8)
    var segments = Self.joiningTexts(segments)
    guard !whole.isEmpty, let (index, place) = Self.lastPlace(of: whole, in: segments), case .text(let text) = segments[index] else {
      return (try encode(segments), [])
    }
    let parts = stretches.map { encode($0) }
    guard zip(parts, stretches).allSatisfy({ $0.flatMap(bytes(of:)) == Array($1.utf8) }) else { return (try encode(segments), []) }
    let before = try encode(Array(segments[..<index]) + [.text(String(decoding: Array(text.utf8)[..<place.lowerBound], as: UTF8.self))])
    segments.replaceSubrange(...index, with: [.text(String(decoding: Array(text.utf8)[place.upperBound...], as: UTF8.self))])
    var tokens = before
    var ranges: [Range<Int>] = []
    for part in parts {
      ranges.append(tokens.count..<tokens.count + part.count)
      tokens += part
    }
    // The beginning of the prompt is behind: what follows must not get its token again.
    for segment in segments { tokens += try encode(within: segment) }
    return (tokens, ranges)
  }

  private func encode(within segment: PromptSegment) throws(TokenizerError) -> [TokenID] {
    switch segment {
    case .text(let text): return encode(text)
    case .control(let name):
      guard let token = controlToken(name) else { throw .controlToken(name) }
      return [token]
    }
  }

  private static func joiningTexts(_ segments: [PromptSegment]) -> [PromptSegment] {
    segments.reduce(into: []) { joined, segment in
      if case .text(let more) = segment, case .text(let text)? = joined.last {
        joined[joined.count - 1] = .text(text + more)
      } else {
        joined.append(segment)
      }
    }
  }

  private static func lastPlace(of bytes: Data, in segments: [PromptSegment]) -> (segment: Int, place: Range<Int>)? {
    for (index, segment) in segments.enumerated().reversed() {
      if case .text(let text) = segment, let place = Data(text.utf8).range(of: bytes, options: .backwards) { return (index, place) }
    }
    return nil
  }
}
