import Crypto
import Documents
import Embedding
import Foundation
import Retrieval
import Store

extension Answerer {
  /// Finds passages. Blocks.
  func find(_ question: String, _ options: AskOptions) throws -> Findings {
    var search = SearchOptions()
    search.collection = options.collection
    search.limit = max(1, options.passageLimit, options.rerankLimit)
    search.filter = options.filter
    return try retriever.find(question, search)
  }

  /// Chooses the quotes from the passages that were found. Blocks.
  ///
  /// - Parameter start: When the search began.
  func quote(_ question: String, from findings: Findings, _ options: AskOptions, since start: ContinuousClock.Instant) throws -> QuotedBase {
    var findings = findings
    findings.passages = Array(findings.passages.prefix(max(1, options.passageLimit)))
    let selection = try QuoteSelection(
      passages: findings.passages, stems: findings.analysis.stems, questionVector: findings.questionVector,
      vectors: { try sentenceVectors.vectors(of: $0) })
    let abstains = selection.abstains()
    let quotes = abstains ? [] : selection.quotes(limit: options.sentenceLimit)
    let sources =
      abstains
      ? findings.passages.enumerated().map { Self.source($0 + 1, of: $1) }
      : quotes.enumerated().map { Self.source($0 + 1, of: findings.passages[$1.passage], range: $1.range, score: $1.score) }
    var usage = Answer.Usage()
    usage.retrievalSeconds = start.duration(to: .now) / .seconds(1)
    let receipt = Answer.Receipt(
      question: SHA256.hash(data: Data(question.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(), sequence: findings.sequence,
      embedder: retriever.embedder.fingerprint, generator: nil,
      chunks: (abstains ? Array(findings.passages.indices) : Self.distinct(quotes.map(\.passage))).map { findings.passages[$0].chunk.contentHash },
      mode: options.mode.rawValue)
    return QuotedBase(
      passages: findings.passages, citedPassages: Self.distinct(quotes.map(\.passage)), sources: sources, abstains: abstains, usage: usage,
      receipt: receipt)
  }

  private static func source(_ number: Int, of passage: Passage) -> Answer.Source {
    source(number, of: passage, range: 0..<passage.chunk.text.utf8.count, score: passage.score)
  }

  private static func source(_ number: Int, of passage: Passage, range: Range<Int>, score: Double) -> Answer.Source {
    let chunk = passage.chunk
    let place = chunk.source(of: range)
    return Answer.Source(
      number: number, document: chunk.document, path: chunk.path, otherPaths: chunk.otherPaths, page: place.pages?.lowerBound,
      box: place.box, lines: place.lines.map { [$0.lowerBound, $0.upperBound] }, heading: chunk.header.isEmpty ? nil : chunk.header,
      quote: String(decoding: Array(chunk.text.utf8)[range], as: UTF8.self), score: score)
  }

  private static func distinct(_ numbers: [Int]) -> [Int] {
    var seen = Set<Int>()
    return numbers.filter { seen.insert($0).inserted }
  }
}

/// What the documents say, before anything is generated.
struct QuotedBase: Sendable {
  /// Best first.
  var passages: [Passage]
  /// Indices of the passages that the quotes stand in.
  var citedPassages: [Int]
  /// The quotes; the closest passages when abstaining.
  var sources: [Answer.Source]
  var abstains: Bool
  var usage: Answer.Usage
  var receipt: Answer.Receipt

  var quotedAnswer: Answer {
    let text = sources.map { CitedText.flowing($0.quote) + CitedText.marks([$0.number]) }.joined(separator: " ")
    return Answer(
      answer: abstains ? nil : text, sources: sources, abstained: abstains, kind: abstains ? nil : .quote, verification: nil, usage: usage,
      receipt: receipt)
  }
}
