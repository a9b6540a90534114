extension Evaluator {
  /// The methods of Python's strings, dictionaries and of `loop`; nil when the value has no such method.
  mutating func callMethod(_ name: String, of value: Value, _ given: Values) throws(JinjaError) -> Value? {
    switch value {
    case .text(let text): return try callMethod(name, of: text, given)
    case .dictionary(let dictionary):
      switch name {
      case "get":
        guard let key = given.first else { throw fail("get takes a key") }
        let name = try string(key)
        try charge(name.count)
        return dictionary[name] ?? given.value(1, "default") ?? Value.none
      case "items": return try items(dictionary)
      case "keys": return try list(dictionary.keys.map { .text($0) })
      case "values": return try list(dictionary.values)
      default: return nil
      }
    case .loop(let loop) where name == "cycle":
      guard !given.positional.isEmpty else { throw fail("cycle takes values") }
      return given.positional[loop.index % given.positional.count]
    default: return nil
    }
  }

  mutating func items(_ dictionary: Dictionary) throws(JinjaError) -> Value {
    var pairs: [Value] = []
    for entry in dictionary.entries { pairs.append(try list([.text(entry.key), entry.value], isTuple: true)) }
    return try list(pairs)
  }

  private mutating func callMethod(_ name: String, of text: Text, _ given: Values) throws(JinjaError) -> Value? {
    try charge(text.count)
    let argument: Text? = if case .text(let text)? = given.first { text } else { nil }
    try charge(argument?.count ?? 0)
    switch name {
    case "strip": return .text(text.trimmed(argument))
    case "lstrip": return .text(text.trimmed(argument, right: false))
    case "rstrip": return .text(text.trimmed(argument, left: false))
    case "upper": return .text(text.uppercased)
    case "lower": return .text(text.lowercased)
    case "title": return .text(text.titled)
    case "capitalize": return .text(text.capitalized)
    case "split":
      if let argument, argument.isEmpty { throw fail("a separator is empty") }
      return try list(text.split(argument, limit: given.value(1, "maxsplit")?.integer ?? -1).map { .text($0) })
    case "splitlines": return try list(text.split(.template("\n"), limit: -1).map { .text($0) })
    case "isdigit": return .bool(!text.isEmpty && text.scalars.allSatisfy { $0.scalar.properties.numericType != nil })
    case "startswith", "endswith": return .bool(try affixes(given).contains { name == "startswith" ? text.hasPrefix($0) : text.hasSuffix($0) })
    default: break
    }
    guard ["find", "replace", "join", "count", "removeprefix", "removesuffix"].contains(name) else { return nil }
    if name == "join" {
      guard let values = given.first else { throw fail("join takes a list") }
      return try joined(try elements(of: values), by: text)
    }
    guard let argument else { throw fail("\(name) takes a string") }
    switch name {
    case "find": return .integer(text.firstIndex(of: argument).map { $0 - text.scalars.startIndex } ?? -1)
    case "count": return .integer(argument.isEmpty ? text.count + 1 : text.split(argument, limit: -1).count - 1)
    case "removeprefix": return .text(text.hasPrefix(argument) ? Text(scalars: text.scalars.dropFirst(argument.count)) : text)
    case "removesuffix": return .text(text.hasSuffix(argument) ? Text(scalars: text.scalars.dropLast(argument.count)) : text)
    default:
      guard case .text(let new)? = given.value(1, "new") else { throw fail("replace takes two strings") }
      return try replaced(text, argument, new, count: given.value(2, "count")?.integer ?? -1)
    }
  }

  private mutating func affixes(_ given: Values) throws(JinjaError) -> [Text] {
    switch given.first {
    case .text(let text)?: return [text]
    case .list(let list)?:
      let texts = list.values.compactMap { if case .text(let text) = $0 { text } else { nil } }
      for text in texts { try charge(text.count) }
      return texts
    default: throw fail("startswith and endswith take a string")
    }
  }

  mutating func replaced(_ text: Text, _ old: Text, _ new: Text, count: Int) throws(JinjaError) -> Value {
    guard !old.isEmpty else { throw fail("an empty string cannot be replaced") }
    let parts = text.split(old, limit: count)
    return try joined(parts.map { .text($0) }, by: new)
  }

  mutating func joined(_ values: [Value], by separator: Text) throws(JinjaError) -> Value {
    var parts: [Text] = []
    for value in values {
      let part = try string(value)
      try charge(part.count + separator.count)
      parts.append(part)
    }
    return .text(separator.joined(parts))
  }
}
