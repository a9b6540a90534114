/// JSON's types, as schemas name them.
enum SchemaType: String, CaseIterable {
  case object, array, string, number, integer, boolean, null

  /// Whether a value is of the type. A number is an integer if it is written as one.
  func includes(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.object, .object), (.array, .array), (.string, .string), (.number, .number), (.boolean, .bool), (.null, .null): true
    case (.integer, .number(let digits)): DecimalNumber(digits)?.isWhole ?? false
    default: false
    }
  }
}

/// One schema's keywords, read with their types checked.
struct SchemaKeywords {
  let schema: JSONValue
  let place: String
  private let members: [(name: String, value: JSONValue)]

  /// Those that say nothing about the text.
  private static let annotations: Set<String> = [
    "title", "description", "default", "examples", "$comment", "$schema", "$defs", "definitions", "deprecated", "readOnly", "writeOnly",
  ]

  private static let held: Set<String> = [
    "$ref", "anyOf", "oneOf", "allOf", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems",
    "maxItems", "minLength", "maxLength", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
  ]

  init(_ schema: JSONValue, at place: String) {
    self.schema = schema
    self.place = place
    guard case .object(let members) = schema else { preconditionFailure("keywords of a schema that is no object") }
    self.members = members.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }
  }

  /// A name as a part of a JSON pointer (RFC 6901).
  static func escaped(_ name: String) -> String {
    name.unicodeScalars.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
  }

  /// The name that a part of a JSON pointer stands for.
  static func unescaped(_ part: String) -> String {
    let pieces = part.unicodeScalars.split(separator: "~", omittingEmptySubsequences: false).map(String.init)
    return pieces.dropFirst().reduce(pieces[0]) { name, piece in
      switch piece.unicodeScalars.first {
      case "0": name + "~" + String(piece.unicodeScalars.dropFirst())
      case "1": name + "/" + String(piece.unicodeScalars.dropFirst())
      default: name + "~" + piece
      }
    }
  }

  /// Throws the error of the first keyword that is not known.
  func check() throws(InferenceError) {
    for (name, value) in members where !Self.annotations.contains(name) && !Self.held.contains(name) {
      // It names the whole document, and changes nothing there.
      if name == "$id", place == "#" { continue }
      // It asks for nothing.
      if name == "uniqueItems", value == .bool(false) { continue }
      throw .schemaKeyword(name, at: place)
    }
  }

  /// Throws if another keyword says something about the text as well: both would have to hold.
  func requireAlone(_ keyword: String) throws(InferenceError) {
    for (name, _) in members where name != keyword && Self.held.contains(name) { throw .schemaKeyword("\(name) beside \(keyword)", at: place) }
  }

  subscript(name: String) -> JSONValue? { schema[name] }

  func string(_ name: String) throws(InferenceError) -> String? {
    guard let value = schema[name] else { return nil }
    guard case .string(let bytes) = value else { throw .schema("\(name) is no string", at: place) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func array(_ name: String) throws(InferenceError) -> [JSONValue]? {
    guard let value = schema[name] else { return nil }
    guard case .array(let items) = value else { throw .schema("\(name) is no array", at: place) }
    return items
  }

  func object(_ name: String) throws(InferenceError) -> [JSONValue.Member]? {
    guard let value = schema[name] else { return nil }
    guard case .object(let members) = value else { throw .schema("\(name) is no object", at: place) }
    return members
  }

  /// A number of things: a whole number from 0 on. Above a thousand million it is as good as that.
  func count(_ name: String) throws(InferenceError) -> Int? {
    guard let value = schema[name] else { return nil }
    guard case .number(let digits) = value, let number = DecimalNumber(digits), !number.isNegative, number.isWhole else {
      throw .schema("\(name) is no whole number from 0 on", at: place)
    }
    return number.whole.reduce(0) { min($0 * 10 + Int($1), 1_000_000_000) }
  }

  /// The stricter of a bound and an exclusive bound.
  ///
  /// - Parameter isStricter: Whether the first number leaves less than the second.
  func bound(
    _ name: String, exclusive: String, isStricter: (DecimalNumber, DecimalNumber) -> Bool
  ) throws(InferenceError) -> NumberRange.Bound? {
    func number(_ name: String) throws(InferenceError) -> DecimalNumber? {
      guard let value = schema[name] else { return nil }
      guard case .number(let digits) = value else { throw .schema("\(name) is no number", at: place) }
      guard let number = DecimalNumber(digits) else { throw .schemaKeyword("\(name) of more than 40 digits", at: place) }
      return number
    }
    let (inclusive, exclusive) = (try number(name), try number(exclusive))
    guard let exclusive else { return inclusive.map { NumberRange.Bound(value: $0, isExclusive: false) } }
    if let inclusive, isStricter(inclusive, exclusive) { return NumberRange.Bound(value: inclusive, isExclusive: false) }
    return NumberRange.Bound(value: exclusive, isExclusive: true)
  }

  /// The types that are allowed; all of them if none is named.
  func types() throws(InferenceError) -> [SchemaType] {
    let names: [JSONValue]
    switch schema["type"] {
    case nil: return SchemaType.allCases.filter { $0 != .integer }
    case .array(let list): names = list
    case let one?: names = [one]
    }
    var types: [SchemaType] = []
    for name in names {
      guard case .string(let bytes) = name, let type = SchemaType(rawValue: String(decoding: bytes, as: UTF8.self)) else {
        throw .schema("type is \(String(decoding: name.compact, as: UTF8.self)), which is none of JSON's", at: place)
      }
      if !types.contains(type) { types.append(type) }
    }
    guard !types.isEmpty else { throw .schema("type is an empty list", at: place) }
    return types.contains(.number) ? types.filter { $0 != .integer } : types
  }

  /// The values of `enum` and `const`, if either is there.
  func literals(limit: Int) throws(InferenceError) -> [JSONValue]? {
    let list = try array("enum")
    guard list != nil || schema["const"] != nil else { return nil }
    for (name, _) in members where Self.held.contains(name) && !["enum", "const", "type"].contains(name) {
      throw .schemaKeyword("\(name) beside \(list == nil ? "const" : "enum")", at: place)
    }
    if let list, list.count > limit { throw .schemaTooLarge("enum at \(place) has \(list.count) values; \(limit) is the limit") }
    guard let constant = schema["const"] else { return list }
    return list.map { $0.filter { $0 == constant } } ?? [constant]
  }
}
