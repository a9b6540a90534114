/// The JSON texts that a schema allows: nodes that stand for values and refer to each other by their numbers.
///
/// A text of the grammar is compact JSON; one space may follow a colon or a comma, because models are used to it.
struct Grammar: Sendable {
  typealias NodeID = Int

  enum Node: Sendable {
    /// One of these texts; none of them is a beginning of another one unless it is a number.
    case literals(SortedNames)
    /// Any string of so many characters.
    case string(minimum: Int, maximum: Int?)
    case number(NumberTable)
    /// A string that follows one of these sequences.
    case sequences(SequenceTable)
    case object(ObjectShape)
    case array(ArrayShape)
    /// One of these, none of which is a choice.
    case choice([NodeID])
  }

  /// Members in any order; listed ones at most once.
  struct ObjectShape: Sendable {
    /// Names as they are written, with the closing quote.
    var names: SortedNames
    /// By name: the value, and whether it must be there.
    var values: [NodeID]
    var isRequired: [Bool]
    /// The value of all other names; `nil` if there may be none. They are not counted: one may come twice, as RFC 8259 has it.
    var additional: NodeID?
  }

  struct ArrayShape: Sendable {
    var prefix: [NodeID]
    /// The items after the prefix; `nil` if there may be none.
    var items: NodeID?
    var minimum: Int
    var maximum: Int?

    func item(at index: Int) -> NodeID? {
      if let maximum, index >= maximum { return nil }
      return index < prefix.count ? prefix[index] : items
    }
  }

  let nodes: [Node]
  let root: NodeID
  /// By node: how many containers must be open at once to finish it; `nil` if it can never be finished.
  let heights: [Int?]

  /// Containers that are open at once, at most.
  static let depthLimit = 32

  /// - Parameter nodes: Choices may refer to choices, but not in a circle: see `flattened`.
  init(nodes: [Node], root: NodeID) {
    self.nodes = nodes
    self.root = root
    heights = Self.heights(of: nodes)
  }

  /// Whether a value of the node can be finished when so many containers are open.
  func fits(_ node: NodeID, depth: Int) -> Bool {
    guard let height = heights[node] else { return false }
    return depth + height <= Self.depthLimit
  }

  /// The least numbers that fit together: an object is one higher than the highest value that it must have, a choice as high as its lowest one.
  ///
  /// Found level by level, each node once: who needs others waits until the last of them is known (Knuth 1977, "A generalization of
  /// Dijkstra's algorithm").
  private static func heights(of nodes: [Node]) -> [Int?] {
    var heights = [Int?](repeating: nil, count: nodes.count)
    var waitsFor = [Int](repeating: 0, count: nodes.count)
    var dependents = [[NodeID]](repeating: [], count: nodes.count)
    var level: [NodeID] = []
    var nextLevel: [NodeID] = []
    for (id, node) in nodes.enumerated() {
      if case .choice(let alternatives) = node {
        for alternative in alternatives { dependents[alternative].append(id) }
      } else if let needed = needs(of: node) {
        waitsFor[id] = needed.count
        for other in needed { dependents[other].append(id) }
        if needed.isEmpty { if node.isContainer { nextLevel.append(id) } else { level.append(id) } }
      }
    }
    var height = 0
    while !level.isEmpty || !nextLevel.isEmpty {
      while let id = level.popLast() {
        guard heights[id] == nil else { continue }
        heights[id] = height
        for dependent in dependents[id] {
          if case .choice = nodes[dependent] {
            level.append(dependent)
          } else {
            waitsFor[dependent] -= 1
            if waitsFor[dependent] == 0 { nextLevel.append(dependent) }
          }
        }
      }
      (level, nextLevel) = (nextLevel, [])
      height += 1
    }
    return heights
  }

  /// The values that a node cannot do without, a choice apart; `nil` if no text is of it.
  private static func needs(of node: Node) -> [NodeID]? {
    switch node {
    case .literals(let texts): return texts.count > 0 ? [] : nil
    case .string(let minimum, let maximum): return minimum <= maximum ?? .max ? [] : nil
    case .number(let table): return table.isEmpty ? nil : []
    case .sequences, .choice: return []
    case .object(let shape): return shape.values.indices.filter { shape.isRequired[$0] }.map { shape.values[$0] }
    case .array(let shape):
      guard shape.minimum <= shape.maximum ?? .max else { return nil }
      let needed = Array(shape.prefix.prefix(shape.minimum))
      guard shape.minimum > shape.prefix.count else { return needed }
      return shape.items.map { needed + [$0] }
    }
  }
}

extension Grammar.Node {
  fileprivate var isContainer: Bool {
    switch self {
    case .object, .array: true
    default: false
    }
  }
}
