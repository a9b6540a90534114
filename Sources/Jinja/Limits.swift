/// What a template may cost; past any of them rendering stops with an error.
package struct Limits: Sendable {
  /// UTF-8 bytes of a template.
  package static let templateBytes = 1 << 20
  /// Expressions or statements inside each other.
  static let nesting = 96
  /// Arguments of a call.
  static let arguments = 256
  /// Lists and dictionaries inside each other.
  static let valueHeight = 64
  /// Characters of a name.
  static let nameLength = 1000
  /// Evaluations under way at once, over macro calls.
  static let evaluationDepth = 320

  /// Characters produced, elements produced (8 each) and expressions evaluated (8 each), together.
  package var work = 1 << 24
  /// Code points of the result.
  package var outputLength = 1 << 22
  /// Time of a rendering: whatever `work` does not see is stopped by it. Templates take milliseconds.
  package var time = Duration.seconds(5)
  /// Characters of what a template says when it gives up.
  static let reasonLength = 300

  package init() {}
}
