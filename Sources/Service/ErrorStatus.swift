import Diagnostics
import Hummingbird

/// The one place that says which status an error has, and whether its words are for the client.
///
/// What is not listed is a failure of the service: the client gets an id, the log gets the words.
enum ErrorStatus {
  static func status(ofCode code: String) -> HTTPResponse.Status? {
    switch code {
    case "invalid_json", "invalid_body", "invalid_field", "missing_field", "question_empty", "prompt_empty", "prompt_too_long", "context_too_small",
      "parameter_out_of_range", "token_unknown", "constraint_with_stops", "schema_invalid", "schema_unsupported", "schema_unsatisfiable",
      "schema_too_large", "template_refused", "kv_memory_too_small":
      .badRequest
    case "host_not_allowed", "origin_not_allowed": .forbidden
    case "route_missing", "model_unknown", "collection_missing", "collection_empty", "filter_matches_nothing": .notFound
    case "method_not_allowed": .methodNotAllowed
    case "request_timeout": .requestTimeout
    case "question_too_long", "body_too_large": .contentTooLarge
    case "content_type": .unsupportedMediaType
    case "busy", "engine_busy": .tooManyRequests
    case "client_gone": HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
    case "draining", "not_ready", "generator_missing", "embedder_mismatch": .serviceUnavailable
    case "deadline_exceeded": .gatewayTimeout
    default: nil
    }
  }
}

/// An error as a client sees it.
struct ReportedError: Error {
  let status: HTTPResponse.Status
  let code: String
  let message: String
  let why: String?
  let remedy: String?

  /// - Parameter id: The request's; named when there is nothing else to say.
  init(_ error: any Error, id: String) {
    if let explained = error as? any ExplainedError, let status = ErrorStatus.status(ofCode: explained.code) {
      self.status = status
      code = explained.code
      message = explained.message
      why = explained.why
      remedy = explained.remedy
    } else {
      status = .internalServerError
      code = "internal"
      message = "the service failed"
      why = "the log has the reason under the id \(id)"
      remedy = nil
    }
  }

  /// Whether the log has to say what happened.
  var isInternal: Bool { status == .internalServerError }
}
