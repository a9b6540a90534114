/// Puts in the place of every choice what it comes to in the end, so that no choice is left within a choice.
enum ChoiceFlattening {
  /// Entries of all choices together, at most.
  private static let entryLimit = 200_000

  /// Throws if a choice comes back to itself with no value between.
  ///
  /// - Parameter places: Where nodes come from, for the error.
  static func flattened(_ nodes: [Grammar.Node], places: [Grammar.NodeID: String]) throws(InferenceError) -> [Grammar.Node] {
    try requireProgress(nodes, places)
    var result = nodes
    var entryCount = 0
    for id in nodes.indices {
      guard case .choice = nodes[id] else { continue }
      var ends: [Grammar.NodeID] = []
      var seen: Set<Grammar.NodeID> = [id]
      var stack = [id]
      while let next = stack.popLast() {
        if case .choice(let alternatives) = nodes[next] {
          for alternative in alternatives.reversed() where seen.insert(alternative).inserted { stack.append(alternative) }
        } else {
          ends.append(next)
        }
      }
      entryCount += seen.count
      guard entryCount <= entryLimit else { throw .schemaTooLarge("its alternatives of alternatives are more than \(entryLimit)") }
      result[id] = .choice(ends)
    }
    return result
  }

  private enum Visit { case none, open, done }

  /// A search in depth over the choices: one that is met while it is open is a circle.
  private static func requireProgress(_ nodes: [Grammar.Node], _ places: [Grammar.NodeID: String]) throws(InferenceError) {
    var visits = [Visit](repeating: .none, count: nodes.count)
    for start in nodes.indices where visits[start] == .none {
      var stack: [(id: Grammar.NodeID, next: Int)] = [(start, 0)]
      visits[start] = .open
      while let (id, next) = stack.last {
        guard case .choice(let alternatives) = nodes[id], next < alternatives.count else {
          visits[id] = .done
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        let alternative = alternatives[next]
        switch visits[alternative] {
        case .done: break
        case .open: throw .schema("it refers to itself with no value between", at: places[alternative] ?? "#")
        case .none:
          visits[alternative] = .open
          stack.append((alternative, 0))
        }
      }
    }
  }
}
