import Answering
import Tokenizer

/// The body of `POST /v1/chat/completions`: of OpenAI's fields those that Quarry knows; the others are ignored.
struct ChatBody: Decodable, Sendable {
  let model: String
  let messages: [Message]
  let stream: Bool?
  let streamOptions: StreamOptions?
  let temperature: Double?
  let maximumTokens: Int?
  let maximumCompletionTokens: Int?
  let stop: Stop?
  let seed: Int?
  let n: Int?

  enum CodingKeys: String, CodingKey {
    case model, messages, stream, temperature, stop, seed, n
    case streamOptions = "stream_options"
    case maximumTokens = "max_tokens"
    case maximumCompletionTokens = "max_completion_tokens"
  }

  struct StreamOptions: Decodable, Sendable {
    let includesUsage: Bool?
    enum CodingKeys: String, CodingKey { case includesUsage = "include_usage" }
  }

  struct Message: Decodable, Sendable {
    let role: String
    let content: Content?
  }

  /// A string, or a list of parts of which only text is understood.
  struct Content: Decodable, Sendable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) {
        self.text = text
        return
      }
      text = try container.decode([Part].self).map { part in
        guard part.type == "text", let text = part.text else {
          throw DecodingError.dataCorruptedError(in: container, debugDescription: "only parts of the type text are understood")
        }
        return text
      }.joined(separator: "\n")
    }

    private struct Part: Decodable {
      let type: String
      let text: String?
    }
  }

  /// One text or several.
  struct Stop: Decodable, Sendable {
    let texts: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let text = try? container.decode(String.self) { texts = [text] } else { texts = try container.decode([String].self) }
    }
  }

  // MARK: - What it asks for

  var wantsEvents: Bool { stream ?? false }
  var wantsUsageEvent: Bool { streamOptions?.includesUsage ?? false }

  private func tokenLimit() throws -> Int? {
    try FieldCheck.range(maximumCompletionTokens, 1...4096, field: "max_completion_tokens")
      ?? FieldCheck.range(maximumTokens, 1...4096, field: "max_tokens")
  }

  private func checkedTemperature() throws -> Double? { try FieldCheck.range(temperature, 0...2, field: "temperature") }

  /// The conversation, for the generator alone.
  func conversation(_ configuration: ServiceConfiguration) throws -> ([ChatMessage], ChatOptions) {
    let messages = try checkedMessages(configuration)
    var options = ChatOptions()
    options.completionTokenLimit = try tokenLimit() ?? options.completionTokenLimit
    options.temperature = try checkedTemperature() ?? options.temperature
    options.seed = FieldCheck.seed(seed)
    let stops = stop?.texts.filter { !$0.isEmpty } ?? []
    guard stops.count <= 4 else { throw ServiceError.field("stop", "at most 4 texts are taken") }
    options.stopSequences = stops
    return (messages, options)
  }

  /// The last message of the user, for the documents.
  func question(_ configuration: ServiceConfiguration) throws -> (String, AskOptions) {
    guard let question = try checkedMessages(configuration).last(where: { $0.role == .user })?.content else {
      throw ServiceError.field("messages", "none of them is the user's")
    }
    try FieldCheck.question(question, field: "messages", characterLimit: configuration.questionCharacterLimit)
    var options = AskOptions()
    options.collection = configuration.collection
    options.completionTokenLimit = try tokenLimit() ?? options.completionTokenLimit
    options.temperature = try checkedTemperature() ?? options.temperature
    options.seed = FieldCheck.seed(seed)
    return (question, options)
  }

  private func checkedMessages(_ configuration: ServiceConfiguration) throws -> [ChatMessage] {
    guard !messages.isEmpty else { throw ServiceError.field("messages", "there has to be one at least") }
    if let n, n != 1 { throw ServiceError.field("n", "one completion is written for a request") }
    return try messages.enumerated().map { index, message in
      let role: ChatMessage.Role
      switch message.role {
      case "system", "developer": role = .system
      case "user": role = .user
      case "assistant": role = .assistant
      default: throw ServiceError.field("messages.\(index).role", "it has to be system, developer, user or assistant")
      }
      return ChatMessage(role: role, content: message.content?.text ?? "")
    }
  }
}
