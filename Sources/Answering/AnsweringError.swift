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

  /// - Parameter tokens: Of the shortest prompt that there is.
  static func contextTooSmall(tokens: Int, _ room: PromptRoom) -> AnsweringError {
    let (limit, remedy) =
      room.isLimitedByMemory
      ? ("the memory for keys and values holds \(room.tokenLimit)", "give the engine more memory (--kv-memory)")
      : ("the model reads \(room.tokenLimit)", "take a model with a longer context")
    return AnsweringError(
      code: contextTooSmallCode, message: "the question does not fit the language model",
      why: "with the instructions, the quotes and the best passage it takes \(tokens) tokens and its answer may take "
        + "\(room.completionTokenCount), and \(limit)",
      remedy: "ask a shorter question, allow a shorter answer, \(remedy), or use --answer quote")
  }

  static let engineEndedEarly = AnsweringError(
    code: "generation_ended", message: "the language model stopped without a result", why: "its engine was shut down", remedy: nil)
}
