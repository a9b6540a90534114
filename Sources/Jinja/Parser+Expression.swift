/// Expressions, loosest first: conditional, or, and, not, comparison, sum, `~`, product, power, sign, postfix, filter.
extension Parser {
  private func make(_ kind: Expression.Kind, line: Int, over parts: [Expression] = []) throws(JinjaError) -> Expression {
    let height = 1 + (parts.lazy.map(\.height).max() ?? 0)
    guard height <= Limits.nesting * 2 else { throw JinjaError(kind: .limit, line: line, reason: "an expression is nested too deep") }
    return Expression(kind: kind, line: line, height: height)
  }

  /// An expression, or several with commas between: a tuple.
  mutating func tuple(allowsConditional: Bool = true) throws(JinjaError) -> Expression {
    let start = line
    var parts = [allowsConditional ? try expression() : try or()]
    var isTuple = false
    while skipSymbol(",") {
      isTuple = true
      if [.blockEnd, .outputEnd, .symbol(")")].contains(current.kind) { break }
      parts.append(allowsConditional ? try expression() : try or())
    }
    return isTuple ? try make(.tuple(parts), line: start, over: parts) : parts[0]
  }

  mutating func expression() throws(JinjaError) -> Expression {
    try enter()
    var result = try or()
    while isName("if") {
      let start = next().line
      let condition = try or()
      let otherwise = skipName("else") ? try expression() : nil
      result = try make(
        .conditional(condition, then: result, otherwise: otherwise), line: start, over: [condition, result] + (otherwise.map { [$0] } ?? []))
    }
    leave()
    return result
  }

  private mutating func or() throws(JinjaError) -> Expression {
    var left = try and()
    while isName("or") {
      let start = next().line
      let right = try and()
      left = try make(.or(left, right), line: start, over: [left, right])
    }
    return left
  }

  private mutating func and() throws(JinjaError) -> Expression {
    var left = try not()
    while isName("and") {
      let start = next().line
      let right = try not()
      left = try make(.and(left, right), line: start, over: [left, right])
    }
    return left
  }

  private mutating func not() throws(JinjaError) -> Expression {
    guard isName("not") else { return try comparison() }
    let start = next().line
    try enter()
    let operand = try not()
    leave()
    return try make(.not(operand), line: start, over: [operand])
  }

  private mutating func comparison() throws(JinjaError) -> Expression {
    let start = line
    let left = try sum()
    var steps: [(operation: Comparison, right: Expression)] = []
    while let operation = comparisonOperator() {
      steps.append((operation, try sum()))
    }
    return steps.isEmpty ? left : try make(.comparison(left, steps), line: start, over: [left] + steps.map(\.right))
  }

  private mutating func comparisonOperator() -> Comparison? {
    switch current.kind {
    case .symbol(let symbol):
      guard let operation = Comparison(rawValue: symbol) else { return nil }
      _ = next()
      return operation
    case .name("in"):
      _ = next()
      return .isIn
    case .name("not") where tokens.dropFirst().first?.kind == .name("in"):
      _ = next()
      _ = next()
      return .isNotIn
    default: return nil
    }
  }

  private mutating func arithmeticOperator(_ symbols: [String]) -> Arithmetic? {
    guard case .symbol(let symbol) = current.kind, symbols.contains(symbol) else { return nil }
    _ = next()
    return Arithmetic(rawValue: symbol)
  }

  private mutating func sum() throws(JinjaError) -> Expression {
    var left = try concatenation()
    while let operation = arithmeticOperator(["+", "-"]) {
      let right = try concatenation()
      left = try make(.arithmetic(left, operation, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func concatenation() throws(JinjaError) -> Expression {
    var left = try product()
    while skipSymbol("~") {
      let right = try product()
      left = try make(.concatenation(left, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func product() throws(JinjaError) -> Expression {
    var left = try power()
    while let operation = arithmeticOperator(["*", "/", "//", "%"]) {
      let right = try power()
      left = try make(.arithmetic(left, operation, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func power() throws(JinjaError) -> Expression {
    var left = try unary()
    while skipSymbol("**") {
      let right = try unary()
      left = try make(.arithmetic(left, .power, right), line: left.line, over: [left, right])
    }
    return left
  }

  private mutating func unary(withFilters: Bool = true) throws(JinjaError) -> Expression {
    let start = line
    var result: Expression
    if skipSymbol("-") {
      try enter()
      let operand = try unary(withFilters: false)
      leave()
      result = try make(.negative(operand), line: start, over: [operand])
    } else if skipSymbol("+") {
      try enter()
      let operand = try unary(withFilters: false)
      leave()
      result = try make(.positive(operand), line: start, over: [operand])
    } else {
      result = try primary()
    }
    result = try postfix(result)
    return withFilters ? try filters(result) : result
  }

  // MARK: Postfix

  private mutating func postfix(_ base: Expression) throws(JinjaError) -> Expression {
    var result = base
    while true {
      let start = line
      if skipSymbol(".") {
        if case .integer(let index) = current.kind {
          _ = next()
          let key = try make(.literal(.integer(index)), line: start)
          result = try make(.item(result, key), line: start, over: [result])
        } else {
          result = try make(.attribute(result, try name()), line: start, over: [result])
        }
      } else if skipSymbol("[") {
        result = try subscripted(result, line: start)
      } else if isSymbol("(") {
        result = try called(result)
      } else {
        return result
      }
    }
  }

  private mutating func called(_ function: Expression) throws(JinjaError) -> Expression {
    let start = line
    let arguments = try self.arguments()
    return try make(.call(function, arguments), line: start, over: [function] + arguments.expressions)
  }

  private mutating func subscripted(_ base: Expression, line start: Int) throws(JinjaError) -> Expression {
    var parts: [Expression?] = [nil, nil, nil]
    var colons = 0
    while !isSymbol("]") {
      if skipSymbol(":") {
        colons += 1
        guard colons <= 2 else { throw fail("a slice has at most two colons") }
      } else if parts[colons] == nil {
        parts[colons] = try expression()
      } else {
        throw fail("expected ']', found \(current.words)")
      }
    }
    try expect(.symbol("]"))
    if colons == 0 {
      guard let key = parts[0] else { throw fail("a subscript is empty") }
      return try make(.item(base, key), line: start, over: [base, key])
    }
    return try make(.slice(base, from: parts[0], to: parts[1], step: parts[2]), line: start, over: [base] + parts.compactMap { $0 })
  }

  private mutating func filters(_ base: Expression) throws(JinjaError) -> Expression {
    var result = base
    while true {
      let start = line
      if skipSymbol("|") {
        let filter = try name()
        let arguments = isSymbol("(") ? try self.arguments() : .none
        result = try make(.filter(result, filter, arguments), line: start, over: [result] + arguments.expressions)
      } else if skipName("is") {
        result = try test(result, line: start)
      } else if isSymbol("(") {
        result = try called(result)
      } else {
        return result
      }
    }
  }

  private mutating func test(_ operand: Expression, line start: Int) throws(JinjaError) -> Expression {
    let isNegated = skipName("not")
    let test = try name()
    var arguments = Arguments.none
    switch current.kind {
    case .symbol("("): arguments = try self.arguments()
    case .name(let word) where ["else", "or", "and", "is", "if", "in", "not"].contains(word): break
    case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
      let argument = try primary()
      arguments.positional = [try postfix(argument)]
    default: break
    }
    let result = try make(.test(operand, test, arguments), line: start, over: [operand] + arguments.expressions)
    return isNegated ? try make(.not(result), line: start, over: [result]) : result
  }

  mutating func arguments() throws(JinjaError) -> Arguments {
    var arguments = Arguments()
    try expect(.symbol("("))
    while !isSymbol(")") {
      let count = arguments.positional.count + arguments.named.count
      guard count < Limits.arguments else { throw JinjaError(kind: .limit, line: line, reason: "a call has more than \(Limits.arguments) arguments") }
      if count > 0 {
        try expect(.symbol(","))
        if isSymbol(")") { break }
      }
      if case .name(let name) = current.kind, tokens.dropFirst().first?.kind == .symbol("=") {
        _ = next()
        _ = next()
        arguments.named.append((name, try expression()))
      } else {
        guard arguments.named.isEmpty else { throw fail("an argument without a name follows one with a name") }
        arguments.positional.append(try expression())
      }
    }
    try expect(.symbol(")"))
    return arguments
  }

  // MARK: Primary

  private mutating func primary() throws(JinjaError) -> Expression {
    let start = line
    switch current.kind {
    case .name(let name):
      _ = next()
      switch name {
      case "true", "True": return try make(.literal(.bool(true)), line: start)
      case "false", "False": return try make(.literal(.bool(false)), line: start)
      case "none", "None": return try make(.literal(.none), line: start)
      default: return try make(.variable(name), line: start)
      }
    case .string:
      var text = ""
      while case .string(let more) = current.kind {
        text += more
        _ = next()
      }
      return try make(.literal(.template(text)), line: start)
    case .integer(let value):
      _ = next()
      return try make(.literal(.integer(value)), line: start)
    case .float(let value):
      _ = next()
      return try make(.literal(.float(value)), line: start)
    case .symbol("("):
      _ = next()
      if skipSymbol(")") { return try make(.tuple([]), line: start) }
      let inner = try tuple()
      try expect(.symbol(")"))
      return inner
    case .symbol("["): return try list()
    case .symbol("{"): return try dictionary()
    default: throw fail("expected an expression, found \(current.words)")
    }
  }

  private mutating func list() throws(JinjaError) -> Expression {
    let start = next().line
    var parts: [Expression] = []
    while !isSymbol("]") {
      if !parts.isEmpty {
        try expect(.symbol(","))
        if isSymbol("]") { break }
      }
      parts.append(try expression())
    }
    try expect(.symbol("]"))
    return try make(.list(parts), line: start, over: parts)
  }

  private mutating func dictionary() throws(JinjaError) -> Expression {
    let start = next().line
    var entries: [(key: Expression, value: Expression)] = []
    while !isSymbol("}") {
      if !entries.isEmpty {
        try expect(.symbol(","))
        if isSymbol("}") { break }
      }
      let key = try expression()
      try expect(.symbol(":"))
      entries.append((key, try expression()))
    }
    try expect(.symbol("}"))
    return try make(.dictionary(entries), line: start, over: entries.flatMap { [$0.key, $0.value] })
  }
}
