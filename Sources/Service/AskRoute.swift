import Answering
import HTTPTypes
import Hummingbird

/// The body of `POST /v1/ask`.
struct AskBody: Decodable, Sendable {
  let question: String
  let collection: String?
  let answer: String?
  let sentences: Int?
  let passages: Int?
  let rerank: Int?
  let maximumTokens: Int?
  let stream: Bool?
  let filter: FilterFields?
  let sampling: SamplingFields

  enum CodingKeys: String, CodingKey, CaseIterable {
    case question, collection, answer, sentences, passages, rerank, stream, filter
    case maximumTokens = "max_tokens"
  }

  init(from decoder: any Decoder) throws {
    try decoder.requireKnownFields(CodingKeys.allCases.map(\.rawValue) + SamplingFields.CodingKeys.allCases.map(\.rawValue))
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    question = try fields.decode(String.self, forKey: .question)
    collection = try fields.decodeIfPresent(String.self, forKey: .collection)
    answer = try fields.decodeIfPresent(String.self, forKey: .answer)
    sentences = try fields.decodeIfPresent(Int.self, forKey: .sentences)
    passages = try fields.decodeIfPresent(Int.self, forKey: .passages)
    rerank = try fields.decodeIfPresent(Int.self, forKey: .rerank)
    maximumTokens = try fields.decodeIfPresent(Int.self, forKey: .maximumTokens)
    stream = try fields.decodeIfPresent(Bool.self, forKey: .stream)
    filter = try fields.decodeIfPresent(FilterFields.self, forKey: .filter)
    sampling = try SamplingFields(from: decoder)
  }

  func options(_ configuration: ServiceConfiguration) throws -> AskOptions {
    try FieldCheck.question(question, field: "question", characterLimit: configuration.questionCharacterLimit)
    var options = AskOptions()
    options.collection = collection ?? configuration.collection
    if let answer {
      guard let mode = AnswerMode(rawValue: answer) else {
        throw ServiceError.field("answer", "it has to be one of \(AnswerMode.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      options.mode = mode
    }
    options.sentenceLimit = try FieldCheck.range(sentences, AskOptions.sentenceRange, field: "sentences") ?? options.sentenceLimit
    options.passageLimit = try FieldCheck.range(passages, AskOptions.passageRange, field: "passages") ?? options.passageLimit
    options.rerankLimit = try FieldCheck.range(rerank, QueryLikelihood.limitRange, field: "rerank") ?? options.rerankLimit
    options.completionTokenLimit =
      try FieldCheck.range(maximumTokens, AskOptions.completionTokenRange, field: "max_tokens") ?? options.completionTokenLimit
    options.sampling = try sampling.parameters()
    if let filter { options.filter = try filter.filter() }
    return options
  }
}

extension ServiceResponder {
  /// Answers from the documents: one JSON value, or events as the answer comes.
  func ask(_ request: Request, _ context: ServiceContext, _ scope: RequestScope) async throws -> Response {
    let body = try await request.json(AskBody.self, byteLimit: configuration.bodyByteLimit, scope: scope)
    let options = try body.options(configuration)
    let events = scope.events(queue: answers) { [answering] in answering.ask(body.question, options) }
    let wantsEvents = body.stream ?? (request.headers[.accept]?.lowercased().contains("text/event-stream") == true)
    guard wantsEvents else { return .json(try await Self.lastAnswer(of: events)) }
    return try await EventStream.response(events) { event in
      switch event {
      case .sources(let sources): [EventStream.event("sources", ["sources": sources])]
      case .text(let text): [EventStream.event("text", ["text": text])]
      case .finished(let answer): [EventStream.event("answer", answer)]
      }
    } failure: { error in
      EventStream.event("error", ErrorBody(report(error, context)))
    }
  }

  static func lastAnswer(of events: AsyncThrowingStream<AnswerEvent, any Error>) async throws -> Answer {
    for try await event in events {
      if case .finished(let answer) = event { return answer }
    }
    // The stream ends without an answer only when it is cancelled.
    throw CancellationError()
  }
}
