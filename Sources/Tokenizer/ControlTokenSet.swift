package import Jinja
import ModelFile

/// The names of a vocabulary's control tokens, to be found in a template's own text.
package struct ControlTokenSet: Sendable {
  /// Names by their first character, the longest first.
  private var namesByStart: [Unicode.Scalar: [[Unicode.Scalar]]] = [:]

  package init(_ names: some Sequence<String>) {
    for name in names {
      let scalars = Array(name.unicodeScalars)
      if let first = scalars.first { namesByStart[first, default: []].append(scalars) }
    }
    for start in namesByStart.keys { namesByStart[start]?.sort { $0.count > $1.count } }
  }

  /// Cuts a rendered template at the control tokens that the template itself wrote, the longest first.
  ///
  /// Characters of the conversation never count, not even one in the middle of a name.
  package func segments(of text: Text) -> [PromptSegment] {
    var segments: [PromptSegment] = []
    var plain = String.UnicodeScalarView()
    var rest = text.scalars
    while let first = rest.first {
      if let name = controlToken(at: rest) {
        if !plain.isEmpty { segments.append(.text(String(plain))) }
        plain = String.UnicodeScalarView()
        segments.append(.control(name.reduce(into: "") { $0.unicodeScalars.append($1) }))
        rest = rest.dropFirst(name.count)
      } else {
        plain.append(first.scalar)
        rest = rest.dropFirst()
      }
    }
    if !plain.isEmpty { segments.append(.text(String(plain))) }
    return segments
  }

  private func controlToken(at rest: ArraySlice<MarkedScalar>) -> [Unicode.Scalar]? {
    guard let first = rest.first, first.isTemplate else { return nil }
    return namesByStart[first.scalar]?.first { name in
      rest.count >= name.count && zip(rest, name).allSatisfy { $0.isTemplate && $0.scalar == $1 }
    }
  }
}
