extension Evaluator {
  mutating func apply(_ name: String, to value: Value, _ given: Values) throws(JinjaError) -> Value {
    if let result = try applyToText(name, value, given) { return result }
    if let result = try applyToSequence(name, value, given) { return result }
    if case .text(let text) = value, ["int", "float"].contains(name) { try charge(text.count) }
    switch name {
    case "default", "d":
      let isMissing = if case .undefined = value { true } else { false }
      return isMissing || (given.value(1, "boolean")?.isTrue ?? false && !value.isTrue) ? given.value(0, "default_value") ?? .template("") : value
    case "tojson": return .text(try json(value, indent: given.value(0, "indent")?.integer.map { min(max($0, 0), 16) }))
    case "int":
      if let integer = value.integer { return .integer(integer) }
      if case .float(let float) = value, let integer = Int(exactly: float.rounded(.towardZero)) { return .integer(integer) }
      if case .text(let text) = value {
        if let integer = Int(text.trimmed().string) { return .integer(integer) }
        if let float = Double(text.trimmed().string), let integer = Int(exactly: float.rounded(.towardZero)) { return .integer(integer) }
      }
      return given.value(0, "default") ?? .integer(0)
    case "float":
      if let number = value.number { return .float(number) }
      if case .text(let text) = value, let float = Double(text.trimmed().string) { return .float(float) }
      return given.value(0, "default") ?? .float(0)
    case "abs":
      if let integer = value.integer, integer != Int.min { return .integer(abs(integer)) }
      guard let number = value.number else { throw fail("abs takes a number") }
      return .float(abs(number))
    case "round":
      let digits = given.value(0, "precision")?.integer ?? 0
      guard let number = value.number, (0...12).contains(digits) else {
        throw fail("round takes a number and at most 12 digits")
      }
      let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
      return .float((number * scale).rounded(.toNearestOrEven) / scale)
    default: throw fail("unknown filter '\(name)'")
    }
  }

  // MARK: Text

  private mutating func applyToText(_ name: String, _ value: Value, _ given: Values) throws(JinjaError) -> Value? {
    guard ["trim", "upper", "lower", "title", "capitalize", "string", "safe", "replace", "indent", "escape", "e"].contains(name) else { return nil }
    let text = try string(value)
    try charge(text.count)
    switch name {
    case "trim":
      let set: Text? = if case .text(let set)? = given.value(0, "chars") { set } else { nil }
      try charge(set?.count ?? 0)
      return .text(text.trimmed(set))
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "title": return .text(text.titled)
    case "capitalize": return .text(text.capitalized)
    case "replace":
      guard case .text(let old)? = given.value(0, "old"), case .text(let new)? = given.value(1, "new") else {
        throw fail("replace takes two strings")
      }
      return try replaced(text, old, new, count: given.value(2, "count")?.integer ?? -1)
    case "indent":
      let width = min(max(given.value(0, "width")?.integer ?? 4, 0), 64)
      let indentation = Text.template(String(repeating: " ", count: width))
      var lines: [Value] = []
      for (index, line) in text.split(.template("\n"), limit: -1).enumerated() {
        let isIndented = index > 0 ? !line.isEmpty || given.value(2, "blank")?.isTrue ?? false : given.value(1, "first")?.isTrue ?? false
        lines.append(.text(isIndented ? indentation + line : line))
      }
      return try joined(lines, by: .template("\n"))
    case "escape", "e": throw fail("the filter '\(name)' is not supported")
    default: return .text(text)
    }
  }

  // MARK: Sequences

  private mutating func applyToSequence(_ name: String, _ value: Value, _ given: Values) throws(JinjaError) -> Value? {
    switch name {
    case "items":
      guard case .dictionary(let dictionary) = value else {
        if case .undefined = value { return try list([]) }
        throw fail("items takes a dictionary")
      }
      return try items(dictionary)
    case "reverse":
      if case .text(let text) = value { return try self.text(Text(scalars: Array(text.scalars.reversed())[...])) }
      return try list(try elements(of: value).reversed())
    case "dictsort":
      guard case .dictionary(let dictionary) = value else { throw fail("dictsort takes a dictionary") }
      try chargeSorting(dictionary.keys)
      let lowered = dictionary.entries.map { (key: $0.key.lowercased, entry: $0) }
      return try items(Dictionary(lowered.sorted { $0.key < $1.key }.map { ($0.entry.key, $0.entry.value) }))
    case "length", "count", "list", "first", "last", "join", "map", "select", "reject", "selectattr", "rejectattr", "sort", "unique", "min", "max",
      "sum":
      break
    default: return nil
    }
    let values = try elements(of: value)
    switch name {
    case "length", "count": return .integer(values.count)
    case "list": return try list(values)
    case "first": return values.first ?? .undefined("there is no first element")
    case "last": return values.last ?? .undefined("there is no last element")
    case "join":
      let parts = try projected(values, given.value(1, "attribute"))
      return try joined(parts, by: try given.value(0, "d").map { value throws(JinjaError) in try string(value) } ?? .template(""))
    case "map": return try list(try mapped(values, given))
    case "select", "reject", "selectattr", "rejectattr": return try list(try selected(values, name, given))
    case "sort":
      let sorted = try sorted(values, by: given.named["attribute"])
      return try list(given.value(0, "reverse")?.isTrue ?? false ? sorted.reversed() : sorted)
    case "unique":
      var kept: [Value] = []
      for value in values {
        try charge(8 * kept.count)
        if try !contains(.list(List(kept)), value) { kept.append(value) }
      }
      return try list(kept)
    case "min", "max":
      let sorted = try sorted(values, by: given.named["attribute"])
      return (name == "min" ? sorted.first : sorted.last) ?? .undefined("the sequence is empty")
    case "sum":
      var total = given.value(1, "start") ?? .integer(0)
      for value in try projected(values, given.value(0, "attribute")) { total = try arithmetic(total, .add, value) }
      return total
    default: throw fail("the filter '\(name)' is not supported")
    }
  }

  /// The attribute of each value, or the values.
  private mutating func projected(_ values: [Value], _ attribute: Value?) throws(JinjaError) -> [Value] {
    guard let attribute else { return values }
    let path = try string(attribute)
    var result: [Value] = []
    for value in values {
      var part = value
      for step in path.split(.template("."), limit: -1) {
        part = try item(Int(step.string).map { .integer($0) } ?? .text(step), of: part)
      }
      try charge(8)
      result.append(part)
    }
    return result
  }

  private mutating func mapped(_ values: [Value], _ given: Values) throws(JinjaError) -> [Value] {
    if let attribute = given.named["attribute"] {
      let mapped = try projected(values, attribute)
      guard let standard = given.named["default"] else { return mapped }
      return mapped.map { if case .undefined = $0 { standard } else { $0 } }
    }
    guard case .text(let filter)? = given.first else { throw fail("map takes a filter or an attribute") }
    let rest = Values(positional: Array(given.positional.dropFirst()), named: given.named)
    var result: [Value] = []
    for value in values {
      try charge(8)
      result.append(try apply(filter.string, to: value, rest))
    }
    return result
  }

  private mutating func selected(_ values: [Value], _ name: String, _ given: Values) throws(JinjaError) -> [Value] {
    var arguments = given.positional[...]
    let attribute = name.hasSuffix("attr") ? arguments.popFirst() : nil
    let test = try arguments.popFirst().map { value throws(JinjaError) in try string(value).string }
    let subjects = try projected(values, attribute)
    var kept: [Value] = []
    for (value, subject) in zip(values, subjects) {
      try charge(8)
      let isTrue = try test.map { test throws(JinjaError) in try self.test(test, subject, Values(positional: Array(arguments))) } ?? subject.isTrue
      if isTrue == name.hasPrefix("select") { kept.append(value) }
    }
    return kept
  }

  /// Every text is compared as often as there are halvings, twice, and each comparison may go through all of it.
  private mutating func chargeSorting(_ texts: [Text]) throws(JinjaError) {
    let halvings = Int.bitWidth - texts.count.leadingZeroBitCount
    try charge(64 * texts.count)
    for text in texts { try charge((2 + 2 * halvings) * text.count) }
  }

  /// A stable sort; strings without regard to case, as Jinja sorts them.
  private mutating func sorted(_ values: [Value], by attribute: Value?) throws(JinjaError) -> [Value] {
    var keys = try projected(values, attribute)
    for index in keys.indices {
      if case .text(let text) = keys[index] { keys[index] = try self.text(text.lowercased) }
    }
    try chargeSorting(keys.compactMap { if case .text(let text) = $0 { text } else { nil } })
    try charge(values.count * 64)
    // Checked beforehand, since a comparison inside `sort` must not throw: every two neighbours are of one kind, so all are.
    for (left, right) in zip(keys, keys.dropFirst()) { _ = try isLess(left, right) }
    let order = keys.indices.sorted { a, b in
      if let less = try? isLess(keys[a], keys[b]), less { return true }
      if let less = try? isLess(keys[b], keys[a]), less { return false }
      return a < b
    }
    return order.map { values[$0] }
  }
}
