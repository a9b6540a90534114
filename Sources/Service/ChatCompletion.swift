import Answering

/// What a turn cost, as OpenAI has it, and the times.
struct ChatUsage: Encodable, Sendable {
  struct PromptDetails: Encodable, Sendable {
    let cachedTokens: Int
    /// Those of the cached ones that came from disk.
    let diskCachedTokens: Int
    /// Beside the cached ones, taken over from where their passage stood before.
    let preparedTokens: Int
    enum CodingKeys: String, CodingKey {
      case cachedTokens = "cached_tokens"
      case diskCachedTokens = "disk_cached_tokens"
      case preparedTokens = "prepared_tokens"
    }
  }

  /// OpenAI's words for what was guessed ahead.
  struct CompletionDetails: Encodable, Sendable {
    let accepted: Int
    let rejected: Int
    enum CodingKeys: String, CodingKey {
      case accepted = "accepted_prediction_tokens"
      case rejected = "rejected_prediction_tokens"
    }
  }

  private let promptTokens: Int
  private let completionTokens: Int
  private let totalTokens: Int
  private let promptDetails: PromptDetails
  private let completionDetails: CompletionDetails
  private let queueSeconds: Double
  private let prefillSeconds: Double
  private let decodeSeconds: Double

  init(_ usage: Answer.Usage) {
    promptTokens = usage.promptTokens
    completionTokens = usage.completionTokens
    totalTokens = promptTokens + completionTokens
    promptDetails = PromptDetails(
      cachedTokens: usage.cachedTokens, diskCachedTokens: usage.diskCachedTokens, preparedTokens: usage.preparedTokens)
    completionDetails = CompletionDetails(accepted: usage.acceptedTokens, rejected: usage.draftedTokens - usage.acceptedTokens)
    queueSeconds = usage.queueSeconds
    prefillSeconds = usage.prefillSeconds
    decodeSeconds = usage.decodeSeconds
  }

  enum CodingKeys: String, CodingKey {
    case promptTokens = "prompt_tokens"
    case completionTokens = "completion_tokens"
    case totalTokens = "total_tokens"
    case promptDetails = "prompt_tokens_details"
    case completionDetails = "completion_tokens_details"
    case queueSeconds = "queue_seconds"
    case prefillSeconds = "prefill_seconds"
    case decodeSeconds = "decode_seconds"
  }
}

/// How a turn ended: the same for both models.
struct ChatEnding: Sendable {
  var usage: ChatUsage
  var finishReason: String
  /// Only when the documents were asked.
  var sources: [Answer.Source]?
  /// Only when the text is not what an exact computation gives (`Answer.Receipt.approximation`).
  var approximation: String?
}

/// The part of a turn that comes next: the same for both models.
enum ChatPart: Sendable {
  case text(String, tokens: [ChatToken] = [])
  case ending(ChatEnding)
}

/// A whole turn: `chat.completion`.
struct ChatCompletion: Encodable {
  struct Message: Encodable {
    let role = "assistant"
    let content: String
    let refusal: String? = nil

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(role, forKey: .role)
      try container.encode(content, forKey: .content)
      try container.encode(refusal, forKey: .refusal)
    }
    enum CodingKeys: String, CodingKey { case role, content, refusal }
  }

  struct Choice: Encodable {
    let index = 0
    let message: Message
    let logProbabilities: ChatLogProbabilities?
    let finishReason: String

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(index, forKey: .index)
      try container.encode(message, forKey: .message)
      try container.encode(logProbabilities, forKey: .logProbabilities)
      try container.encode(finishReason, forKey: .finishReason)
    }
    enum CodingKeys: String, CodingKey {
      case index, message
      case logProbabilities = "logprobs"
      case finishReason = "finish_reason"
    }
  }

  let id: String
  let object = "chat.completion"
  let created: Int
  let model: String
  let choices: [Choice]
  let usage: ChatUsage
  let sources: [Answer.Source]?
  let approximation: String?

  init(id: String, created: Int, model: String, content: String, logProbabilities: ChatLogProbabilities?, ending: ChatEnding) {
    self.id = id
    self.created = created
    self.model = model
    choices = [Choice(message: Message(content: content), logProbabilities: logProbabilities, finishReason: ending.finishReason)]
    usage = ending.usage
    sources = ending.sources
    approximation = ending.approximation
  }
}

/// A piece of a streamed turn: `chat.completion.chunk`.
struct ChatChunk: Encodable {
  struct Delta: Encodable {
    var role: String?
    var content: String?
  }

  struct Choice: Encodable {
    let index = 0
    let delta: Delta
    var logProbabilities: ChatLogProbabilities?
    let finishReason: String?

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(index, forKey: .index)
      try container.encode(delta, forKey: .delta)
      try container.encode(logProbabilities, forKey: .logProbabilities)
      try container.encode(finishReason, forKey: .finishReason)
    }
    enum CodingKeys: String, CodingKey {
      case index, delta
      case logProbabilities = "logprobs"
      case finishReason = "finish_reason"
    }
  }

  let id: String
  let object = "chat.completion.chunk"
  let created: Int
  let model: String
  var choices: [Choice]
  var usage: ChatUsage?
  var sources: [Answer.Source]?
  var approximation: String?
}
