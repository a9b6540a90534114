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
  private static func heights(of nodes: [Node]) -> [Int?] {
    var heights = [Int?](repeating: nil, count: nodes.count)
    func height(_ node: Node) -> Int? {
      func highest(_ needed: some Sequence<NodeID>) -> Int? {
        var highest = 0
        for id in needed {
          guard let height = heights[id] else { return nil }
          highest = max(highest, height)
        }
        return highest
      }
      switch node {
      case .literals(let texts): return texts.count > 0 ? 0 : nil
      case .string(let minimum, let maximum): return minimum <= maximum ?? .max ? 0 : nil
      case .number(let table): return table.isEmpty ? nil : 0
      case .sequences: return 0
      case .choice(let alternatives): return alternatives.compactMap { heights[$0] }.min()
      case .object(let shape): return highest(shape.values.indices.lazy.filter { shape.isRequired[$0] }.map { shape.values[$0] }).map { $0 + 1 }
      case .array(let shape):
        guard shape.minimum <= shape.maximum ?? .max else { return nil }
        var needed = Array(shape.prefix.prefix(shape.minimum))
        if shape.minimum > shape.prefix.count {
          guard let items = shape.items else { return nil }
          needed.append(items)
        }
        return highest(needed).map { $0 + 1 }
      }
    }
    var changed = true
    while changed {
      changed = false
      // What a node refers to mostly comes after it.
      for id in nodes.indices.reversed() {
        let new = height(nodes[id])
        if new != heights[id] {
          heights[id] = new
          changed = true
        }
      }
    }
    return heights
  }
}
