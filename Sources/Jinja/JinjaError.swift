import Diagnostics

/// A template that cannot be read, that fails while it is rendered, or that refuses its conversation.
package struct JinjaError: ExplainedError {
  /// What went wrong, for programs that try something else.
  package enum Kind: Sendable, Equatable {
    case syntax, evaluation
    /// The template called `raise_exception`: it does not take this conversation.
    case raised
    /// More work, depth or text than a template may ask for.
    case limit
  }

  package let kind: Kind
  package let line: Int
  let reason: String

  package var code: String {
    switch kind {
    case .syntax: "template_syntax"
    case .evaluation: "template_failed"
    case .raised: "template_refused"
    case .limit: "template_too_costly"
    }
  }

  package var message: String {
    switch kind {
    case .syntax: "could not read the chat template, line \(line)"
    case .evaluation: "the chat template failed in line \(line)"
    case .raised: "the chat template does not take this conversation (line \(line))"
    case .limit: "the chat template was stopped in line \(line)"
    }
  }

  package var why: String? { reason }

  package var remedy: String? {
    switch kind {
    case .raised: "change the order or the roles of the messages"
    case .syntax, .evaluation, .limit: "use another conversion of the model: its template needs something that Quarry does not run"
    }
  }
}
