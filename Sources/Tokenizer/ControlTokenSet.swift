package import Jinja
import ModelFile

/// The names of a vocabulary's control tokens, to be found in a template's own text.
package struct ControlTokenSet: Sendable {
  /// A tree of characters: a search looks at each character once for every place where a name may begin.
  private struct Node: Sendable {
    var children: [Unicode.Scalar: Int] = [:]
    var isEnd = false
  }

  private var nodes = [Node()]

  /// Characters of a name at most; a longer one is never found. Those of the models that are known have some forty.
  private static let nameLimit = 256

  package init(_ names: some Sequence<String>) {
    for name in names {
      let scalars = Array(name.unicodeScalars.prefix(Self.nameLimit + 1))
      guard (1...Self.nameLimit).contains(scalars.count) else { continue }
      var node = 0
      for scalar in scalars {
        if let child = nodes[node].children[scalar] {
          node = child
        } else {
          nodes.append(Node())
          nodes[node].children[scalar] = nodes.count - 1
          node = nodes.count - 1
        }
      }
      nodes[node].isEnd = true
    }
  }

  /// Cuts a rendered template at the control tokens that the template itself wrote, the longest first.
  ///
  /// Characters of the conversation never count, not even one in the middle of a name.
  package func segments(of text: Text) -> [PromptSegment] {
    var segments: [PromptSegment] = []
    var plain = String.UnicodeScalarView()
    var rest = text.scalars
    while let first = rest.first {
      if let length = controlTokenLength(at: rest) {
        if !plain.isEmpty { segments.append(.text(String(plain))) }
        plain = String.UnicodeScalarView()
        segments.append(.control(rest.prefix(length).reduce(into: "") { $0.unicodeScalars.append($1.scalar) }))
        rest = rest.dropFirst(length)
      } else {
        plain.append(first.scalar)
        rest = rest.dropFirst()
      }
    }
    if !plain.isEmpty { segments.append(.text(String(plain))) }
    return segments
  }

  /// Characters of the longest name that the template's own text begins with; `nil` if it begins with none.
  private func controlTokenLength(at rest: ArraySlice<MarkedScalar>) -> Int? {
    var node = 0
    var longest: Int?
    for (index, scalar) in rest.enumerated() {
      guard scalar.isTemplate, let child = nodes[node].children[scalar.scalar] else { break }
      node = child
      if nodes[node].isEnd { longest = index + 1 }
    }
    return longest
  }
}
