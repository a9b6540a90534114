import Inference

/// The field `response_format`: what the text has to be.
struct ResponseFormat: Decodable, Sendable {
  let type: String
  let jsonSchema: Schema?

  enum CodingKeys: String, CodingKey {
    case type
    case jsonSchema = "json_schema"
  }

  /// Its name says nothing that Quarry could use, and the text is held to the schema whether or not it is called strict.
  struct Schema: Decodable, Sendable {
    let schema: RawJSON?
  }

  /// `nil` for any text.
  ///
  /// - Throws: `ServiceError` when the type is unknown or the schema missing. Whether the schema can be used is for the engine to say.
  func constraint() throws -> OutputConstraint? {
    switch type {
    case "text": return nil
    case "json_object": return .jsonObject
    case "json_schema":
      guard let schema = jsonSchema?.schema else { throw ServiceError.missingField("response_format.json_schema.schema") }
      return .jsonSchema(schema.text)
    default: throw ServiceError.field("response_format.type", "it has to be text, json_object or json_schema")
    }
  }
}
