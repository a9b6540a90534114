/// Runs the statements of a template.
struct Evaluator {
  private enum Flow { case next, breakLoop, continueLoop }

  var scopes: [[String: Value]]
  let date: TemplateDate?
  private let limits: Limits
  private var workLeft: Int
  private let deadline: ContinuousClock.Instant
  private var depth = 0
  private var output: [MarkedScalar] = []
  /// Every namespace made, to be emptied at the end: they may hold each other.
  private var namespaces: [Namespace] = []
  /// The line of what is being evaluated, for errors.
  var line = 1

  init(variables: [String: Value], date: TemplateDate?, limits: Limits) {
    var globals: [String: Value] = [:]
    for name in ["range", "namespace", "raise_exception", "dict"] { globals[name] = .function(name) }
    if date != nil { globals["strftime_now"] = .function("strftime_now") }
    scopes = [globals.merging(variables) { $1 }, [:]]
    self.date = date
    self.limits = limits
    workLeft = limits.work
    deadline = .now + limits.time
  }

  mutating func render(_ statements: [Statement]) throws(JinjaError) -> Text {
    defer { for namespace in namespaces { namespace.values = [:] } }
    _ = try run(statements)
    return Text(scalars: output[...])
  }

  // MARK: Limits and errors

  func fail(_ reason: String, _ kind: JinjaError.Kind = .evaluation) -> JinjaError { JinjaError(kind: kind, line: line, reason: reason) }

  /// Pays for work before it is done.
  mutating func charge(_ work: Int) throws(JinjaError) {
    guard work <= workLeft, ContinuousClock.now <= deadline else { throw fail("it works too long or makes too much text", .limit) }
    workLeft -= max(0, work)
  }

  mutating func enter() throws(JinjaError) {
    depth += 1
    guard depth <= Limits.evaluationDepth else { throw fail("its macros call each other too deep", .limit) }
    try charge(8)
  }

  mutating func leave() { depth -= 1 }

  mutating func list(_ values: [Value], isTuple: Bool = false) throws(JinjaError) -> Value {
    try charge(8 * values.count)
    let list = List(values, isTuple: isTuple)
    guard list.height <= Limits.valueHeight else { throw fail("its lists are nested too deep", .limit) }
    return .list(list)
  }

  mutating func dictionary(_ entries: [(Text, Value)]) throws(JinjaError) -> Value {
    try charge(entries.reduce(0) { $0 + 16 + $1.0.count })
    let dictionary = Dictionary(entries)
    guard dictionary.height <= Limits.valueHeight else { throw fail("its dictionaries are nested too deep", .limit) }
    return .dictionary(dictionary)
  }

  mutating func text(_ text: Text) throws(JinjaError) -> Value {
    try charge(text.count)
    return .text(text)
  }

  mutating func namespace(_ values: [String: Value]) throws(JinjaError) -> Value {
    try charge(16 * (values.count + 1))
    let namespace = Namespace()
    namespace.values = values
    namespaces.append(namespace)
    return .namespace(namespace)
  }

  // MARK: Statements

  private mutating func run(_ statements: [Statement]) throws(JinjaError) -> Flow {
    for statement in statements {
      line = statement.line
      let flow = try run(statement)
      if flow != .next { return flow }
    }
    return .next
  }

  private mutating func run(_ statement: Statement) throws(JinjaError) -> Flow {
    try enter()
    defer { leave() }
    switch statement.kind {
    case .text(let text): try write(text)
    case .output(let expression):
      let value = try evaluate(expression)
      try write(try string(value))
    case .conditional(let branches, let otherwise):
      for branch in branches where try evaluate(branch.condition).isTrue { return try run(branch.body) }
      return try run(otherwise)
    case .loop(let loop): return try run(loop)
    case .assign(let target, let expression): try assign(try evaluate(expression), to: target)
    case .assignBlock(let target, let body, let filters):
      let text = try captured(body)
      try assign(try filtered(.text(text), filters), to: target)
    case .macro(let macro): set(macro.name, .macro(macro, scopes: scopes.count))
    case .callBlock(let caller, let call):
      guard case .call(let function, let arguments) = call.kind else { throw fail("a call block needs a call") }
      let value = try self.call(function, arguments, caller: .macro(caller, scopes: scopes.count))
      try write(try string(value))
    case .filterBlock(let filters, let body):
      let text = try captured(body)
      let value = try filtered(.text(text), filters)
      try write(try string(value))
    case .with(let assignments, let body):
      var values: [Value] = []
      for assignment in assignments { values.append(try evaluate(assignment.value)) }
      scopes.append([:])
      defer { scopes.removeLast() }
      for (assignment, value) in zip(assignments, values) { try assign(value, to: assignment.target) }
      return try run(body)
    case .group(let body): return try run(body)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .next
  }

  private mutating func run(_ loop: Statement.Loop) throws(JinjaError) -> Flow {
    var values = try elements(of: try evaluate(loop.sequence))
    scopes.append([:])
    defer { scopes.removeLast() }
    if let condition = loop.condition {
      var kept: [Value] = []
      for value in values {
        scopes[scopes.count - 1] = [:]
        try assign(value, to: loop.target)
        if try evaluate(condition).isTrue { kept.append(value) }
      }
      values = kept
    }
    if values.isEmpty {
      scopes[scopes.count - 1] = [:]
      return try run(loop.otherwise)
    }
    let list = List(values)
    for (index, value) in values.enumerated() {
      try charge(8)
      scopes[scopes.count - 1] = ["loop": .loop(LoopState(values: list, index: index))]
      try assign(value, to: loop.target)
      if try run(loop.body) == .breakLoop { break }
    }
    return .next
  }

  private mutating func write(_ text: Text) throws(JinjaError) {
    try charge(text.count)
    guard output.count + text.count <= limits.outputLength else { throw fail("it writes more than \(limits.outputLength) characters", .limit) }
    output += text.scalars
  }

  /// What a body writes, in a scope of its own.
  private mutating func captured(_ body: [Statement]) throws(JinjaError) -> Text {
    let outer = output
    output = []
    scopes.append([:])
    defer {
      output = outer
      scopes.removeLast()
    }
    _ = try run(body)
    return Text(scalars: output[...])
  }

  private mutating func filtered(_ value: Value, _ filters: [(name: String, arguments: Arguments)]) throws(JinjaError) -> Value {
    var value = value
    for filter in filters { value = try apply(filter.name, to: value, try values(of: filter.arguments)) }
    return value
  }

  // MARK: Variables

  private mutating func set(_ name: String, _ value: Value) { scopes[scopes.count - 1][name] = value }

  func variable(_ name: String) -> Value {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return .undefined("'\(name)' is undefined")
  }

  private mutating func assign(_ value: Value, to target: Target) throws(JinjaError) {
    switch target {
    case .name(let name): set(name, value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace) = variable(name) else { throw fail("cannot assign an attribute of '\(name)': it is not a namespace") }
      namespace.values[attribute] = value
    case .tuple(let targets):
      let values = try elements(of: value)
      guard values.count == targets.count else { throw fail("cannot unpack \(values.count) values into \(targets.count) names") }
      for (target, value) in zip(targets, values) { try assign(value, to: target) }
    }
  }

  // MARK: Macros

  mutating func call(_ macro: Macro, scopes definition: Int, _ given: Values) throws(JinjaError) -> Value {
    guard given.positional.count <= macro.parameters.count else { throw fail("\(macro.name) takes \(macro.parameters.count) arguments at most") }
    try enter()
    let outer = scopes
    scopes = Array(scopes.prefix(definition)) + [[:]]
    defer {
      scopes = outer
      leave()
    }
    if let caller = given.named["caller"] { set("caller", caller) }
    for name in given.named.keys where name != "caller" && !macro.parameters.contains(where: { $0.name == name }) {
      throw fail("\(macro.name) has no parameter '\(name)'")
    }
    for (index, parameter) in macro.parameters.enumerated() {
      if index < given.positional.count {
        set(parameter.name, given.positional[index])
      } else if let value = given.named[parameter.name] {
        set(parameter.name, value)
      } else if let standard = parameter.standard {
        set(parameter.name, try evaluate(standard))
      } else {
        set(parameter.name, .undefined("parameter '\(parameter.name)' was not provided"))
      }
    }
    return .text(try captured(macro.body))
  }
}
