import Chunking
import Store

/// Passages as they are found, best first; those that touch in their document become one, which keeps the place of the better.
package struct JoinedPassages {
  /// With ranks.
  package var passages: [Passage] { parts.enumerated().map { Self.ranked($1.passage, $0 + 1) } }
  package var count: Int { parts.count }

  /// A passage and the ordinals of the chunks in it.
  private struct Part {
    var passage: Passage
    var ordinals: ClosedRange<Int>
  }

  private var parts: [Part] = []
  private let joins: Bool

  /// - Parameter joins: Whether any are joined.
  package init(joins: Bool) { self.joins = joins }

  /// Takes one that is no better than those before it.
  package mutating func append(_ passage: Passage) {
    let new = Part(passage: passage, ordinals: passage.chunk.ordinal...passage.chunk.ordinal)
    guard joins, let first = parts.firstIndex(where: { Self.touch($0, new) }) else { return parts.append(new) }
    parts[first] = Self.joined(parts[first], new)
    // It may have been what was missing between two.
    if let second = parts.indices.dropFirst(first + 1).first(where: { Self.touch(parts[$0], parts[first]) }) {
      parts[first] = Self.joined(parts[first], parts[second])
      parts.remove(at: second)
    }
  }

  private static func touch(_ a: Part, _ b: Part) -> Bool {
    let (one, other) = (a.passage.chunk, b.passage.chunk)
    guard a.ordinals.upperBound + 1 == b.ordinals.lowerBound || b.ordinals.upperBound + 1 == a.ordinals.lowerBound else { return false }
    // Under another heading begins another thing.
    return one.documentID == other.documentID && one.document == other.document && one.header == other.header && one.context == other.context
  }

  private static func joined(_ better: Part, _ other: Part) -> Part {
    var joined = better
    joined.ordinals = min(better.ordinals.lowerBound, other.ordinals.lowerBound)...max(better.ordinals.upperBound, other.ordinals.upperBound)
    let isBefore = better.ordinals.lowerBound < other.ordinals.lowerBound
    let (first, second) = isBefore ? (better.passage.chunk, other.passage.chunk) : (other.passage.chunk, better.passage.chunk)
    let overlap = overlapCount(of: first.text, second.text)
    let separator = overlap > 0 ? "" : "\n\n"
    // Where the second begins in the joined text, what both have not counted twice.
    let offset = first.text.utf8.count + separator.utf8.count - overlap
    joined.passage.chunk.ordinal = first.ordinal
    joined.passage.chunk.text = first.text + separator + String(decoding: second.text.utf8.dropFirst(overlap), as: UTF8.self)
    // A span of the second that begins within what both have begins behind it.
    let ends = second.spans.dropFirst().map(\.offset) + [second.text.utf8.count]
    joined.passage.chunk.spans =
      first.spans
      + zip(second.spans, ends).filter { $1 > overlap }.map { span, _ in ChunkSpan(offset: max(span.offset, overlap) + offset, source: span.source) }
    let stems = better.passage.explanation.matchedStems
    joined.passage.explanation.matchedStems = stems + other.passage.explanation.matchedStems.filter { !stems.contains($0) }
    return joined
  }

  /// Bytes at the end of a text with which the next one begins again: chunks overlap by whole sentences.
  private static func overlapCount(of first: String, _ second: String) -> Int {
    let (first, second) = (Array(first.utf8), Array(second.utf8))
    let beginnings = Set(SentenceSplitter().ranges(in: first).map(\.lowerBound))
    let ends = SentenceSplitter().ranges(in: second).map(\.upperBound)
    return ends.last { beginnings.contains(first.count - $0) && first.suffix($0).elementsEqual(second.prefix($0)) } ?? 0
  }

  private static func ranked(_ passage: Passage, _ rank: Int) -> Passage {
    var passage = passage
    passage.rank = rank
    return passage
  }
}
