import Diagnostics

/// A tokenizer that cannot be made from its file, or a prompt that it cannot encode.
package struct TokenizerError: ExplainedError {
  package let code: String
  package let message: String
  package let why: String?
  package let remedy: String?

  static func file(_ path: String, _ reason: String) -> TokenizerError {
    TokenizerError(
      code: "tokenizer_unreadable", message: "could not read the tokenizer of \(path)", why: reason,
      remedy: "fetch the model again: quarry models fetch --force")
  }

  static func unsupported(_ what: String, in path: String, known: [String]) -> TokenizerError {
    TokenizerError(
      code: "tokenizer_unsupported", message: "the tokenizer of \(path) is of a kind that Quarry does not know: \(what)", why: nil,
      remedy: "known are: \(known.joined(separator: ", "))")
  }

  static func controlToken(_ name: String) -> TokenizerError {
    TokenizerError(
      code: "control_token_missing", message: "the model has no control token \(name)",
      why: "its chat template asks for one that its vocabulary lacks",
      remedy: "use a model whose template and vocabulary belong together")
  }
}
