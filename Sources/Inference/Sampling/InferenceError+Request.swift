import Tokenizer

/// Requests that are out of bounds.
extension InferenceError {
  static func token(_ token: TokenID, vocabularySize: Int) -> InferenceError {
    InferenceError(
      code: "token_unknown", message: "the prompt has a token \(token)", why: "the model's vocabulary goes from 0 to \(vocabularySize - 1)",
      remedy: "encode the prompt with the model's own tokenizer")
  }

  /// - Parameter range: What the value must be, to follow "it must be".
  static func parameter(_ name: String, _ value: String, allowed range: String) -> InferenceError {
    InferenceError(code: "parameter_out_of_range", message: "\(name) is \(value)", why: "it must be \(range)", remedy: nil)
  }
}
