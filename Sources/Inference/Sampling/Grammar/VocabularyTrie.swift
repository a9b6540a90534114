import Tokenizer

/// The tokens of a vocabulary by their bytes: a tree in which tokens that begin alike share a way, stored in the order of a walk through it.
///
/// A node is a byte after the nodes above it. Tokens without bytes, such as control tokens, are not in it.
final class VocabularyTrie: Sendable {
  let vocabularySize: Int
  /// By node: its byte.
  private let bytes: [UInt8]
  /// By node: how many bytes lead to it, its own included.
  private let depths: [UInt16]
  /// By node: the first node after all that begin with it.
  private let ends: [Int32]
  /// By node: where its tokens begin in `tokens`; one more at the end.
  private let tokenStarts: [Int32]
  private let tokens: [TokenID]
  private let longest: Int

  /// Bytes of a token at most; longer ones are left out. Real ones have up to a few hundred.
  private static let byteLimit = 1024

  init(_ tokenizer: any TextTokenizer) {
    vocabularySize = tokenizer.vocabularySize
    let texts = (0..<TokenID(vocabularySize)).map { tokenizer.bytes(of: $0) }
    let ordered = texts.indices.filter { !texts[$0].isEmpty && texts[$0].count <= Self.byteLimit }
      .sorted { texts[$0].lexicographicallyPrecedes(texts[$1]) || (texts[$0] == texts[$1] && $0 < $1) }
    var bytes: [UInt8] = []
    var depths: [UInt16] = []
    var ends: [Int32] = []
    var tokenStarts: [Int32] = []
    /// The nodes on the way to the last text.
    var path: [Int] = []
    var last: [UInt8] = []
    for (position, index) in ordered.enumerated() {
      let text = texts[index]
      let common = zip(text, last).prefix { $0 == $1 }.count
      for node in path[common...] { ends[node] = Int32(bytes.count) }
      path.removeSubrange(common...)
      for depth in common..<text.count {
        path.append(bytes.count)
        bytes.append(text[depth])
        depths.append(UInt16(depth + 1))
        ends.append(0)
        tokenStarts.append(Int32(position))
      }
      last = text
    }
    for node in path { ends[node] = Int32(bytes.count) }
    tokenStarts.append(Int32(ordered.count))
    self.bytes = bytes
    self.depths = depths
    self.ends = ends
    self.tokenStarts = tokenStarts
    tokens = ordered.map { TokenID($0) }
    longest = Int(depths.max() ?? 0)
  }

  /// The tokens whose bytes can follow in a state.
  func mask(of automaton: inout ByteAutomaton, at state: ByteAutomaton.State) -> TokenMask {
    var mask = TokenMask(vocabularySize: vocabularySize)
    // By depth: the state after so many bytes.
    var states = [ByteAutomaton.State](repeating: state, count: longest + 1)
    var node = 0
    while node < bytes.count {
      let depth = Int(depths[node])
      let next = automaton.next(states[depth - 1], bytes[node])
      if next == ByteAutomaton.dead {
        node = Int(ends[node])
        continue
      }
      states[depth] = next
      for position in Int(tokenStarts[node])..<Int(tokenStarts[node + 1]) { mask.insert(tokens[position]) }
      node += 1
    }
    return mask
  }
}
