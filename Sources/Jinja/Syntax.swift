/// An expression of a template, with its place.
struct Expression: Sendable {
  indirect enum Kind: Sendable {
    case literal(Value)
    case variable(String)
    case list([Expression])
    case tuple([Expression])
    case dictionary([(key: Expression, value: Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, from: Expression?, to: Expression?, step: Expression?)
    case call(Expression, Arguments)
    case filter(Expression, String, Arguments)
    case test(Expression, String, Arguments)
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case conditional(Expression, then: Expression, otherwise: Expression?)
    case comparison(Expression, [(operation: Comparison, right: Expression)])
    case arithmetic(Expression, Arithmetic, Expression)
    case concatenation(Expression, Expression)
  }

  let kind: Kind
  let line: Int
  /// Expressions inside each other, this one included.
  let height: Int
}

enum Comparison: String, Sendable {
  case equal = "==", unequal = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
  case isIn = "in", isNotIn = "not in"
}

enum Arithmetic: String, Sendable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//", remainder = "%", power = "**"
}

/// What a call, filter or test is given.
struct Arguments: Sendable {
  var positional: [Expression] = []
  var named: [(name: String, value: Expression)] = []

  static let none = Arguments()
  var expressions: [Expression] { positional + named.map(\.value) }
}

/// What an assignment writes to.
indirect enum Target: Sendable {
  case name(String)
  case attribute(namespace: String, String)
  case tuple([Target])
}

struct Statement: Sendable {
  indirect enum Kind: Sendable {
    case text(Text)
    case output(Expression)
    case conditional([(condition: Expression, body: [Statement])], otherwise: [Statement])
    case loop(Loop)
    case assign(Target, Expression)
    case assignBlock(Target, body: [Statement], filters: [(name: String, arguments: Arguments)])
    case macro(Macro)
    case callBlock(caller: Macro, call: Expression)
    case filterBlock([(name: String, arguments: Arguments)], body: [Statement])
    case with([(target: Target, value: Expression)], body: [Statement])
    /// Statements that only stand together, such as the body of `{% generation %}`.
    case group([Statement])
    case breakLoop
    case continueLoop
  }

  struct Loop: Sendable {
    let target: Target
    let sequence: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
  }

  let kind: Kind
  let line: Int
}

/// A function that a template defines.
package final class Macro: Sendable {
  let name: String
  let parameters: [(name: String, standard: Expression?)]
  let body: [Statement]
  let usesCaller: Bool

  init(name: String, parameters: [(name: String, standard: Expression?)], body: [Statement], usesCaller: Bool = false) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.usesCaller = usesCaller
  }
}
