import CPostings
import Foundation

/// What is searched for: chunks with any of some terms. A term that stands there twice counts twice.
package struct LexicalQuery: Sendable, Equatable {
  package let terms: [String]

  /// Distinct terms that are looked at; those after them are left out.
  package static let termLimit = 256

  /// - Parameter terms: As `TextAnalyzer` makes them.
  package init(terms: [String]) { self.terms = terms }
}

/// A chunk that was found.
package struct LexicalMatch: Sendable, Equatable {
  package let id: Int64
  package let score: Double

  package init(id: Int64, score: Double) { (self.id, self.score) = (id, score) }
}

/// Some segments that are searched as one.
///
/// Numbers of chunks, of chunks with a term, and the average length are of all segments together, with the dead chunks until a merge drops them
/// (as Lucene does it: counting them out would cost a walk through their words).
package struct LexicalIndex: Sendable {
  package let segments: [LexicalSegment]
  /// Of each segment the positions that are alive, `nil` for all.
  package let live: [PositionSet?]
  /// tf / (tf + norm) by tf and length.
  private let impacts: [UInt32]
  /// Chunks, dead ones included.
  package let chunkCount: Int
  package let averageLength: Double
  /// Every language that its texts were stemmed by: a word of a question is looked up in each.
  package let languages: [String]

  /// - Parameter segments: Their ids rise from each to the next.
  package init(_ segments: [(segment: LexicalSegment, live: PositionSet?)]) {
    let segments = segments.filter { $0.segment.count > 0 }
    for (first, second) in zip(segments, segments.dropFirst()) {
      precondition(first.segment.id(at: first.segment.count - 1) < second.segment.id(at: 0), "the ids of segments rise")
    }
    for (segment, live) in segments { precondition(live == nil || live?.positionCount == segment.count, "a bit for each position") }
    self.segments = segments.map(\.segment)
    live = segments.map(\.live)
    chunkCount = segments.reduce(0) { $0 + $1.segment.count }
    precondition(chunkCount <= Int(UInt32.max), "places are numbers of 32 bits")
    averageLength = chunkCount == 0 ? 0 : Double(segments.reduce(0) { $0 + $1.segment.totalLength }) / Double(chunkCount)
    languages = Set(segments.flatMap(\.segment.languages)).sorted()
    var impacts = [UInt32](repeating: 0, count: Int(QUARRY_IMPACT_COUNT))
    unsafe quarry_impacts(BM25.k1, BM25.b, averageLength, &impacts)
    self.impacts = impacts
  }

  /// How many chunks hold a term.
  package func chunkCount(of term: String) -> Int {
    segments.reduce(0) { sum, segment in sum + (segment.number(of: term).map(segment.chunkCount) ?? 0) }
  }

  /// Terms that begin with some letters in the order of their bytes, and how many chunks hold each.
  package func terms(beginningWith prefix: String, limit: Int) -> [(term: String, chunkCount: Int)] {
    var counts: [String: Int] = [:]
    for segment in segments {
      // The first `limit` of all are among the first `limit` of each.
      for number in segment.lowerBound(of: prefix)..<segment.termCount {
        let term = segment.term(number)
        guard term.utf8.starts(with: prefix.utf8), number - segment.lowerBound(of: prefix) < limit else { break }
        counts[term, default: 0] = 0
      }
    }
    let terms = counts.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.prefix(max(limit, 0))
    return terms.map { ($0, chunkCount(of: $0)) }
  }

  /// Terms that begin with some letters and may be made of a word by so many mistakes, and how many chunks hold each. All that are are among them;
  /// letters of several bytes let others in too.
  ///
  /// - Parameter limit: Terms of each segment that are looked at.
  package func terms(
    near word: String, mistakes: Int, beginningWith prefix: String, limit: Int
  ) -> [(term: String, chunkCount: Int)] {
    guard let distance = EditDistance(word) else { return [] }
    let isWide = word.utf8.contains { $0 >= 0x80 }
    var found = Set<String>()
    for segment in segments {
      let first = segment.lowerBound(of: prefix)
      for number in first..<min(segment.termCount, first + max(limit, 0)) {
        let isInside = unsafe segment.withTerm(number) { bytes in
          guard unsafe bytes.starts(with: prefix.utf8) else { return false }
          guard abs(bytes.count - word.utf8.count) <= 4 * mistakes else { return true }
          let counted = unsafe distance(bytes)
          let isNear = unsafe counted <= mistakes || (counted <= 4 * mistakes && (isWide || bytes.contains { $0 >= 0x80 }))
          if isNear { unsafe found.insert(String(decoding: bytes, as: UTF8.self)) }
          return true
        }
        if !isInside { break }
      }
    }
    return found.map { ($0, chunkCount(of: $0)) }
  }

  /// The chunks that fit best, best first, of equal scores the smaller id first; and the scores of chunks that are known by other means.
  ///
  /// Exact: the same to the last bit as if every chunk were scored. Scores are sums of integers in fixed point (30 bits for the query's largest
  /// possible score), so that their order does not matter.
  ///
  /// - Parameters:
  ///   - limit: Chunks at most.
  ///   - allowed: Only these are found; `nil` for all that are alive.
  ///   - ids: Whose scores are wanted as well; those without any of the terms, unknown or dead are left out.
  package func search(
    _ query: LexicalQuery, limit: Int, among allowed: LexicalFilter? = nil, scoring ids: [Int64] = []
  ) -> (best: [LexicalMatch], scores: [Int64: Double]) {
    let plan = QueryPlan(query, in: self)
    guard !plan.isEmpty else { return ([], [:]) }
    let scratch = unsafe quarry_scratch_new()
    defer { unsafe quarry_scratch_free(scratch) }
    let best = limit > 0 ? unsafe best(plan, limit: min(limit, chunkCount), allowed, scratch) : []
    return (best, unsafe scores(plan, of: ids, scratch))
  }

  private func best(_ plan: QueryPlan, limit: Int, _ allowed: LexicalFilter?, _ scratch: OpaquePointer?) -> [LexicalMatch] {
    precondition(allowed == nil || allowed?.sets.count == segments.count, "a filter is made for its index")
    var items = [UInt64](repeating: 0, count: limit)
    let count = unsafe items.withUnsafeMutableBufferPointer { items in
      var best = unsafe quarry_best(items: items.baseAddress, count: 0, limit: limit)
      var base: UInt32 = 0
      for (number, segment) in segments.enumerated() {
        unsafe withUnsafePointer(to: segment.postings) { postings in
          if let set = allowed?.sets[number] ?? live[number] {
            precondition(set.positionCount == segment.count, "a filter is made for its index")
            unsafe quarry_search(postings, plan.terms[number], plan.terms[number].count, impacts, set.words, base, &best, scratch)
          } else {
            unsafe quarry_search(postings, plan.terms[number], plan.terms[number].count, impacts, nil, base, &best, scratch)
          }
        }
        base += UInt32(segment.count)
      }
      unsafe quarry_best_sort(&best)
      return unsafe best.count
    }
    return items.prefix(count).map { item in
      LexicalMatch(id: id(at: Int(~UInt32(truncatingIfNeeded: item))), score: plan.score(UInt32(item >> 32)))
    }
  }

  private func scores(_ plan: QueryPlan, of ids: [Int64], _ scratch: OpaquePointer?) -> [Int64: Double] {
    guard !ids.isEmpty else { return [:] }
    var result: [Int64: Double] = [:]
    let sorted = Set(ids).sorted()
    for (number, segment) in segments.enumerated() {
      let positions = sorted.compactMap(segment.position).filter { live[number]?[$0] ?? true }.map(UInt32.init)
      guard !positions.isEmpty else { continue }
      var scores = [UInt32](repeating: 0, count: positions.count)
      unsafe withUnsafePointer(to: segment.postings) { postings in
        unsafe quarry_scores(
          postings, plan.terms[number], plan.terms[number].count, impacts, positions, positions.count, &scores, scratch)
      }
      for (position, score) in zip(positions, scores) where score > 0 { result[segment.id(at: Int(position))] = plan.score(score) }
    }
    return result
  }

  /// The chunk at a place, counted through all segments.
  private func id(at place: Int) -> Int64 {
    var place = place
    for segment in segments {
      if place < segment.count { return segment.id(at: place) }
      place -= segment.count
    }
    preconditionFailure("a place is below the index's count")
  }
}

/// A query's terms by number, with what each counts.
private struct QueryPlan {
  /// Of each segment.
  let terms: [[quarry_query_term]]
  /// Units of a score of 1, a power of two.
  let scale: Double

  var isEmpty: Bool { terms.allSatisfy(\.isEmpty) }

  init(_ query: LexicalQuery, in index: LexicalIndex) {
    var order: [String] = []
    var times: [String: Int] = [:]
    for term in query.terms {
      times[term, default: 0] += 1
      if times[term] == 1 { order.append(term) }
    }
    var terms: [[quarry_query_term]] = Array(repeating: [], count: index.segments.count)
    var weighted: [(numbers: [Int?], weight: Double)] = []
    for term in order.prefix(LexicalQuery.termLimit) {
      let numbers = index.segments.map { $0.number(of: term) }
      let chunkCount = zip(index.segments, numbers).reduce(0) { sum, pair in sum + (pair.1.map(pair.0.chunkCount) ?? 0) }
      guard chunkCount > 0 else { continue }
      let idf = BM25.inverseDocumentFrequency(chunkCount: chunkCount, total: index.chunkCount)
      weighted.append((numbers, Double(times[term] ?? 1) * idf * (BM25.k1 + 1)))
    }
    scale = Self.scale(total: weighted.reduce(0) { $0 + $1.weight })
    for (numbers, weight) in weighted {
      for (segment, number) in numbers.enumerated() {
        if let number { terms[segment].append(quarry_query_term(term: UInt32(number), weight: UInt32(weight * scale))) }
      }
    }
    self.terms = terms
  }

  /// The largest power of two with which the sum of all weights stays within 2³⁰.
  private static func scale(total: Double) -> Double {
    guard total > 0 else { return 1 }
    return Double(sign: .plus, exponent: 30 - (total.exponent + 1), significand: 1)
  }

  func score(_ sum: UInt32) -> Double { Double(sum) / scale }
}
