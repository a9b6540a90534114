/// What a call, filter or test was given, evaluated.
struct Values {
  var positional: [Value] = []
  var named: [String: Value] = [:]

  /// An argument by its place or its name.
  func value(_ index: Int, _ name: String) -> Value? { index < positional.count ? positional[index] : named[name] }
  var first: Value? { positional.first }
}

extension Evaluator {
  mutating func values(of arguments: Arguments) throws(JinjaError) -> Values {
    var values = Values()
    for argument in arguments.positional { values.positional.append(try evaluate(argument)) }
    for argument in arguments.named { values.named[argument.name] = try evaluate(argument.value) }
    return values
  }

  mutating func evaluate(_ expression: Expression) throws(JinjaError) -> Value {
    line = expression.line
    try enter()
    defer { leave() }
    switch expression.kind {
    case .literal(let value): return value
    case .variable(let name): return variable(name)
    case .list(let parts): return try list(try evaluated(parts))
    case .tuple(let parts): return try list(try evaluated(parts), isTuple: true)
    case .dictionary(let parts):
      var entries: [(Text, Value)] = []
      for part in parts {
        let key = try evaluate(part.key)
        entries.append((try string(key), try evaluate(part.value)))
      }
      return try dictionary(entries)
    case .attribute(let base, let name): return try attribute(name, of: try evaluate(base))
    case .item(let base, let key):
      let value = try evaluate(base)
      return try item(try evaluate(key), of: value)
    case .slice(let base, let from, let to, let step): return try slice(base, from, to, step)
    case .call(let function, let arguments): return try call(function, arguments)
    case .filter(let operand, let name, let arguments):
      let value = try evaluate(operand)
      return try apply(name, to: value, try values(of: arguments))
    case .test(let operand, let name, let arguments):
      let value = try evaluate(operand)
      return .bool(try test(name, value, try values(of: arguments)))
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .negative(let operand): return try arithmetic(.integer(0), .subtract, try evaluate(operand))
    case .positive(let operand): return try arithmetic(.integer(0), .add, try evaluate(operand))
    case .and(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .or(let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .conditional(let condition, let then, let otherwise):
      if try evaluate(condition).isTrue { return try evaluate(then) }
      guard let otherwise else { return .undefined("the condition is false and there is no else") }
      return try evaluate(otherwise)
    case .comparison(let first, let steps):
      var left = try evaluate(first)
      for step in steps {
        let right = try evaluate(step.right)
        guard try compare(left, step.operation, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .arithmetic(let left, let operation, let right):
      let value = try evaluate(left)
      return try arithmetic(value, operation, try evaluate(right))
    case .concatenation(let left, let right):
      let value = try evaluate(left)
      let first = try string(value)
      let second = try evaluate(right)
      return try text(first + (try string(second)))
    }
  }

  private mutating func evaluated(_ parts: [Expression]) throws(JinjaError) -> [Value] {
    var values: [Value] = []
    for part in parts { values.append(try evaluate(part)) }
    return values
  }

  // MARK: Calls

  mutating func call(_ function: Expression, _ arguments: Arguments, caller: Value? = nil) throws(JinjaError) -> Value {
    if case .attribute(let base, let name) = function.kind {
      let object = try evaluate(base)
      let given = try values(of: arguments)
      if let result = try callMethod(name, of: object, given) { return result }
      return try call(try attribute(name, of: object), given, caller)
    }
    let callee = try evaluate(function)
    return try call(callee, try values(of: arguments), caller)
  }

  private mutating func call(_ callee: Value, _ given: Values, _ caller: Value?) throws(JinjaError) -> Value {
    switch callee {
    case .macro(let macro, let scopes):
      var given = given
      if let caller { given.named["caller"] = caller }
      return try call(macro, scopes: scopes, given)
    case .function(let name): return try callFunction(name, given)
    case .undefined(let reason): throw fail(reason)
    default: throw fail("a \(callee.typeName) cannot be called")
    }
  }

  private mutating func callFunction(_ name: String, _ given: Values) throws(JinjaError) -> Value {
    switch name {
    case "raise_exception":
      let reason = given.first.flatMap { try? string($0) } ?? .template("")
      throw fail(Text(scalars: reason.scalars.prefix(Limits.reasonLength)).string, .raised)
    case "strftime_now":
      guard let date, case .text(let format)? = given.first else { throw fail("strftime_now takes a format") }
      return try text(.template(date.formatted(format.string)))
    case "namespace":
      var values = given.named
      if case .dictionary(let dictionary)? = given.first {
        for (key, value) in dictionary.entries {
          try charge(8 + key.count)
          values[key.string] = value
        }
      }
      return try namespace(values)
    case "dict":
      var entries: [(Text, Value)] = []
      if case .dictionary(let dictionary)? = given.first { entries = dictionary.entries.map { ($0.key, $0.value) } }
      return try dictionary(entries + given.named.sorted { $0.key < $1.key }.map { (.template($0.key), $0.value) })
    default: return try range(given.positional)
    }
  }

  private mutating func range(_ given: [Value]) throws(JinjaError) -> Value {
    let numbers = given.compactMap(\.integer)
    guard numbers.count == given.count, (1...3).contains(numbers.count) else { throw fail("range takes one to three whole numbers") }
    let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0, abs(Double(start)) < 1e15, abs(Double(end)) < 1e15, abs(Double(step)) < 1e15 else {
      throw fail("range's numbers are too large, or its step is zero")
    }
    let distance = step > 0 ? end - start : start - end
    let count = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
    // Jinja's sandbox sets this bound.
    guard count <= 100_000 else { throw fail("range is too large", .limit) }
    return try list((0..<count).map { .integer(start + $0 * step) })
  }

  // MARK: Parts of values

  func attribute(_ name: String, of value: Value) throws(JinjaError) -> Value {
    switch value {
    case .undefined(let reason): throw fail(reason)
    case .dictionary(let dictionary): return dictionary[.template(name)] ?? .undefined("there is no '\(name)'")
    case .namespace(let namespace): return namespace.values[name] ?? .undefined("the namespace has no '\(name)'")
    case .loop(let loop): return loop.attribute(name) ?? .undefined("loop has no '\(name)'")
    case .macro(let macro, _) where name == "name": return .template(macro.name)
    default: return .undefined("a \(value.typeName) has no '\(name)'")
    }
  }

  mutating func item(_ key: Value, of value: Value) throws(JinjaError) -> Value {
    if case .text(let name) = key { try charge(name.count) }
    switch (value, key) {
    case (.undefined(let reason), _): throw fail(reason)
    case (.list(let list), _):
      guard let index = key.integer else { break }
      let place = index < 0 ? index + list.values.count : index
      return list.values.indices.contains(place) ? list.values[place] : .undefined("a list has no element \(index)")
    case (.text(let text), .integer(let index)):
      let place = index < 0 ? index + text.count : index
      guard (0..<text.count).contains(place) else { return .undefined("a string has no character \(index)") }
      return .text(Text(scalars: text.scalars.dropFirst(place).prefix(1)))
    case (.dictionary(let dictionary), _):
      let name = try string(key)
      return dictionary[name] ?? .undefined("there is no '\(name.string)'")
    default: break
    }
    if case .text(let name) = key { return try attribute(name.string, of: value) }
    return .undefined("a \(value.typeName) has no such item")
  }

  private mutating func slice(_ base: Expression, _ from: Expression?, _ to: Expression?, _ step: Expression?) throws(JinjaError) -> Value {
    let value = try evaluate(base)
    let start = try bound(from), end = try bound(to), stride = try bound(step) ?? 1
    switch value {
    case .text(let string):
      try charge(string.count)
      let all = Array(string.scalars)
      return try text(Text(scalars: try places(all.count, start, end, stride).map { all[$0] }[...]))
    case .list(let all):
      try charge(all.values.count)
      return try list(try places(all.values.count, start, end, stride).map { all.values[$0] }, isTuple: all.isTuple)
    case .undefined(let reason): throw fail(reason)
    default: throw fail("a \(value.typeName) cannot be sliced")
    }
  }

  private mutating func bound(_ expression: Expression?) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    let value = try evaluate(expression)
    if case .none = value { return nil }
    guard let bound = value.integer, abs(Double(bound)) < 1e15 else { throw fail("the bounds of a slice are whole numbers") }
    return bound
  }

  /// The places that Python's slice takes of `count` elements.
  private func places(_ count: Int, _ start: Int?, _ end: Int?, _ step: Int) throws(JinjaError) -> [Int] {
    guard step != 0 else { throw fail("the step of a slice is zero") }
    func clamped(_ place: Int, _ range: ClosedRange<Int>) -> Int { min(max(place < 0 ? place + count : place, range.lowerBound), range.upperBound) }
    if step > 0 {
      return Array(stride(from: start.map { clamped($0, 0...count) } ?? 0, to: end.map { clamped($0, 0...count) } ?? count, by: step))
    }
    return Array(stride(from: start.map { clamped($0, -1...count - 1) } ?? count - 1, to: end.map { clamped($0, -1...count - 1) } ?? -1, by: step))
  }

  /// What a loop or a filter goes through.
  mutating func elements(of value: Value) throws(JinjaError) -> [Value] {
    switch value {
    case .undefined: return []
    case .list(let list):
      try charge(list.values.count)
      return list.values
    case .dictionary(let dictionary):
      try charge(8 * dictionary.keys.count)
      return dictionary.keys.map { .text($0) }
    case .text(let text):
      try charge(8 * text.count)
      return text.scalars.indices.map { .text(Text(scalars: text.scalars[$0...$0])) }
    default: throw fail("a \(value.typeName) cannot be iterated")
    }
  }
}
