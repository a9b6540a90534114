import Synchronization
import Tokenizer

/// A grammar for one vocabulary: which tokens may follow in each state. What was found out is kept, for later tokens and later texts.
final class TokenMasks: Sendable {
  private struct Known {
    var automaton: ByteAutomaton
    var masks: [ByteAutomaton.State: TokenMask] = [:]
  }

  private let trie: VocabularyTrie
  private let endTokens: [TokenID]
  private let known: Mutex<Known>
  let start: ByteAutomaton.State

  /// States at which a new table is begun: 1 KiB each.
  private static let stateLimit = 8192
  /// Bytes of masks at which they are computed anew.
  private static let maskByteLimit = 8 << 20

  init(_ grammar: Grammar, trie: VocabularyTrie, endTokens: Set<TokenID>) {
    self.trie = trie
    self.endTokens = endTokens.filter { $0 >= 0 && $0 < trie.vocabularySize }.sorted()
    let automaton = ByteAutomaton(grammar)
    start = automaton.start
    known = Mutex(Known(automaton: automaton))
  }

  private init(_ other: TokenMasks, automaton: ByteAutomaton, start: ByteAutomaton.State) {
    trie = other.trie
    endTokens = other.endTokens
    self.start = start
    known = Mutex(Known(automaton: automaton))
  }

  /// Whether a new table should be begun.
  var isFull: Bool { known.withLock { $0.automaton.stateCount > Self.stateLimit } }

  /// The same with an empty table, which starts where this one is at `state`.
  func renewed(at state: ByteAutomaton.State) -> TokenMasks {
    let (automaton, start) = known.withLock { $0.automaton.renewed(at: state) }
    return TokenMasks(self, automaton: automaton, start: start)
  }

  /// The tokens that may follow; those that end a text where it may end.
  func mask(at state: ByteAutomaton.State) -> TokenMask {
    known.withLock { known in
      if let mask = known.masks[state] { return mask }
      var mask = trie.mask(of: &known.automaton, at: state)
      // An end token ends the text, whatever its bytes are.
      let isComplete = known.automaton.isComplete(state)
      for token in endTokens { if isComplete { mask.insert(token) } else { mask.remove(token) } }
      if known.masks.count * mask.byteCount > Self.maskByteLimit { known.masks.removeAll() }
      known.masks[state] = mask
      return mask
    }
  }

  /// The state after bytes; `nil` if they cannot follow.
  func state(after bytes: [UInt8], from state: ByteAutomaton.State) -> ByteAutomaton.State? {
    known.withLock { known in
      let state = bytes.reduce(state) { known.automaton.next($0, $1) }
      return state == ByteAutomaton.dead ? nil : state
    }
  }

  func isComplete(_ state: ByteAutomaton.State) -> Bool { known.withLock { $0.automaton.isComplete(state) } }
  func isFinished(_ state: ByteAutomaton.State) -> Bool { known.withLock { $0.automaton.isFinished(state) } }
}
