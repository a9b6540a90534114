import Chunking
package import Retrieval
import Store

/// A stretch of a passage that can be quoted: a sentence, a table row, a few lines of code.
package struct QuoteCandidate: Sendable {
  /// Index into the passages.
  package var passage: Int
  /// Position among the stretches of its passage.
  package var position: Int
  /// UTF-8 offsets into the passage's text.
  package var range: Range<Int>
  package var text: String
  /// What is embedded: headings and a table's header row say what the sentence is about.
  package var textInContext: String
  /// Stems of its words, with those of the table's header row.
  package var stems: Set<String>

  package init(passage: Int, position: Int, range: Range<Int>, text: String, textInContext: String, stems: Set<String>) {
    self.passage = passage
    self.position = position
    self.range = range
    self.text = text
    self.textInContext = textInContext
    self.stems = stems
  }

  /// The stretches of all passages, best passage first. A sentence that stands in two (chunks overlap) is taken once, from the better one.
  package static func all(in passages: [Passage]) -> [QuoteCandidate] {
    var seen = Set<String>()
    var candidates: [QuoteCandidate] = []
    for (number, passage) in passages.enumerated() {
      let chunk = passage.chunk
      let bytes = Array(chunk.text.utf8)
      for (position, range) in QuotableStretches.ranges(in: chunk).enumerated() {
        let text = String(decoding: bytes[range], as: UTF8.self)
        let stems = Words.stems(text)
        guard !stems.isEmpty, seen.insert("\(chunk.documentID) \(chunk.document) \(text)").inserted else { continue }
        let context = [chunk.header, chunk.context ?? "", text].filter { !$0.isEmpty }.joined(separator: "\n")
        candidates.append(
          QuoteCandidate(
            passage: number, position: position, range: range, text: text, textInContext: context,
            stems: Set(stems).union(chunk.context.map { Words.stems($0) } ?? [])))
      }
    }
    return candidates
  }
}
