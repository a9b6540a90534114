/// Objects: members in any order, listed names once, and between them what the schema allows.
extension GrammarSteps {
  mutating func object(
    _ shape: Grammar.ObjectShape, _ frame: Frame, _ stack: FrameStacks.ID, _ byte: UInt8, _ results: inout [FrameStacks.ID]
  ) {
    let below = stacks.below(stack)
    let depth = stacks.depth(stack)
    let allowsOthers = shape.additional.map { grammar.fits($0, depth: depth) } ?? false
    /// Whether a listed name may still come.
    func isFree(_ name: Int) -> Bool { !stacks.contains(frame.names, name) && grammar.fits(shape.values[name], depth: depth) }
    func push(_ phase: Frame.Phase, _ change: (inout Frame) -> Void = { _ in }) {
      var next = Frame(node: frame.node, phase: phase, names: frame.names)
      change(&next)
      results.append(stacks.push(next, on: below, isContainer: true))
    }
    func beginName() {
      if allowsOthers || (0..<shape.names.count).contains(where: isFree) { push(.listedName) { $0.high = Int32(shape.names.count) } }
    }

    switch frame.phase {
    case .objectStart, .objectNext:
      if byte == 0x7D {
        if shape.isRequired.indices.allSatisfy({ !shape.isRequired[$0] || stacks.contains(frame.names, $0) }) { results.append(below) }
      } else if frame.phase == .objectStart {
        if byte == 0x22 { beginName() }
      } else if byte == 0x2C, allowsOthers || (0..<shape.names.count).contains(where: isFree) {
        push(.nameSpaced)
      }
    case .nameSpaced, .name:
      if byte == 0x22 { beginName() } else if byte == 0x20, frame.phase == .nameSpaced { push(.name) }
    case .listedName:
      guard let place = StringBytes(rawValue: frame.place) else { preconditionFailure("a name at no place") }
      let isEnd = byte == 0x22 && place == .border
      let range = shape.names.narrowed(Int(frame.low)..<Int(frame.high), depth: Int(frame.depth), by: byte)
      if isEnd {
        // A name in full is that name, and no other one.
        if let name = range.first {
          if isFree(name) { push(.colon) { $0.low = Int32(name) } }
        } else if allowsOthers {
          push(.colon) { $0.low = Frame.noListedName }
        }
      } else if let following = place.next(byte, .unique) {
        if range.isEmpty {
          if allowsOthers { push(.otherName) { $0.place = following.rawValue } }
        } else if allowsOthers || range.contains(where: isFree) {
          push(.listedName) {
            ($0.low, $0.high, $0.depth) = (Int32(range.lowerBound), Int32(range.upperBound), frame.depth + 1)
            $0.place = following.rawValue
          }
        }
      }
    case .otherName:
      guard let place = StringBytes(rawValue: frame.place) else { preconditionFailure("a name at no place") }
      if byte == 0x22, place == .border {
        push(.colon) { $0.low = Frame.noListedName }
      } else if let following = place.next(byte, .unique) {
        push(.otherName) { $0.place = following.rawValue }
      }
    case .colon:
      guard byte == 0x3A else { return }
      var next = Frame(node: frame.node, phase: .objectNext, names: frame.names)
      var value = shape.additional
      if frame.low != Frame.noListedName {
        next.names = stacks.inserting(Int(frame.low), into: frame.names)
        value = shape.values[Int(frame.low)]
      }
      guard let value else { preconditionFailure("a name that may not be there") }
      let after = stacks.push(next, on: below, isContainer: true)
      results.append(stacks.push(Frame(node: Int32(value), phase: .spaced), on: after))
    default: preconditionFailure("a frame of another node's phase")
    }
  }
}
