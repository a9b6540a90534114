/// The node of one type, with the keywords that speak of it; those of other types say nothing.
extension SchemaCompiler {
  mutating func node(of type: SchemaType, _ keywords: SchemaKeywords) throws(InferenceError) -> Grammar.Node {
    switch type {
    case .null: return .literals(SortedNames([Array("null".utf8)]))
    case .boolean: return .literals(SortedNames(["true", "false"].map { Array($0.utf8) }))
    case .string: return try string(keywords)
    case .integer, .number:
      let range = NumberRange(
        isInteger: type == .integer, lower: try keywords.bound("minimum", exclusive: "exclusiveMinimum") { $1 < $0 },
        upper: try keywords.bound("maximum", exclusive: "exclusiveMaximum") { $0 < $1 })
      return .number(try table(within: range))
    case .array: return try array(keywords)
    case .object: return try object(keywords)
    }
  }

  private mutating func table(within range: NumberRange) throws(InferenceError) -> NumberTable {
    let table = table(of: range)
    guard numberTables.count <= Self.numberTableLimit else { throw .schemaTooLarge("it has more than \(Self.numberTableLimit) ranges of numbers") }
    return table
  }

  private func string(_ keywords: SchemaKeywords) throws(InferenceError) -> Grammar.Node {
    let (minimum, maximum) = (try keywords.count("minLength"), try keywords.count("maxLength"))
    guard let format = try keywords.string("format") else { return .string(minimum: minimum ?? 0, maximum: maximum) }
    guard let sequences = TextFormat.known[format] else { throw .schemaKeyword("format \(format)", at: keywords.place) }
    guard minimum == nil, maximum == nil else { throw .schemaKeyword("format beside a length", at: keywords.place) }
    return .sequences(sequences)
  }

  private mutating func array(_ keywords: SchemaKeywords) throws(InferenceError) -> Grammar.Node {
    var prefix: [NodeID] = []
    for (index, schema) in (try keywords.array("prefixItems") ?? []).enumerated() {
      prefix.append(try node(of: schema, at: "\(keywords.place)/prefixItems/\(index)"))
    }
    var maximum = try keywords.count("maxItems")
    var items: NodeID?
    switch keywords["items"] {
    case nil: items = any()
    case .bool(false): maximum = min(maximum ?? .max, prefix.count)
    case .array: throw .schemaKeyword("items as a list (use prefixItems)", at: keywords.place)
    case let schema?: items = try node(of: schema, at: keywords.place + "/items")
    }
    return .array(Grammar.ArrayShape(prefix: prefix, items: items, minimum: try keywords.count("minItems") ?? 0, maximum: maximum))
  }

  private mutating func object(_ keywords: SchemaKeywords) throws(InferenceError) -> Grammar.Node {
    var additional: NodeID?
    switch keywords["additionalProperties"] {
    case nil: additional = any()
    case .bool(false): break
    case let schema?: additional = try node(of: schema, at: keywords.place + "/additionalProperties")
    }
    var values: [[UInt8]: NodeID] = [:]
    for member in try keywords.object("properties") ?? [] {
      let name = SchemaKeywords.escaped(String(decoding: member.name, as: UTF8.self))
      values[JSONValue.written(member.name)] = try node(of: member.value, at: "\(keywords.place)/properties/\(name)")
    }
    var required: Set<[UInt8]> = []
    for name in try keywords.array("required") ?? [] {
      guard case .string(let bytes) = name else { throw .schema("required has a name that is no string", at: keywords.place) }
      let written = JSONValue.written(bytes)
      required.insert(written)
      // A name that is not listed has the value of the others; without others there is none.
      if values[written] == nil { values[written] = additional ?? add(.literals(SortedNames([]))) }
    }
    let names = SortedNames(values.keys)
    return .object(
      Grammar.ObjectShape(
        names: names, values: names.names.map { values[$0]! }, isRequired: names.names.map(required.contains), additional: additional))
  }
}

extension JSONValue {
  /// A name as it stands after its opening quote.
  fileprivate static func written(_ name: [UInt8]) -> [UInt8] { escaped(name) + [0x22] }
}
