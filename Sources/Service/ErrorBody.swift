import HTTPTypes

/// The JSON form of errors on Quarry's own routes, as of `quarry --json`.
struct ErrorBody: Encodable {
  struct Content: Encodable {
    let code: String
    let message: String
    let why: String?
    let `try`: String?
  }

  let error: Content

  init(_ error: ReportedError) {
    self.error = Content(code: error.code, message: error.message, why: error.why, try: error.remedy)
  }
}

/// The JSON form of errors on OpenAI's routes: one message, with a type that its clients turn into their own errors.
struct OpenAIErrorBody: Encodable {
  struct Content: Encodable {
    let message: String
    let type: String
    let param: String?
    let code: String

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(message, forKey: .message)
      try container.encode(type, forKey: .type)
      try container.encode(param, forKey: .param)
      try container.encode(code, forKey: .code)
    }

    enum CodingKeys: String, CodingKey { case message, type, param, code }
  }

  let error: Content

  init(_ error: ReportedError) {
    let type =
      switch error.status.code {
      case 429: "rate_limit_error"
      case 500...: "server_error"
      default: "invalid_request_error"
      }
    let message = [error.message, error.why, error.remedy].compactMap { $0 }.joined(separator: "; ")
    self.error = Content(message: message, type: type, param: nil, code: error.code == "model_unknown" ? "model_not_found" : error.code)
  }
}
