import Foundation
import Lexical
import VectorIndex

/// The indexes of vectors and of words, asked one measurement at a time in lines of JSON, so that `scripts/bench/indexes.py` can take turns between
/// them and other libraries. What is timed is the call that the store makes, not the line's way through a pipe.
///
/// - `{"op": "vectors", "path": float32 file, "dimension": d, "kind": "hnsw" | "exact" | "lists", "out": index file}` → `{"seconds"}`
/// - `{"op": "load", "path": index file}` → `{"bytes"}`
/// - `{"op": "nearest", "path": float32 file of queries, "limit": k, "allowed": file of bits?, "candidates": n?}` → `{"milliseconds": […], "found": [[…]]}`
/// - `{"op": "words", "path": file of a chunk a line}` → `{"seconds", "bytes"}`
/// - `{"op": "best", "question": text, "limit": k}` → `{"milliseconds": [t], "found": [[…]]}`
package struct IndexUnderTest {
  package struct Request: Decodable {
    let op: String
    let path: String?
    let out: String?
    let dimension: Int?
    let kind: VectorIndex.Kind?
    let limit: Int?
    let allowed: String?
    let candidates: Int?
    let question: String?
  }

  package struct Answer: Encodable {
    var seconds: Double?
    var bytes: Int?
    var milliseconds: [Double]?
    var found: [[Int]]?
    var error: String?

    package static func failed(_ reason: String) -> Answer { Answer(error: reason) }
  }

  private var vectors: VectorIndex?
  private var words: LexicalIndex?
  private let analyzer = TextAnalyzer()

  package init() {}

  package mutating func answer(_ request: Request) throws -> Answer {
    switch request.op {
    case "vectors": try build(request)
    case "load": try load(request)
    case "nearest": try nearest(request)
    case "words": try buildWords(request)
    case "best": best(request)
    default: Answer(error: "no operation '\(request.op)'")
    }
  }

  private func floats(_ path: String?) throws -> [Float] {
    try Data(contentsOf: URL(fileURLWithPath: path ?? ""), options: .alwaysMapped).withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
  }

  /// A generation as the store makes it: built of all rows, and saved.
  private func build(_ request: Request) throws -> Answer {
    let rows = try floats(request.path)
    let start = ContinuousClock.now
    let dimension = request.dimension ?? 384
    if request.kind == .lists {
      let count = rows.count / dimension
      let sample = ListIndexFile.samplePositions(of: count).flatMap { rows[($0 * dimension)..<(($0 + 1) * dimension)] }
      let file = try ListIndexFile(path: request.out ?? "", dimension: dimension, labels: (0..<count).map(Int64.init), sample: sample)
      for start in stride(from: 0, to: rows.count, by: 2048 * dimension) {
        try file.add(Array(rows[start..<min(start + 2048 * dimension, rows.count)]))
      }
      _ = try file.finish()
      return Answer(seconds: start.duration(to: .now) / .seconds(1))
    }
    let index = try VectorIndex(dimension: dimension, kind: request.kind ?? .hnsw)
    try index.reserve(rows.count / index.dimension)
    try index.add(rows)
    let seconds = start.duration(to: .now) / .seconds(1)
    _ = try index.save(to: request.out ?? "")
    return Answer(seconds: seconds)
  }

  /// Its memory is what is no page of the file, as the rows are, of which a search touches few. True in a process that has built nothing: what
  /// was freed there would be used again.
  private mutating func load(_ request: Request) throws -> Answer {
    let before = ProcessMemory().anonymousBytes
    vectors = try VectorIndex.load(from: request.path ?? "").index
    return Answer(bytes: Int(ProcessMemory().anonymousBytes - before))
  }

  private func nearest(_ request: Request) throws -> Answer {
    guard let vectors else { return Answer(error: "no vectors were loaded") }
    let queries = try floats(request.path)
    let bits = try request.allowed.map { try [UInt8](Data(contentsOf: URL(fileURLWithPath: $0))) }
    guard queries.count.isMultiple(of: vectors.dimension), bits.map({ $0.count * 8 >= vectors.count }) ?? true else {
      return Answer(error: "the file of queries or bits is too short")
    }
    let allowed = bits.map { bytes in
      var bitmap = Bitmap(count: vectors.count, repeating: false)
      for position in 0..<vectors.count where bytes[position >> 3] >> (position & 7) & 1 == 1 { bitmap[position] = true }
      return bitmap
    }
    var (milliseconds, found): ([Double], [[Int]]) = ([], [])
    for start in stride(from: 0, to: queries.count, by: vectors.dimension) {
      let query = Array(queries[start..<start + vectors.dimension])
      let began = ContinuousClock.now
      let hits = try vectors.search(query, limit: request.limit ?? 10, allowing: allowed, candidates: request.candidates)
      milliseconds.append(began.duration(to: .now) / .milliseconds(1))
      found.append(hits.map(\.position))
    }
    return Answer(milliseconds: milliseconds, found: found)
  }

  private mutating func buildWords(_ request: Request) throws -> Answer {
    let data = try Data(contentsOf: URL(fileURLWithPath: request.path ?? ""), options: .alwaysMapped)
    let before = ProcessMemory().anonymousBytes
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
    return Answer(seconds: start.duration(to: .now) / .seconds(1), bytes: Int(ProcessMemory().anonymousBytes - before))
  }

  private func best(_ request: Request) -> Answer {
    guard let words, let question = request.question else { return Answer(error: "no words were added") }
    let began = ContinuousClock.now
    let terms = analyzer.terms(of: question, language: "en").map(\.text)
    let matches = words.search(LexicalQuery(terms: terms), limit: request.limit ?? 100).best
    let milliseconds = began.duration(to: .now) / .milliseconds(1)
    return Answer(milliseconds: [milliseconds], found: [matches.map { Int($0.id) }])
  }
}
