/// Stacks of frames, each stored once: equal stacks have equal numbers, and share what lies below.
struct FrameStacks {
  typealias ID = Int32

  private struct Cell: Hashable {
    let frame: Frame
    let below: ID
  }

  /// The stack of nothing: the text is complete.
  static let empty: ID = 0

  private var cells: [Cell] = []
  /// By stack: its containers.
  private var depths: [Int32] = [0]
  private var ids: [Cell: ID] = [:]
  /// Sets of listed names, one bit each; 0 is the empty one.
  private var nameSets: [[UInt64]] = [[]]
  private var nameSetIDs: [[UInt64]: Int32] = [[]: 0]

  func top(_ stack: ID) -> Frame { cells[Int(stack) - 1].frame }
  func below(_ stack: ID) -> ID { cells[Int(stack) - 1].below }
  /// Containers that are open, the top frame's own included.
  func depth(_ stack: ID) -> Int { Int(depths[Int(stack)]) }

  /// - Parameter isContainer: Whether the frame is of an open container.
  mutating func push(_ frame: Frame, on below: ID, isContainer: Bool = false) -> ID {
    let cell = Cell(frame: frame, below: below)
    if let known = ids[cell] { return known }
    cells.append(cell)
    depths.append(depths[Int(below)] + (isContainer ? 1 : 0))
    let id = ID(cells.count)
    ids[cell] = id
    return id
  }

  // MARK: Sets of names

  func contains(_ set: Int32, _ name: Int) -> Bool {
    let words = nameSets[Int(set)]
    return name >> 6 < words.count && words[name >> 6] >> UInt64(name & 63) & 1 == 1
  }

  mutating func inserting(_ name: Int, into set: Int32) -> Int32 {
    var words = nameSets[Int(set)]
    if words.count <= name >> 6 { words += Array(repeating: 0, count: (name >> 6) + 1 - words.count) }
    words[name >> 6] |= 1 << UInt64(name & 63)
    if let known = nameSetIDs[words] { return known }
    nameSets.append(words)
    let id = Int32(nameSets.count - 1)
    nameSetIDs[words] = id
    return id
  }

  // MARK: Taking over

  /// The stack's frames, lowest first, with each one's names.
  func frames(of stack: ID) -> [(frame: Frame, names: [UInt64], isContainer: Bool)] {
    var frames: [(frame: Frame, names: [UInt64], isContainer: Bool)] = []
    var stack = stack
    while stack != Self.empty {
      let frame = top(stack)
      frames.append((frame, nameSets[Int(frame.names)], depth(stack) > depth(below(stack))))
      stack = below(stack)
    }
    return frames.reversed()
  }

  /// The stack of frames that were taken from other stacks.
  mutating func push(_ frames: [(frame: Frame, names: [UInt64], isContainer: Bool)]) -> ID {
    frames.reduce(Self.empty) { stack, entry in
      var frame = entry.frame
      frame.names = 0
      for name in 0..<entry.names.count * 64 where entry.names[name >> 6] >> UInt64(name & 63) & 1 == 1 {
        frame.names = inserting(name, into: frame.names)
      }
      return push(frame, on: stack, isContainer: entry.isContainer)
    }
  }
}
