import Foundation
import Lexical
import VectorIndex

/// The indexes of vectors and of words, asked one measurement at a time in lines of JSON, so that `scripts/bench/indexes.py` can take turns between
/// them and other libraries. What is timed is the call that the store makes, not the line's way through a pipe.
///
/// - `{"op": "vectors", "path": float32 file, "dimension": d, "kind": "hnsw" | "exact"}` → `{"seconds", "bytes"}`
/// - `{"op": "nearest", "path": float32 file of queries, "limit": k, "allowed": file of bits?}` → `{"milliseconds": […], "found": [[…]]}`
/// - `{"op": "words", "path": file of a chunk a line}` → `{"seconds", "bytes"}`
/// - `{"op": "best", "question": text, "limit": k}` → `{"milliseconds": [t], "found": [[…]]}`
package struct IndexUnderTest {
  package struct Request: Decodable {
    let op: String
    let path: String?
    let dimension: Int?
    let kind: VectorIndex.Kind?
    let limit: Int?
    let allowed: String?
    let question: String?
  }

  package struct Answer: Encodable {
    var seconds: Double?
    var bytes: Int?
    var milliseconds: [Double]?
    var found: [[Int]]?
    package var error: String?

    package init(error: String? = nil) { self.error = error }
  }

  private var vectors: VectorIndex?
  private var words: LexicalIndex?
  private let analyzer = TextAnalyzer()

  package init() {}

  package mutating func answer(_ request: Request) throws -> Answer {
    switch request.op {
    case "vectors": try build(request)
    case "nearest": try nearest(request)
    case "words": try buildWords(request)
    case "best": best(request)
    default: Answer(error: "no operation '\(request.op)'")
    }
  }

  private func floats(_ path: String?) throws -> [Float] {
    try Data(contentsOf: URL(fileURLWithPath: path ?? ""), options: .alwaysMapped).withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
  }

  /// A generation as the store makes it: built of all rows, saved, and read back. Its memory is what is not a page of the file, as the rows are,
  /// of which a search touches few.
  private mutating func build(_ request: Request) throws -> Answer {
    vectors = nil
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-bench-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let seconds = try save(request, to: path)
    let before = Self.anonymousBytes()
    vectors = try VectorIndex.load(from: path).index
    return answer { ($0.seconds, $0.bytes) = (seconds, Self.anonymousBytes() - before) }
  }

  /// Seconds to build.
  private func save(_ request: Request, to path: String) throws -> Double {
    let rows = try floats(request.path)
    let start = ContinuousClock.now
    let index = try VectorIndex(dimension: request.dimension ?? 384, kind: request.kind ?? .hnsw)
    try index.reserve(rows.count / index.dimension)
    try index.add(rows)
    let seconds = start.duration(to: .now) / .seconds(1)
    _ = try index.save(to: path)
    return seconds
  }

  /// Memory of this process that is no page of a file; 0 where /proc does not say.
  private static func anonymousBytes() -> Int {
    let line = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }

  private func nearest(_ request: Request) throws -> Answer {
    guard let vectors else { return Answer(error: "no vectors were added") }
    let queries = try floats(request.path)
    let bits = try request.allowed.map { try [UInt8](Data(contentsOf: URL(fileURLWithPath: $0))) }
    let allowed = bits.map { bytes in
      var bitmap = Bitmap(count: vectors.count, repeating: false)
      for position in 0..<vectors.count where bytes[position >> 3] >> (position & 7) & 1 == 1 { bitmap[position] = true }
      return bitmap
    }
    var (milliseconds, found): ([Double], [[Int]]) = ([], [])
    for start in stride(from: 0, to: queries.count, by: vectors.dimension) {
      let query = Array(queries[start..<start + vectors.dimension])
      let began = ContinuousClock.now
      let hits = try vectors.search(query, limit: request.limit ?? 10, allowing: allowed)
      milliseconds.append(began.duration(to: .now) / .milliseconds(1))
      found.append(hits.map(\.position))
    }
    return answer { ($0.milliseconds, $0.found) = (milliseconds, found) }
  }

  private mutating func buildWords(_ request: Request) throws -> Answer {
    let data = try Data(contentsOf: URL(fileURLWithPath: request.path ?? ""), options: .alwaysMapped)
    let before = Self.anonymousBytes()
    let start = ContinuousClock.now
    var segments: [LexicalSegment] = []
    var builder = LexicalSegmentBuilder()
    var id: Int64 = 0
    for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
      builder.add(LexicalEntry(id: id, body: String(decoding: line, as: UTF8.self), language: "en"))
      id += 1
      guard builder.count == LexicalSegmentBuilder.chunkLimit else { continue }
      segments.append(builder.finish())
      builder = LexicalSegmentBuilder()
    }
    segments.append(builder.finish())
    words = LexicalIndex(segments.map { ($0, nil) })
    return answer { ($0.seconds, $0.bytes) = (start.duration(to: .now) / .seconds(1), Self.anonymousBytes() - before) }
  }

  private func best(_ request: Request) -> Answer {
    guard let words, let question = request.question else { return Answer(error: "no words were added") }
    let began = ContinuousClock.now
    let terms = analyzer.terms(of: question, language: "en").map(\.text)
    let matches = words.search(LexicalQuery(terms: terms), limit: request.limit ?? 100).best
    let milliseconds = began.duration(to: .now) / .milliseconds(1)
    return answer { ($0.milliseconds, $0.found) = ([milliseconds], [matches.map { Int($0.id) }]) }
  }

  private func answer(_ fill: (inout Answer) -> Void) -> Answer {
    var answer = Answer()
    fill(&answer)
    return answer
  }
}
