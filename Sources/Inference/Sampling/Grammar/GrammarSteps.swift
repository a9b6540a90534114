/// What a byte makes of the stacks of a grammar: a pushdown automaton that reads bytes.
///
/// Every step leads only to stacks from which the text can be finished: values are begun only where there is depth enough for them, and names
/// only if they can become one that may still come.
struct GrammarSteps {
  let grammar: Grammar
  var stacks = FrameStacks()

  init(_ grammar: Grammar) { self.grammar = grammar }

  /// Before the text.
  mutating func start() -> FrameStacks.ID { stacks.push(Frame(node: Int32(grammar.root), phase: .spaced), on: FrameStacks.empty) }

  /// Adds the stacks after a byte to `results`; none if it cannot follow.
  mutating func step(_ stack: FrameStacks.ID, _ byte: UInt8, _ results: inout [FrameStacks.ID]) {
    guard stack != FrameStacks.empty else { return }
    let frame = stacks.top(stack)
    let below = stacks.below(stack)
    let id = Int(frame.node)
    switch (frame.phase, grammar.nodes[id]) {
    case (.spaced, _) where byte == 0x20:
      var started = frame
      started.phase = .start
      results.append(stacks.push(started, on: below))
    case (.start, _), (.spaced, _): begin(id, byte, below, &results)
    case (.literal, .literals(let texts)): literal(texts, frame, byte, below, &results)
    case (.string, .string(let minimum, let maximum)): string(frame, minimum, maximum, byte, below, &results)
    case (.number, .number(let table)): number(table, frame, byte, below, &results)
    case (.sequence, .sequences(let table)): sequence(table, frame, byte, below, &results)
    case (_, .object(let shape)): object(shape, frame, stack, byte, &results)
    case (_, .array(let shape)): array(shape, frame, stack, byte, &results)
    default: preconditionFailure("a frame of another node's phase")
    }
  }

  /// The first byte of a value, whose frame goes on `below`.
  private mutating func begin(_ id: Grammar.NodeID, _ byte: UInt8, _ below: FrameStacks.ID, _ results: inout [FrameStacks.ID]) {
    guard grammar.fits(id, depth: stacks.depth(below)) else { return }
    let node = Int32(id)
    switch grammar.nodes[id] {
    case .choice(let alternatives): for alternative in alternatives { begin(alternative, byte, below, &results) }
    case .literals(let texts):
      literal(texts, Frame(node: node, phase: .literal, high: Int32(texts.count)), byte, below, &results)
    case .string: if byte == 0x22 { results.append(stacks.push(Frame(node: node, phase: .string), on: below)) }
    case .number(let table): number(table, Frame(node: node, phase: .number), byte, below, &results)
    case .sequences(let table): sequence(table, Frame(node: node, phase: .sequence), byte, below, &results)
    case .object: if byte == 0x7B { results.append(stacks.push(Frame(node: node, phase: .objectStart), on: below, isContainer: true)) }
    case .array: if byte == 0x5B { results.append(stacks.push(Frame(node: node, phase: .arrayStart), on: below, isContainer: true)) }
    }
  }

  // MARK: Scalars

  private mutating func literal(
    _ texts: SortedNames, _ frame: Frame, _ byte: UInt8, _ below: FrameStacks.ID, _ results: inout [FrameStacks.ID]
  ) {
    var range = texts.narrowed(Int(frame.low)..<Int(frame.high), depth: Int(frame.depth), by: byte)
    guard let first = range.first else { return }
    if texts.names[first].count == Int(frame.depth) + 1 {
      results.append(below)
      range = first + 1..<range.upperBound
    }
    guard !range.isEmpty else { return }
    var next = frame
    (next.low, next.high, next.depth) = (Int32(range.lowerBound), Int32(range.upperBound), frame.depth + 1)
    results.append(stacks.push(next, on: below))
  }

  private mutating func string(
    _ frame: Frame, _ minimum: Int, _ maximum: Int?, _ byte: UInt8, _ below: FrameStacks.ID, _ results: inout [FrameStacks.ID]
  ) {
    guard let place = StringBytes(rawValue: frame.place) else { preconditionFailure("a string at no place") }
    var next = frame
    if place == .border {
      if byte == 0x22 {
        if frame.low >= minimum { results.append(below) }
        return
      }
      if let maximum, frame.low >= maximum { return }
      // Beyond the minimum the count is of use only if there is a maximum.
      if maximum != nil || frame.low < minimum { next.low += 1 }
    }
    guard let following = place.next(byte, .any) else { return }
    next.place = following.rawValue
    results.append(stacks.push(next, on: below))
  }

  private mutating func number(
    _ table: NumberTable, _ frame: Frame, _ byte: UInt8, _ below: FrameStacks.ID, _ results: inout [FrameStacks.ID]
  ) {
    guard let state = table.next(frame.low, byte) else { return }
    var next = frame
    next.low = state
    if table.mayEnd(state) { results.append(below) }
    if table.mayGoOn(state) { results.append(stacks.push(next, on: below)) }
  }

  private mutating func sequence(
    _ table: SequenceTable, _ frame: Frame, _ byte: UInt8, _ below: FrameStacks.ID, _ results: inout [FrameStacks.ID]
  ) {
    switch table.next(frame.low, byte) {
    case .ends: results.append(below)
    case .goesOn(let state):
      var next = frame
      next.low = state
      results.append(stacks.push(next, on: below))
    case nil: break
    }
  }

  // MARK: Arrays

  private mutating func array(
    _ shape: Grammar.ArrayShape, _ frame: Frame, _ stack: FrameStacks.ID, _ byte: UInt8, _ results: inout [FrameStacks.ID]
  ) {
    let below = stacks.below(stack)
    let count = frame.phase == .arrayStart ? 0 : Int(frame.low)
    if byte == 0x5D {
      if count >= shape.minimum { results.append(below) }
      return
    }
    guard frame.phase == .arrayStart || byte == 0x2C, let item = shape.item(at: count), grammar.fits(item, depth: stacks.depth(stack)) else { return }
    var next = frame
    next.phase = .arrayNext
    // From here on all items are alike.
    let uniformCount = max(shape.minimum, shape.prefix.count)
    next.low = Int32(shape.maximum == nil ? min(count + 1, uniformCount) : count + 1)
    let after = stacks.push(next, on: below, isContainer: true)
    if frame.phase == .arrayStart {
      begin(item, byte, after, &results)
    } else {
      results.append(stacks.push(Frame(node: Int32(item), phase: .spaced), on: after))
    }
  }
}
