import Answering
import Foundation
import HTTPTypes
import Inference
import Service
import Testing

/// How a client says which words it wants, and is told how likely they were.
@Suite struct ChatSamplingTests {
  /// A body with these further fields.
  private static func body(_ fields: String, model: String = "Scripted-1B") -> String {
    #"{"model": "\#(model)", "messages": [{"role": "user", "content": "Why?"}], \#(fields)}"#
  }

  private static func options(_ fields: String) async throws -> ChatOptions {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let reply = try await client.post("/v1/chat/completions", body(fields))
      #expect(reply.status == 200, "\(reply.text)")
    }
    return try #require(answering.lastChat).options
  }

  private static let everything = """
    "temperature": 0.7, "top_k": 40, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.1, "presence_penalty": -0.5,
    "frequency_penalty": 2, "logit_bias": {"0": -100, "17": 2.5}, "seed": 3
    """
  private static let everythingParsed = SamplingParameters(
    temperature: 0.7, topK: 40, topP: 0.9, minP: 0.05, repetitionPenalty: 1.1, presencePenalty: -0.5, frequencyPenalty: 2,
    logitBias: [0: -100, 17: 2.5], seed: 3)

  @Test func everyFieldGetsThrough() async throws {
    var expected = ChatOptions()
    expected.sampling = Self.everythingParsed
    #expect(try await Self.options(Self.everything) == expected)
  }

  @Test func theGeneratorOfTheDocumentsTakesThemToo() async throws {
    let answering = ScriptedAnswering()
    try await withRouter(answering) { (client) async throws in
      let fields = Self.everything + #", "response_format": {"type": "text"}, "logprobs": false"#
      #expect(try await client.post("/v1/chat/completions", Self.body(fields, model: "quarry")).status == 200)
    }
    #expect(try #require(answering.lastQuestion).options.sampling == Self.everythingParsed)
  }

  /// What clients send to say that they want nothing special.
  @Test func nothingSpecial() async throws {
    let fields = """
      "top_k": 0, "top_p": 1, "min_p": 0, "repetition_penalty": 1, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {},
      "seed": null, "stop": null, "logprobs": false, "top_logprobs": null, "response_format": {"type": "text"}
      """
    #expect(try await Self.options(fields) == ChatOptions())
    let narrow = try await Self.options(#""top_p": 0"#).sampling
    #expect(throws: Never.self) { try narrow.check(vocabularySize: 10) }
    #expect(narrow.topP < 1e-300)
  }

  @Test(arguments: [
    (#""top_p": 1.01"#, "top_p"), (#""top_p": -0.1"#, "top_p"), (#""top_p": "1""#, "top_p"), (#""top_k": -1"#, "top_k"),
    (#""top_k": "4""#, "top_k"), (#""min_p": 2"#, "min_p"), (#""repetition_penalty": 0"#, "repetition_penalty"),
    (#""presence_penalty": 2.1"#, "presence_penalty"), (#""frequency_penalty": -3"#, "frequency_penalty"),
    (#""temperature": 2.5"#, "temperature"), (#""logit_bias": {"7": 101}"#, "logit_bias.7"), (#""logit_bias": {"7": "1"}"#, "logit_bias.7"),
    (#""logit_bias": {"x": 1}"#, "logit_bias.x"), (#""logit_bias": {"-1": 1}"#, "logit_bias.-1"), (#""logit_bias": {"07": 1}"#, "logit_bias.07"),
    (#""logit_bias": {"2147483648": 1}"#, "logit_bias.2147483648"), (#""logit_bias": [1]"#, "logit_bias"),
    (#""logprobs": 5"#, "logprobs"), (#""logprobs": true, "top_logprobs": 21"#, "top_logprobs"),
    (#""logprobs": true, "top_logprobs": -1"#, "top_logprobs"), (#""top_logprobs": 2"#, "top_logprobs"),
    (#""response_format": "json""#, "response_format"), (#""response_format": {}"#, "response_format.type"),
    (#""response_format": {"type": "xml"}"#, "response_format.type"),
    (#""response_format": {"type": "json_schema"}"#, "response_format.json_schema.schema"),
    (#""response_format": {"type": "json_schema", "json_schema": {"name": "x"}}"#, "response_format.json_schema.schema"),
    (#""response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": null}}"#, "response_format.json_schema.schema"),
  ])
  func aWrongValueIsNamed(fields: String, name: String) async throws {
    for model in ["Scripted-1B", "quarry"] {
      let answering = ScriptedAnswering()
      try await withRouter(answering) { (client) async throws in
        let reply = try await client.post("/v1/chat/completions", Self.body(fields, model: model))
        #expect(reply.status == 400)
        let message = try #require((try reply.json["error"] as? [String: Any])?["message"] as? String)
        #expect(message.contains("the field \(name) "), "\(message)")
      }
      #expect(answering.lastChat == nil && answering.lastQuestion == nil)
    }
  }

  @Test(arguments: [
    #""response_format": {"type": "json_object"}"#, #""response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}"#,
    #""logprobs": true"#, #""stop": ["port"]"#,
  ])
  func answersFromTheDocumentsHaveNoFormOfTheirOwn(fields: String) async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/chat/completions", Self.body(fields, model: "quarry"))
      #expect(reply.status == 400)
      #expect(try reply.errorCode == "invalid_field")
      #expect(reply.text.contains("name the generator as the model"))
    }
  }

  // MARK: - Schemas

  @Test func anyObject() async throws {
    #expect(try await Self.options(#""response_format": {"type": "json_object"}"#).constraint == .jsonObject)
  }

  /// Decoding would round the number, drop the second name and lose the order: the engine is to see all of that.
  @Test(arguments: [
    #"{"z": 12345678901234567890.10, "a": {"b\"}": [1, "]", {"c": "\\"}]}, "a" :null}"#, "true", "[ ]", #""x\"y""#, "-1.50e+300", "{}",
  ])
  func aSchemaIsTakenAsItStands(schema: String) async throws {
    let decoy = #""x": {"response_format": {"json_schema": {"schema": 1}}}, "y": ["}", "\"", 3]"#
    for fields in [
      #"\#(decoy), "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": \#(schema), "strict": true}}"#,
      "\"response_format\" :\n{ \"json_schema\": {\"schema\" :\t\(schema) }\r, \"type\": \"json_schema\" }",
      #""response\u005fformat": {"type": "json_schema", "json_\u0073chema": {"nam\\e": 1, "schema": \#(schema)}}"#,
    ] {
      #expect(try await Self.options(fields).constraint == .jsonSchema(schema), "\(fields)")
    }
  }

  @Test func ofTwoSchemasTheFirstCounts() async throws {
    let fields = #""response_format": {"type": "json_schema", "json_schema": {"schema": {"a": 1}, "schema": {"a": 2}}}"#
    #expect(try await Self.options(fields).constraint == .jsonSchema(#"{"a": 1}"#))
  }

  // MARK: - Log-probabilities

  @Test func theyAreAskedForWithACount() async throws {
    #expect(try await Self.options(#""logprobs": true"#).logProbabilityCount == 0)
    #expect(try await Self.options(#""logprobs": true, "top_logprobs": 20"#).logProbabilityCount == 20)
    #expect(try await Self.options(#""top_logprobs": 0"#).logProbabilityCount == nil)
  }

  private static let content = #"""
    [{"bytes":[72,101,108],"logprob":-0.25,"token":"Hel","top_logprobs":[{"bytes":[72,101,108],"logprob":-0.25,"token":"Hel"},\#
    {"bytes":null,"logprob":-9999,"token":""}]},{"bytes":[195],"logprob":-2,"token":"�","top_logprobs":[]}]
    """#

  @Test func theyComeInOpenAIsForm() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/chat/completions", Self.body(#""logprobs": true, "top_logprobs": 2"#))
      #expect(reply.text.contains(#""logprobs":{"content":\#(Self.content)}"#), "\(reply.text)")
      let without = try await client.post("/v1/chat/completions", Self.body(#""seed": 1"#))
      #expect(without.text.contains(#""logprobs":null"#))
    }
  }

  @Test func theyAreStreamedWithTheirText() async throws {
    try await withRouter { (client) async throws in
      let reply = try await client.post("/v1/chat/completions", Self.body(#""logprobs": true, "top_logprobs": 2, "stream": true"#))
      let choices = try ServerEvent.parse(reply.text).dropLast().compactMap { (try $0.json["choices"] as? [[String: Any]])?.first }
      let contents = choices.map { ($0["logprobs"] as? [String: Any])?["content"] as? [[String: Any]] }
      #expect(contents.map { $0?.compactMap { $0["token"] as? String } } == [nil, ["Hel", "\u{FFFD}"], [], nil])
      #expect(choices.map { ($0["delta"] as? [String: Any])?["content"] as? String } == ["", "Hel", "lo", nil])
      #expect(reply.text.contains(#""logprobs":{"content":\#(Self.content)}"#), "\(reply.text)")
    }
  }
}
