import Diagnostics

/// What the service itself has to say no to.
package struct ServiceError: ExplainedError, Equatable {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?
  /// For the header `Allow`, when the method was wrong.
  private(set) var allowedMethods: String?

  private init(_ code: String, _ message: String, why: String? = nil, remedy: String? = nil) {
    self.code = code
    self.message = message
    self.why = why
    self.remedy = remedy
  }

  // MARK: - What a request says

  static let notJSON = ServiceError(
    "invalid_json", "the body is not JSON that can be read", why: "it could not be parsed, is nested too deeply, or has a number that is too large",
    remedy: "send one JSON object")
  static let unreadableBody = ServiceError(
    "invalid_body", "the body cannot be read", why: "it is not divided as its headers say",
    remedy: "send it with its length, or in well-formed chunks")

  static func field(_ name: String, _ why: String) -> ServiceError {
    ServiceError("invalid_field", "the field \(name) can not be used", why: why, remedy: "send it as the documentation says, or leave it out")
  }

  static func notOfDocuments(_ name: String) -> ServiceError {
    ServiceError(
      "invalid_field", "the field \(name) can not be used", why: "answers from the documents are made of quotes",
      remedy: "leave it out, or name the generator as the model")
  }

  static func missingField(_ name: String) -> ServiceError {
    ServiceError("missing_field", "the field \(name) is missing", remedy: "send it in the JSON body")
  }

  static func emptyQuestion(_ field: String) -> ServiceError {
    ServiceError("question_empty", "the question is empty", why: "\(field) holds nothing but white space", remedy: "ask with a few words")
  }

  static func questionTooLong(characters: Int, limit: Int) -> ServiceError {
    ServiceError(
      "question_too_long", "the question has \(characters) characters", why: "at most \(limit) are taken",
      remedy: "ask for the one thing that matters, and ingest long texts as documents")
  }

  static func bodyTooLarge(limit: Int) -> ServiceError {
    ServiceError("body_too_large", "the request is too large", why: "at most \(limit) bytes are taken")
  }

  static let contentType = ServiceError(
    "content_type", "the body's type is not known", why: "only JSON is taken", remedy: "send the header Content-Type: application/json")

  static func modelUnknown(_ name: String, known: [String]) -> ServiceError {
    ServiceError("model_unknown", "there is no model \(name)", remedy: "one of: \(known.joined(separator: ", "))")
  }

  // MARK: - Where it goes and where it comes from

  static func noRoute(_ path: String) -> ServiceError {
    ServiceError("route_missing", "there is nothing at \(path)", remedy: "GET / lists what there is")
  }

  static func method(_ method: String, allowed: String) -> ServiceError {
    var error = ServiceError("method_not_allowed", "\(method) is not answered here", remedy: "use \(allowed)")
    error.allowedMethods = allowed
    return error
  }

  static let hostNotAllowed = ServiceError(
    "host_not_allowed", "this name is not one that Quarry answers to", why: "the Host header names another machine",
    remedy: "use http://127.0.0.1 or http://localhost")

  static let originNotAllowed = ServiceError(
    "origin_not_allowed", "requests of other web sites are not answered", why: "the Origin header is not Quarry's own address")

  // MARK: - Limits of the service

  static let busy = ServiceError("busy", "too many requests wait for an answer", remedy: "try again after the seconds in Retry-After")

  static let deadline = ServiceError(
    "deadline_exceeded", "the answer took too long",
    remedy: "try again when less is asked at a time, or ask for less: fewer passages or tokens")

  static let bodyTooSlow = ServiceError("request_timeout", "the request came too slowly")

  static let draining = ServiceError("draining", "the service is stopping", remedy: "try again when it is back")

  /// Nobody reads it: the client is gone.
  static let clientGone = ServiceError("client_gone", "the client closed the connection")

  static let notReady = ServiceError("not_ready", "the index can not be read now", remedy: "the service's log says why")

  // MARK: - Starting

  static func remoteRefused(_ host: String) -> ServiceError {
    ServiceError(
      "remote_refused", "Quarry does not listen on \(host)", why: "other machines could reach it, and it asks nobody for a key",
      remedy: "listen on 127.0.0.1, or say --allow-remote behind a proxy that asks for a key")
  }

  static func cannotListen(host: String, port: Int, why: String) -> ServiceError {
    ServiceError("cannot_listen", "could not listen on \(host) port \(port)", why: why, remedy: "choose another one with --port, or 0 for a free one")
  }
}
