import Answering
import Inference
import Tokenizer

/// The body of `POST /v1/chat/completions`: of OpenAI's fields those that Quarry knows; the others are ignored.
struct ChatBody: Decodable, Sendable {
  let model: String
  let messages: [Message]
  let stream: Bool?
  let streamOptions: StreamOptions?
  let maximumTokens: Int?
  let maximumCompletionTokens: Int?
  let stop: Stop?
  let n: Int?
  let logProbabilities: Bool?
  let likeliestCount: Int?
  let responseFormat: ResponseFormat?
  let sampling: SamplingFields

  enum CodingKeys: String, CodingKey {
    case model, messages, stream, stop, n
    case streamOptions = "stream_options"
    case maximumTokens = "max_tokens"
    case maximumCompletionTokens = "max_completion_tokens"
    case logProbabilities = "logprobs"
    case likeliestCount = "top_logprobs"
    case responseFormat = "response_format"
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    model = try fields.decode(String.self, forKey: .model)
    messages = try fields.decode([Message].self, forKey: .messages)
    stream = try fields.decodeIfPresent(Bool.self, forKey: .stream)
    streamOptions = try fields.decodeIfPresent(StreamOptions.self, forKey: .streamOptions)
    maximumTokens = try fields.decodeIfPresent(Int.self, forKey: .maximumTokens)
    maximumCompletionTokens = try fields.decodeIfPresent(Int.self, forKey: .maximumCompletionTokens)
    stop = try fields.decodeIfPresent(Stop.self, forKey: .stop)
    n = try fields.decodeIfPresent(Int.self, forKey: .n)
    logProbabilities = try fields.decodeIfPresent(Bool.self, forKey: .logProbabilities)
    likeliestCount = try fields.decodeIfPresent(Int.self, forKey: .likeliestCount)
    responseFormat = try fields.decodeIfPresent(ResponseFormat.self, forKey: .responseFormat)
    sampling = try SamplingFields(from: decoder)
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
  var wantsLogProbabilities: Bool { logProbabilities ?? false }

  private func tokenLimit() throws -> Int? {
    try FieldCheck.range(maximumCompletionTokens, 1...4096, field: "max_completion_tokens")
      ?? FieldCheck.range(maximumTokens, 1...4096, field: "max_tokens")
  }

  private func logProbabilityCount() throws -> Int? {
    let count = try FieldCheck.range(likeliestCount, 0...LogProbability.countLimit, field: "top_logprobs") ?? 0
    guard wantsLogProbabilities || count == 0 else { throw ServiceError.field("top_logprobs", "it says something only if logprobs is true") }
    return wantsLogProbabilities ? count : nil
  }

  private func stopSequences() throws -> [String] {
    let stops = stop?.texts.filter { !$0.isEmpty } ?? []
    guard stops.count <= 4 else { throw ServiceError.field("stop", "at most 4 texts are taken") }
    return stops
  }

  /// The conversation, for the generator alone.
  func conversation(_ configuration: ServiceConfiguration) throws -> ([ChatMessage], ChatOptions) {
    let messages = try checkedMessages(configuration)
    var options = ChatOptions()
    options.completionTokenLimit = try tokenLimit() ?? options.completionTokenLimit
    options.sampling = try sampling.parameters()
    options.constraint = try responseFormat?.constraint()
    options.logProbabilityCount = try logProbabilityCount()
    options.stopSequences = try stopSequences()
    return (messages, options)
  }

  /// The last message of the user, for the documents.
  func question(_ configuration: ServiceConfiguration) throws -> (String, AskOptions) {
    guard let question = try checkedMessages(configuration).last(where: { $0.role == .user })?.content else {
      throw ServiceError.field("messages", "none of them is the user's")
    }
    try FieldCheck.question(question, field: "messages", characterLimit: configuration.questionCharacterLimit)
    // An answer is quotes, or a text that stands up against them: neither could be held to a form, or cut, or has one probability.
    guard try responseFormat?.constraint() == nil else { throw ServiceError.notOfDocuments("response_format") }
    guard try logProbabilityCount() == nil else { throw ServiceError.notOfDocuments("logprobs") }
    guard try stopSequences().isEmpty else { throw ServiceError.notOfDocuments("stop") }
    var options = AskOptions()
    options.collection = configuration.collection
    options.completionTokenLimit = try tokenLimit() ?? options.completionTokenLimit
    options.sampling = try sampling.parameters()
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
