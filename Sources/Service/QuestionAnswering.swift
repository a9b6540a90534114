package import Answering
package import Inference
package import Retrieval
package import Tokenizer

/// All that the service asks of the rest of Quarry; HTTP never sees more.
package protocol QuestionAnswering: Sendable {
  /// The generator's name, as clients name it; `nil` when there is none.
  var generatorName: String? { get }

  /// Answers from the documents. Dropping the stream stops the work.
  func ask(_ question: String, _ options: AskOptions) -> AsyncThrowingStream<AnswerEvent, any Error>

  /// Passages, best first.
  ///
  /// - Parameter rerankLimit: The best passages that the generator judges; 0 for none.
  func search(_ query: String, _ options: SearchOptions, rerankLimit: Int) async throws -> [Passage]

  /// Goes on with a conversation, without documents. Dropping the stream stops the work.
  func chat(_ messages: [ChatMessage], _ options: ChatOptions) -> AsyncThrowingStream<ChatEvent, any Error>

  /// What the engine has done and is doing; `nil` when there is none.
  var statistics: EngineStatistics? { get }

  /// Throws when questions to the collection can not be answered now.
  func checkReadiness(collection: String) async throws
}

/// How a conversation is to be gone on with.
package struct ChatOptions: Sendable, Equatable {
  /// Tokens written at most.
  package var completionTokenLimit = 512
  package var sampling = SamplingParameters()
  /// Texts at which writing stops; not part of the result.
  package var stopSequences: [String] = []
  /// What the text must be.
  package var constraint: OutputConstraint?
  /// How many of the likeliest tokens come with each token; 0 for its own log-probability only, `nil` for none.
  package var logProbabilityCount: Int?

  package init() {}
}

/// What happens while a conversation is gone on with.
package enum ChatEvent: Sendable {
  /// More text, with the tokens that made it certain if log-probabilities were asked for.
  case text(String, tokens: [ChatToken] = [])
  /// The last event.
  case finished(ChatSummary)
}

/// How a turn of a conversation went.
package struct ChatSummary: Sendable, Equatable {
  package var usage: Answer.Usage
  /// Whether it was cut off: by the limit, or because it went round in circles.
  package var isCutOff: Bool

  package init(usage: Answer.Usage, isCutOff: Bool) {
    self.usage = usage
    self.isCutOff = isCutOff
  }
}
