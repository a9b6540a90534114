import Inference
import Testing

/// Schemas that cannot be held to, and schemas made to do harm: an error that says why, in bounded time and memory.
@Suite struct GrammarSchemaTests {
  private static func error(_ schema: String) -> InferenceError? {
    #expect(throws: InferenceError.self) { try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(schema)) }
  }

  private static let unsupported = [
    "pattern": "\"a+\"", "patternProperties": "{}", "propertyNames": "{}", "minProperties": "1", "maxProperties": "2", "uniqueItems": "true",
    "contains": "{}", "minContains": "1", "multipleOf": "2", "not": "{}", "if": "{}", "then": "{}", "else": "{}", "dependentRequired": "{}",
    "dependentSchemas": "{}", "unevaluatedItems": "false", "unevaluatedProperties": "false", "additionalItems": "false", "$anchor": "\"a\"",
    "$dynamicRef": "\"#a\"", "$recursiveRef": "\"#\"", "contentEncoding": "\"base64\"", "nullable": "true", "minlength": "3",
  ]

  @Test(arguments: unsupported.keys.sorted())
  func aKeywordThatIsNotHeldToIsNamedWithItsPlace(keyword: String) {
    let schema = #"{"type":"object","properties":{"a/b":{"\#(keyword)":\#(Self.unsupported[keyword] ?? "")}}}"#
    let error = Self.error(schema)
    #expect(error?.code == "schema_unsupported")
    #expect(error?.message.hasSuffix(": \(keyword)") == true)
    #expect(error?.why == "it stands at #/properties/a~1b")
  }

  private static let refused: [(schema: String, code: String, says: String)] = [
    (#"{"type":"string","format":"email"}"#, "schema_unsupported", "format email"),
    (#"{"format":"date","maxLength":3}"#, "schema_unsupported", "format beside a length"),
    (##"{"$ref":"#/$defs/a","type":"string","$defs":{"a":{}}}"##, "schema_unsupported", "type beside $ref"),
    (#"{"anyOf":[{}],"minimum":3}"#, "schema_unsupported", "minimum beside anyOf"),
    (#"{"enum":[1],"minimum":3}"#, "schema_unsupported", "minimum beside enum"),
    (#"{"allOf":[{},{}]}"#, "schema_unsupported", "allOf of more than one"),
    (#"{"items":[{}]}"#, "schema_unsupported", "prefixItems"),
    (#"{"$ref":"https://example.com/a"}"#, "schema_unsupported", "https://example.com/a"),
    (#"{"properties":{"a":{"$id":"x"}}}"#, "schema_unsupported", "$id"),
    (#"{"minimum":1e99}"#, "schema_unsupported", "minimum"),
    (#"{"minimum":1e-9223372036854775808}"#, "schema_unsupported", "minimum"),
    (#"{"type":"array","maxItems":1E-9223372036854775808}"#, "schema_invalid", "maxItems"),
    (#"{"enum":[1e-9223372036854775808],"type":"integer"}"#, "schema_unsatisfiable", ""),
    ("{\"oneOf\":[" + (0..<1500).map { "{\"const\":\($0)}" }.joined(separator: ",") + "]}", "schema_too_large", "oneOf"),
    // Alternatives that one text may fit at once.
    (#"{"oneOf":[{"type":"integer"},{"type":"number"}]}"#, "schema_unsupported", "oneOf"),
    (#"{"oneOf":[{"const":1},{"const":1.0}]}"#, "schema_unsupported", "oneOf"),
    (#"{"oneOf":[{"const":{"a":1}},{"type":"object"}]}"#, "schema_unsupported", "oneOf"),
    (
      #"{"oneOf":[{"type":"object","properties":{"a":{"const":1}}},{"type":"object","properties":{"a":{"const":2}}}]}"#, "schema_unsupported", "oneOf"
    ),
    (#"{"oneOf":[{"type":"array","items":{"type":"null"}},{"type":"array","items":{"type":"string"}}]}"#, "schema_unsupported", "oneOf"),
    // No schema.
    ("", "schema_invalid", "a value is missing"), ("{", "schema_invalid", "a name is missing"), ("{} x", "schema_invalid", "more after the value"),
    ("3", "schema_invalid", "a schema is an object"), (#"{"type":"text"}"#, "schema_invalid", "text"),
    (#"{"type":[]}"#, "schema_invalid", "empty list"),
    (#"{"type":"string","type":"null"}"#, "schema_invalid", "comes twice"), (#"{"minLength":-1}"#, "schema_invalid", "minLength"),
    (#"{"minLength":1.5}"#, "schema_invalid", "minLength"), (#"{"maximum":"3"}"#, "schema_invalid", "maximum"),
    (#"{"enum":3}"#, "schema_invalid", "enum"),
    (#"{"required":[1]}"#, "schema_invalid", "required"), (#"{"properties":[]}"#, "schema_invalid", "properties"),
    (#"{"anyOf":[]}"#, "schema_invalid", "anyOf"),
    (#"{"const":"\ud800"}"#, "schema_invalid", "surrogate"), ("{\"const\":\"\u{1}\"}", "schema_invalid", "control character"),
    (##"{"$ref":"#/$defs/none"}"##, "schema_invalid", "#/$defs/none"),
    // In a circle.
    (##"{"$ref":"#"}"##, "schema_invalid", "refers to itself"),
    (##"{"anyOf":[{"type":"null"},{"$ref":"#"}]}"##, "schema_invalid", "refers to itself"),
    (##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"allOf":[{"$ref":"#/$defs/a"}]}}}"##, "schema_invalid", "refers to itself"),
    // Nothing fits.
    ("false", "schema_unsatisfiable", ""), (#"{"enum":[]}"#, "schema_unsatisfiable", ""),
    (#"{"type":"string","enum":[1]}"#, "schema_unsatisfiable", ""),
    (#"{"type":"integer","minimum":3,"maximum":2}"#, "schema_unsatisfiable", ""),
    (#"{"type":"integer","minimum":1.1,"maximum":1.9}"#, "schema_unsatisfiable", ""),
    (#"{"type":"number","exclusiveMinimum":1,"maximum":1}"#, "schema_unsatisfiable", ""),
    (#"{"type":"string","minLength":3,"maxLength":2}"#, "schema_unsatisfiable", ""),
    (#"{"type":"array","items":false,"minItems":1}"#, "schema_unsatisfiable", ""),
    (#"{"type":"object","required":["a"],"additionalProperties":false}"#, "schema_unsatisfiable", ""),
    (##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##, "schema_unsatisfiable", ""),
    (##"{"type":"array","items":{"$ref":"#"},"minItems":1}"##, "schema_unsatisfiable", ""),
  ]

  @Test(arguments: refused.indices)
  func whatCannotBeHeldToIsAnErrorThatSaysWhy(index: Int) {
    let (schema, code, says) = Self.refused[index]
    let error = Self.error(schema)
    #expect(error?.code == code, "\(schema)")
    let words = [error?.message, error?.why, error?.remedy].compactMap { $0 }.joined(separator: ": ")
    #expect(words.contains(says) || says.isEmpty, "\(words) says \(says)")
  }

  @Test func alternativesThatExcludeEachOtherAreSeen() throws {
    for schema in [
      #"{"oneOf":[{"type":"integer","maximum":3},{"type":"integer","minimum":4},{"type":"string","maxLength":2},{"type":"string","minLength":3}]}"#,
      #"{"oneOf":[{"enum":["a",1,null]},{"enum":["b",2,true]},{"type":"array"},{"type":"object"},{"type":"number","minimum":3}]}"#,
      #"{"oneOf":[{"type":"object","properties":{"a":{"const":1}},"required":["a"]},{"type":"object","properties":{"a":{"const":2}}}]}"#,
      #"{"oneOf":[{"type":"object","required":["a"]},{"type":"object","properties":{"b":{}},"additionalProperties":false}]}"#,
      #"{"oneOf":[{"type":"array","prefixItems":[{"const":"x"}],"minItems":1},{"type":"array","prefixItems":[{"const":"y"}],"minItems":1}]}"#,
    ] { #expect(throws: Never.self, "\(schema)") { try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(schema)) } }
  }

  // MARK: Made to do harm

  private static let large: [(name: String, schema: @Sendable () -> String)] = [
    ("deep text", { String(repeating: #"{"items":"#, count: 20_000) }),
    ("deep lists", { String(repeating: "[", count: 200_000) }),
    ("long text", { #"{"title":"\#(String(repeating: "x", count: 300_000))"}"# }),
    ("enum", { #"{"enum":[\#((0..<5000).map(String.init).joined(separator: ","))]}"# }),
    ("parts", { #"{"anyOf":[\#(Array(repeating: "{}", count: 12_000).joined(separator: ","))]}"# }),
    ("ranges", { #"{"anyOf":[\#((0..<3000).map { #"{"type":"integer","minimum":\#($0)}"# }.joined(separator: ","))]}"# }),
    (
      "a long name with many parts below",
      { #"{"properties":{"\#(String(repeating: "~", count: 100_000))":{"anyOf":[\#(Array(repeating: "{}", count: 9900).joined(separator: ","))]}}}"# }
    ),
    (
      "chain of references",
      {
        let links = (0..<3000).map { ##""\##($0)":{"$ref":"#/$defs/\##($0 + 1)"}"## }.joined(separator: ",")
        return ##"{"$ref":"#/$defs/0","$defs":{\##(links),"3000":{}}}"##
      }
    ),
    (
      "nested more than a text may be",
      { String(repeating: #"{"type":"array","minItems":1,"items":"#, count: 40) + "{}" + String(repeating: "}", count: 40) }
    ),
    ("alternatives to compare", { #"{"oneOf":[\#(Array(repeating: #"{"type":"object"}"#, count: 3000).joined(separator: ","))]}"# }),
  ]

  @Test(arguments: large.indices)
  func aSchemaThatIsTooLargeIsRefused(index: Int) {
    let error = Self.error(Self.large[index].schema())
    #expect(
      ["schema_too_large", "schema_invalid", "schema_unsupported"].contains(error?.code), "\(Self.large[index].name): \(error?.code ?? "none")")
  }

  /// In the order in which each has to wait for the next.
  @Test func theDepthOfALongChainIsFound() {
    let links = (1..<2300).map { ##""\##($0)":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/\##($0 - 1)"}}"## }.joined(separator: ",")
    let all = (0..<2300).reversed().map { ##"{"$ref":"#/$defs/\##($0)"}"## }.joined(separator: ",")
    #expect(Self.error(##"{"$ref":"#/$defs/40","$defs":{"0":{},\##(links)}}"##)?.why?.hasPrefix("its smallest text nests 40 values") == true)
    #expect(throws: Never.self) {
      try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(##"{"anyOf":[\##(all)],"$defs":{"0":{},\##(links)}}"##))
    }
  }

  /// As many ways to read a text as there are brackets twice over: the first of them are followed, and the text still ends.
  @Test func aTextOfManyReadingsIsStillWritten() throws {
    let list = ##"{"type":"array","items":{"$ref":"#"}}"##
    let schema =
      ##"{"anyOf":[\##(list),{"type":"array","items":{"$ref":"#"},"maxItems":7},\##(list),{"type":"array","items":{"$ref":"#"},"maxItems":9}]}"##
    let beginning = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(schema))
    let text = [UInt8](repeating: 0x5B, count: 30) + [UInt8](repeating: 0x5D, count: 30)
    #expect(beginning.appending(text)?.isFinished == true)
  }

  /// A string has a state for each character it may still have; the table of them is begun anew when it is full, and the count goes on.
  @Test func aTextOfMoreStatesThanATableHoldsGoesOn() throws {
    var string = try ConstraintCompiler(ByteVocabulary()).begin(.jsonSchema(#"{"type":"array","items":{"type":"string","maxLength":40000}}"#))
    string = try #require(string.appending(Array("[\"".utf8)))
    for _ in 0..<400 { string = try #require(string.appending([UInt8](repeating: 0x61, count: 100))) }
    #expect(string.appending([0x61]) == nil)
    #expect(string.allowed().count == 1)
    #expect(string.appending(Array("\",\"b\"]".utf8))?.isFinished == true)
  }

  @Test func manyPropertiesAreHeldTo() throws {
    let names = (0..<2000).map { "name\($0)" }
    let members = names.map { #""\#($0)":{"type":"null"}"# }.joined(separator: ",")
    let required = names.map { "\"\($0)\"" }.joined(separator: ",")
    let beginning = try ConstraintCompiler(ByteVocabulary()).begin(
      .jsonSchema(#"{"type":"object","properties":{\#(members)},"required":[\#(required)]}"#))
    let text = "{" + names.prefix(300).reversed().map { "\"\($0)\":null" }.joined(separator: ",")
    let constrained = try #require(beginning.appending(Array(text.utf8)))
    #expect(constrained.appending([0x7D]) == nil)
    #expect(constrained.appending(Array(",\"name7\":null".utf8)) == nil)
    #expect(constrained.appending(Array(",\"name1999\":null".utf8)) != nil)
  }
}
