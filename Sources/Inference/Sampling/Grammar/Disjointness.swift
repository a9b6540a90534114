/// Whether no value fits two nodes: what `oneOf` asks of its alternatives.
struct Disjointness {
  private let grammar: Grammar
  /// Comparisons that are left: what needs more is not certain.
  private var budget = 1_000_000

  /// Whether an answer may have been "not certain" only because the budget was spent.
  var isSpent: Bool { budget <= 0 }

  init(_ grammar: Grammar) { self.grammar = grammar }

  /// True only if it is certain; the search goes a few levels deep.
  mutating func isCertain(_ first: Grammar.NodeID, _ second: Grammar.NodeID, levels: Int = 4) -> Bool {
    budget -= 1
    guard first != second, levels > 0, budget > 0 else { return false }
    switch (grammar.nodes[first], grammar.nodes[second]) {
    case (.choice(let alternatives), _): return alternatives.allSatisfy { isCertain($0, second, levels: levels) }
    case (_, .choice(let alternatives)): return alternatives.allSatisfy { isCertain(first, $0, levels: levels) }
    case (.literals(let texts), let node), (let node, .literals(let texts)):
      if case .literals(let others) = node { budget -= texts.count * others.count } else { budget -= texts.count }
      return budget > 0 && texts.names.allSatisfy { Self.isExcluded(Literal($0), from: node) }
    case (.number(let table), .number(let other)): return table.range.isDisjoint(from: other.range)
    case (.string(let minimum, let maximum), .string(let otherMinimum, let otherMaximum)):
      return minimum > otherMaximum ?? .max || otherMinimum > maximum ?? .max
    case (.string, .sequences), (.sequences, .string), (.sequences, .sequences): return false
    case (.object(let shape), .object(let other)): return areApart(shape, other, levels) || areApart(other, shape, levels)
    case (.array(let shape), .array(let other)):
      if shape.minimum > other.maximum ?? .max || other.minimum > shape.maximum ?? .max { return true }
      return (0..<min(shape.minimum, other.minimum, 8)).contains(where: { index in
        guard let item = shape.item(at: index), let otherItem = other.item(at: index) else { return true }
        return isCertain(item, otherItem, levels: levels - 1)
      })
    default: return true
    }
  }

  /// A literal's text says what it is by its first byte.
  private enum Literal {
    case number(DecimalNumber?)
    case string([UInt8]), word([UInt8])
    case array, object

    init(_ text: [UInt8]) {
      switch text.first {
      case 0x22: self = .string(text)
      case 0x5B: self = .array
      case 0x7B: self = .object
      case 0x2D?, (0x30...0x39)?: self = .number(DecimalNumber(String(decoding: text, as: UTF8.self)))
      default: self = .word(text)
      }
    }

    /// Certainly another value.
    func differs(from other: Literal) -> Bool {
      switch (self, other) {
      case (.string(let text), .string(let otherText)), (.word(let text), .word(let otherText)): text != otherText
      case (.number(let number?), .number(let otherNumber?)): number != otherNumber
      case (.number, .number), (.array, .array), (.object, .object): false
      default: true
      }
    }
  }

  private static func isExcluded(_ literal: Literal, from node: Grammar.Node) -> Bool {
    switch (literal, node) {
    case (_, .literals(let texts)): texts.names.allSatisfy { literal.differs(from: Literal($0)) }
    case (.number(let number), .number(let table)): number.map { !table.range.contains($0) } ?? false
    case (.string, .string), (.string, .sequences), (.array, .array), (.object, .object): false
    default: true
    }
  }

  /// The one must have a name that the other gives another value, or none.
  private mutating func areApart(_ shape: Grammar.ObjectShape, _ other: Grammar.ObjectShape, _ levels: Int) -> Bool {
    shape.names.names.indices.contains(where: { index in
      guard shape.isRequired[index] else { return false }
      let otherIndex = other.names.index(of: shape.names.names[index])
      guard let value = otherIndex.map({ other.values[$0] }) ?? other.additional else { return true }
      return isCertain(shape.values[index], value, levels: levels - 1)
    })
  }
}
