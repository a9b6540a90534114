import Diagnostics

/// Why a question could not be answered. A question or collection that can not be searched is a `RetrievalError`.
package struct AnsweringError: ExplainedError, Equatable {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static let generatorMissing = AnsweringError(
    code: "generator_missing", message: "no answer can be generated", why: "no language model is loaded",
    remedy: "make models fetches the default one; --answer quote needs none")

  static let contextTooSmallCode = "context_too_small"

  static func contextTooSmall(tokens: Int, limit: Int) -> AnsweringError {
    AnsweringError(
      code: contextTooSmallCode, message: "the question does not fit the language model",
      why: "with the instructions and the shortest passage it takes \(tokens) tokens, and there is room for \(max(0, limit)) beside the answer",
      remedy: "ask a shorter question, allow a shorter answer, give the engine more memory (--kv-memory), or use --answer quote")
  }

  static let engineEndedEarly = AnsweringError(
    code: "generation_ended", message: "the language model stopped without a result", why: "its engine was shut down", remedy: nil)
}
