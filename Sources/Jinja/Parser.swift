/// Turns tokens into statements; the tags of blocks are here, expressions in `Parser+Expression.swift`.
struct Parser {
  var tokens: ArraySlice<Token>
  private var depth = 0
  private var loopDepth = 0

  static func statements(of template: String) throws(JinjaError) -> [Statement] {
    var parser = Parser(tokens: ArraySlice(try Lexer.tokens(of: template)))
    let (statements, _) = try parser.body(until: [])
    return statements
  }

  private init(tokens: ArraySlice<Token>) { self.tokens = tokens }

  // MARK: Tokens

  var current: Token { tokens.first ?? Token(kind: .end, line: 1) }
  var line: Int { current.line }

  mutating func next() -> Token {
    let token = current
    if tokens.count > 1 { tokens.removeFirst() }
    return token
  }

  func fail(_ reason: String) -> JinjaError { JinjaError(kind: .syntax, line: line, reason: reason) }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(_ kind: Token.Kind) -> Bool {
    guard current.kind == kind else { return false }
    _ = next()
    return true
  }

  mutating func skipSymbol(_ symbol: String) -> Bool { skip(.symbol(symbol)) }
  mutating func skipName(_ name: String) -> Bool { skip(.name(name)) }

  mutating func expect(_ kind: Token.Kind) throws(JinjaError) {
    guard skip(kind) else { throw fail("expected \(Token(kind: kind, line: line).words), found \(current.words)") }
  }

  mutating func name() throws(JinjaError) -> String {
    guard case .name(let name) = current.kind else { throw fail("expected a name, found \(current.words)") }
    _ = next()
    return name
  }

  /// One level deeper; the caller goes up again with `leave`.
  mutating func enter() throws(JinjaError) {
    depth += 1
    guard depth <= Limits.nesting else { throw JinjaError(kind: .limit, line: line, reason: "it is nested more than \(Limits.nesting) deep") }
  }

  mutating func leave() { depth -= 1 }

  // MARK: Bodies

  /// Statements up to a tag of one of these names, which is read but not what follows it in the tag; without names, up to the end.
  private mutating func body(until ends: Set<String>) throws(JinjaError) -> ([Statement], end: String) {
    try enter()
    var statements: [Statement] = []
    while true {
      let start = line
      switch current.kind {
      case .text(let text):
        _ = next()
        statements.append(Statement(kind: .text(.template(text)), line: start))
      case .outputBegin:
        _ = next()
        statements.append(Statement(kind: .output(try tuple()), line: start))
        try expect(.outputEnd)
      case .blockBegin:
        _ = next()
        let tag = try name()
        if ends.contains(tag) {
          leave()
          return (statements, tag)
        }
        if let kind = try block(tag) { statements.append(Statement(kind: kind, line: start)) }
      case .end where ends.isEmpty:
        leave()
        return (statements, "")
      default:
        throw fail("unexpected \(current.words)" + (ends.isEmpty ? "" : ", looking for \(ends.sorted().joined(separator: " or "))"))
      }
    }
  }

  private mutating func closedBody(_ end: String) throws(JinjaError) -> [Statement] {
    try expect(.blockEnd)
    let (statements, _) = try body(until: [end])
    try expect(.blockEnd)
    return statements
  }

  private mutating func block(_ tag: String) throws(JinjaError) -> Statement.Kind? {
    switch tag {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try assignment()
    case "macro": return .macro(try macro())
    case "call": return try callBlock()
    case "filter":
      let filters = try filterChain()
      return .filterBlock(filters, body: try closedBody("endfilter"))
    case "with": return try with()
    case "generation": return .group(try closedBody("endgeneration"))
    case "break", "continue":
      guard loopDepth > 0 else { throw fail("'\(tag)' outside a loop") }
      try expect(.blockEnd)
      return tag == "break" ? .breakLoop : .continueLoop
    default: throw fail("unknown tag '\(tag)'")
    }
  }

  private mutating func conditional() throws(JinjaError) -> Statement.Kind {
    var branches: [(condition: Expression, body: [Statement])] = []
    while true {
      let condition = try tuple(allowsConditional: false)
      try expect(.blockEnd)
      let (statements, end) = try body(until: ["elif", "else", "endif"])
      branches.append((condition, statements))
      if end == "elif" { continue }
      guard end == "else" else {
        try expect(.blockEnd)
        return .conditional(branches, otherwise: [])
      }
      return .conditional(branches, otherwise: try closedBody("endif"))
    }
  }

  private mutating func loop() throws(JinjaError) -> Statement.Kind {
    let target = try self.target()
    guard skipName("in") else { throw fail("expected 'in', found \(current.words)") }
    let sequence = try tuple(allowsConditional: false)
    let condition = skipName("if") ? try expression() : nil
    if isName("recursive") { throw fail("recursive loops are not supported") }
    try expect(.blockEnd)
    loopDepth += 1
    let (statements, end) = try body(until: ["else", "endfor"])
    loopDepth -= 1
    var otherwise: [Statement] = []
    if end == "else" { otherwise = try closedBody("endfor") } else { try expect(.blockEnd) }
    return .loop(.init(target: target, sequence: sequence, condition: condition, body: statements, otherwise: otherwise))
  }

  private mutating func assignment() throws(JinjaError) -> Statement.Kind {
    let target = try self.target(allowsNamespace: true)
    if skipSymbol("=") {
      let value = try tuple()
      try expect(.blockEnd)
      return .assign(target, value)
    }
    let filters = skipSymbol("|") ? try filterChain() : []
    return .assignBlock(target, body: try closedBody("endset"), filters: filters)
  }

  private mutating func filterChain() throws(JinjaError) -> [(name: String, arguments: Arguments)] {
    var filters: [(name: String, arguments: Arguments)] = []
    repeat {
      let filter = try name()
      filters.append((filter, isSymbol("(") ? try self.arguments() : .none))
    } while skipSymbol("|")
    return filters
  }

  private mutating func macro() throws(JinjaError) -> Macro {
    let macroName = try name()
    let parameters = try self.parameters()
    return Macro(name: macroName, parameters: parameters, body: try functionBody("endmacro"))
  }

  /// A loop around a function's definition is not a loop of its body.
  private mutating func functionBody(_ end: String) throws(JinjaError) -> [Statement] {
    let outer = loopDepth
    loopDepth = 0
    let statements = try closedBody(end)
    loopDepth = outer
    return statements
  }

  private mutating func parameters() throws(JinjaError) -> [(name: String, standard: Expression?)] {
    var parameters: [(name: String, standard: Expression?)] = []
    try expect(.symbol("("))
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(.symbol(",")) }
      let parameter = try name()
      parameters.append((parameter, skipSymbol("=") ? try expression() : nil))
    }
    try expect(.symbol(")"))
    return parameters
  }

  private mutating func callBlock() throws(JinjaError) -> Statement.Kind {
    let parameters = isSymbol("(") ? try self.parameters() : []
    let call = try expression()
    guard case .call = call.kind else { throw fail("a call block needs a call") }
    return .callBlock(caller: Macro(name: "caller", parameters: parameters, body: try functionBody("endcall")), call: call)
  }

  private mutating func with() throws(JinjaError) -> Statement.Kind {
    var assignments: [(target: Target, value: Expression)] = []
    while current.kind != .blockEnd {
      if !assignments.isEmpty { try expect(.symbol(",")) }
      let target = try self.target()
      try expect(.symbol("="))
      assignments.append((target, try expression()))
    }
    return .with(assignments, body: try closedBody("endwith"))
  }

  // MARK: Targets

  private mutating func target(allowsNamespace: Bool = false) throws(JinjaError) -> Target {
    var targets = [try singleTarget(allowsNamespace: allowsNamespace)]
    var isTuple = false
    while skipSymbol(",") {
      isTuple = true
      if isName("in") || isSymbol("=") { break }
      targets.append(try singleTarget(allowsNamespace: allowsNamespace))
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func singleTarget(allowsNamespace: Bool) throws(JinjaError) -> Target {
    if skipSymbol("(") {
      try enter()
      let inner = try self.target(allowsNamespace: allowsNamespace)
      try expect(.symbol(")"))
      leave()
      return inner
    }
    let variable = try name()
    guard !["true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else"].contains(variable) else {
      throw fail("cannot assign to '\(variable)'")
    }
    if allowsNamespace, skipSymbol(".") { return .attribute(namespace: variable, try name()) }
    return .name(variable)
  }
}
