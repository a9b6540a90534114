/// Constraints that cannot be kept.
extension InferenceError {
  /// - Parameter place: A JSON pointer, as in `$ref`.
  static func schema(_ reason: String, at place: String) -> InferenceError {
    InferenceError(code: "schema_invalid", message: "the JSON schema cannot be used", why: "at \(place): \(reason)", remedy: nil)
  }

  static func schemaKeyword(_ keyword: String, at place: String) -> InferenceError {
    InferenceError(
      code: "schema_unsupported", message: "the JSON schema has a keyword that Quarry cannot hold a text to: \(keyword)",
      why: "it stands at \(place)",
      remedy: "leave it out, and check the result for it")
  }

  static func schemaTooLarge(_ what: String) -> InferenceError {
    InferenceError(code: "schema_too_large", message: "the JSON schema is too large", why: what, remedy: nil)
  }

  static let schemaUnsatisfiable = InferenceError(
    code: "schema_unsatisfiable", message: "no text fits the JSON schema", why: "its parts contradict each other, or a value must hold itself",
    remedy: nil)

  static func schemaTooDeep(_ depth: Int) -> InferenceError {
    InferenceError(
      code: "schema_too_large", message: "the JSON schema is too deep",
      why: "its smallest text nests \(depth) values; \(Grammar.depthLimit) is the limit", remedy: nil)
  }

  static let constraintWithStops = InferenceError(
    code: "constraint_with_stops", message: "a text held to a schema cannot have stop sequences", why: "they would cut it before it is whole",
    remedy: "leave the stop sequences out")

  static func noTokenFits(_ path: String) -> InferenceError {
    InferenceError(
      code: "constraint_stuck", message: "the model \(path) cannot go on within the JSON schema",
      why: "none of its tokens is made of bytes that may follow, or none has a finite logit", remedy: nil)
  }
}
