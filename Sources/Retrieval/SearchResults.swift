package import Documents
import Store

/// The JSON form of `quarry search --json` and `POST /v1/search`.
package struct SearchResults: Sendable, Encodable {
  package var results: [Result]

  /// - Parameter explain: Whether every result carries the parts of its score.
  package init(_ passages: [Passage], explain: Bool = false) {
    results = passages.map { Result($0, explain: explain) }
  }

  package struct Result: Sendable, Encodable {
    package var rank: Int
    package var score: Double
    /// The record's name, or the path relative to the ingested folder.
    package var document: String
    package var path: String
    /// Paths of files that hold the very same.
    package var otherPaths: [String]
    /// The first page.
    package var page: Int?
    /// Where on that page.
    package var box: PageBox?
    /// First and last line, counted from 1.
    package var lines: [Int]?
    package var heading: String?
    package var text: String
    package var explanation: ScoreExplanation?

    package init(_ passage: Passage, explain: Bool) {
      let chunk = passage.chunk
      let source = chunk.source(of: 0..<chunk.text.utf8.count)
      rank = passage.rank
      score = passage.score
      document = chunk.document
      path = chunk.path
      otherPaths = chunk.otherPaths
      page = source.pages?.lowerBound
      box = source.box
      lines = source.lines.map { [$0.lowerBound, $0.upperBound] }
      heading = chunk.header.isEmpty ? nil : chunk.header
      text = chunk.text
      explanation = explain ? passage.explanation : nil
    }

    /// What is not known is null, not left out; only the explanation is there on demand.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(rank, forKey: .rank)
      try container.encode(score, forKey: .score)
      try container.encode(document, forKey: .document)
      try container.encode(path, forKey: .path)
      try container.encode(otherPaths, forKey: .otherPaths)
      try container.encode(page, forKey: .page)
      try container.encode(box, forKey: .box)
      try container.encode(lines, forKey: .lines)
      try container.encode(heading, forKey: .heading)
      try container.encode(text, forKey: .text)
      try container.encodeIfPresent(explanation, forKey: .explanation)
    }

    private enum CodingKeys: String, CodingKey {
      case rank, score, document, path, page, box, lines, heading, text, explanation
      case otherPaths = "other_paths"
    }
  }
}
