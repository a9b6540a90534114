/// A grammar as a table of states and bytes, made while it is used.
///
/// A state is the set of stacks that the text so far may stand for, most of the time one. What a byte makes of it is computed once and then
/// looked up (as regular expressions are, Thompson 1968; a pushdown automaton has states without end, but a text meets few of them).
struct ByteAutomaton {
  typealias State = Int32

  /// No text goes on from here.
  static let dead: State = 0
  private static let unknown: State = -1

  private(set) var steps: GrammarSteps
  private var stackSets: [[FrameStacks.ID]] = [[]]
  private var ids: [[FrameStacks.ID]: State] = [[]: dead]
  /// 256 a state.
  private var transitions = [State](repeating: dead, count: 256)
  private(set) var start: State = dead

  /// Stacks of a state at most. A text that fits more alternatives than that at once is held to the first of them: it still fits.
  private static let stackLimit = 64

  init(_ grammar: Grammar) {
    steps = GrammarSteps(grammar)
    start = state(of: [steps.start()])
  }

  var stateCount: Int { stackSets.count }

  private mutating func state(of stacks: [FrameStacks.ID]) -> State {
    if let known = ids[stacks] { return known }
    let id = State(stackSets.count)
    stackSets.append(stacks)
    transitions.append(contentsOf: repeatElement(Self.unknown, count: 256))
    ids[stacks] = id
    return id
  }

  /// The state after a byte.
  @inline(__always)
  mutating func next(_ state: State, _ byte: UInt8) -> State {
    let known = transitions[Int(state) << 8 | Int(byte)]
    return known == Self.unknown ? computeNext(state, byte) : known
  }

  @inline(never)
  private mutating func computeNext(_ state: State, _ byte: UInt8) -> State {
    var results: [FrameStacks.ID] = []
    for stack in stackSets[Int(state)] { steps.step(stack, byte, &results) }
    var unique: [FrameStacks.ID] = []
    var seen: Set<FrameStacks.ID> = []
    for stack in results where unique.count < Self.stackLimit && seen.insert(stack).inserted { unique.append(stack) }
    let next = self.state(of: unique)
    transitions[Int(state) << 8 | Int(byte)] = next
    return next
  }

  /// Whether the text may end here.
  func isComplete(_ state: State) -> Bool { stackSets[Int(state)].contains(FrameStacks.empty) }

  /// Whether it must.
  func isFinished(_ state: State) -> Bool { stackSets[Int(state)] == [FrameStacks.empty] }

  /// A new automaton that knows only this one's state.
  func renewed(at state: State) -> (automaton: ByteAutomaton, state: State) {
    var automaton = ByteAutomaton(steps.grammar)
    let stacks = stackSets[Int(state)].map { automaton.steps.stacks.push(steps.stacks.frames(of: $0)) }
    let renewed = automaton.state(of: stacks)
    return (automaton, renewed)
  }
}
