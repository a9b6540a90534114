extension Evaluator {
  /// What stands after `is`.
  mutating func test(_ name: String, _ value: Value, _ given: Values) throws(JinjaError) -> Bool {
    if case .text(let text) = value, ["lower", "upper"].contains(name) { try charge(text.count) }
    switch (name, value) {
    case ("defined", .undefined): return false
    case ("defined", _): return true
    case ("undefined", .undefined): return true
    case ("undefined", _): return false
    case ("none", .none), ("boolean", .bool), ("string", .text), ("mapping", .dictionary), ("integer", .integer), ("float", .float): return true
    case ("none", _), ("boolean", _), ("string", _), ("mapping", _), ("integer", _), ("float", _): return false
    case ("number", _): return value.number != nil
    case ("sequence", .list), ("sequence", .text), ("sequence", .dictionary), ("sequence", .undefined): return true
    case ("sequence", _): return false
    case ("iterable", .list), ("iterable", .text), ("iterable", .dictionary), ("iterable", .undefined): return true
    case ("iterable", _): return false
    case ("callable", .macro), ("callable", .function): return true
    case ("callable", _): return false
    case ("true", .bool(let bool)): return bool
    case ("false", .bool(let bool)): return !bool
    case ("true", _), ("false", _): return false
    case ("odd", _), ("even", _):
      guard let integer = value.integer else { throw fail("only a whole number is \(name)") }
      return (integer % 2 != 0) == (name == "odd")
    case ("lower", _): return try string(value).string == string(value).lowercased.string
    case ("upper", _): return try string(value).string == string(value).uppercased.string
    default: break
    }
    let operations: [String: Comparison] = [
      "equalto": .equal, "eq": .equal, "==": .equal, "ne": .unequal, "lt": .less, "lessthan": .less, "le": .lessOrEqual, "gt": .greater,
      "greaterthan": .greater, "ge": .greaterOrEqual, "in": .isIn,
    ]
    guard let argument = given.first else { throw fail("unknown test '\(name)'") }
    if let operation = operations[name] { return try compare(value, operation, argument) }
    if name == "divisibleby" { return try arithmetic(value, .remainder, argument) == .integer(0) }
    throw fail("unknown test '\(name)'")
  }
}
