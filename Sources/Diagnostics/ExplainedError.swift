/// An error that tells a person what failed, why, and what to try.
///
/// Every module has one error struct that conforms; the command line and HTTP turn any of them into words or JSON
/// in one place each, so no module prints anything.
package protocol ExplainedError: Error, CustomStringConvertible {
  /// Stable, for machines: lower case words joined by `_`, e.g. `model_missing`.
  var code: String { get }
  /// What failed, and on what: one sentence without a full stop.
  var message: String { get }
  /// The reason, if it is known.
  var why: String? { get }
  /// What the reader can do about it.
  var remedy: String? { get }
}

extension ExplainedError {
  package var description: String {
    [message, why, remedy].compactMap { $0 }.joined(separator: ": ")
  }
}
