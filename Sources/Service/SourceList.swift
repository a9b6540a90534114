import Answering

/// The sources of an answer as lines of text, for clients that show nothing but text.
enum SourceList {
  /// `nil` when there are none.
  static func text(_ answer: Answer) -> String? {
    guard !answer.sources.isEmpty else { return nil }
    let lines = answer.sources.map { "[\($0.number)] \(place(of: $0))" }
    return ([answer.abstained ? "Closest passages:" : "Sources:"] + lines).joined(separator: "\n")
  }

  /// `path:12–14`, `path p. 3`, `path#record`.
  static func place(of source: Answer.Source) -> String {
    var place = source.document == source.path ? source.path : "\(source.path)#\(source.document)"
    if let page = source.page { place += " p. \(page)" }
    if let first = source.lines?.first, let last = source.lines?.last { place += first == last ? ":\(first)" : ":\(first)–\(last)" }
    // Names come from files; one with a line break must not look like another source.
    return String(place.map { $0.isNewline ? " " : $0 })
  }
}
