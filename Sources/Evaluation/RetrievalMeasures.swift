import Foundation

/// How good the documents of one query are.
package struct QueryMeasures: Sendable {
  package let query: String
  package let nDCG10: Double
  package let recall10: Double
  package let recall100: Double
  /// 1 / the rank of the first relevant document among the first ten, or 0.
  package let reciprocalRank10: Double
  /// The rank, from 1, of the first relevant document.
  package let firstRank: Int?

  /// - Parameters:
  ///   - documents: Best first.
  ///   - relevant: Grades of the relevant ones.
  init(query: String, documents: [String], relevant: [String: Int]) {
    self.query = query
    let found = documents.prefix(10).enumerated().reduce(0.0) { $0 + Self.discounted(relevant[$1.element] ?? 0, at: $1.offset) }
    let ideal = relevant.values.sorted(by: >).prefix(10).enumerated().reduce(0.0) { $0 + Self.discounted($1.element, at: $1.offset) }
    nDCG10 = ideal > 0 ? found / ideal : 0
    func recall(_ count: Int) -> Double { Double(Set(documents.prefix(count)).intersection(relevant.keys).count) / Double(max(1, relevant.count)) }
    recall10 = recall(10)
    recall100 = recall(100)
    firstRank = documents.firstIndex { relevant[$0] != nil }.map { $0 + 1 }
    reciprocalRank10 = firstRank.map { $0 <= 10 ? 1 / Double($0) : 0 } ?? 0
  }

  /// - Parameter index: From 0.
  private static func discounted(_ grade: Int, at index: Int) -> Double { Double(grade) / log2(Double(index) + 2) }

  func succeeds(within count: Int) -> Bool { firstRank.map { $0 <= count } ?? false }
}

/// How good a ranking is, over the queries that have judgements.
///
/// nDCG@10 is Järvelin & Kekäläinen 2002 with gain = grade and discount log2(rank + 1).
package struct RetrievalMeasures: Sendable, Encodable, CustomStringConvertible {
  package let queries: Int
  package let nDCG10: Double
  package let recall10: Double
  package let recall100: Double
  package let reciprocalRank10: Double
  /// Share of queries with a relevant document among the first 1, 5 and 20.
  package let success1: Double
  package let success5: Double
  package let success20: Double
  /// Milliseconds of a search, question embedding included: the median, and what 99 of 100 do not exceed.
  package let latency50: Double
  package let latency99: Double
  /// In the order of the queries' names.
  package let ofQueries: [QueryMeasures]

  enum CodingKeys: String, CodingKey {
    case queries
    case nDCG10 = "ndcg@10"
    case recall10 = "recall@10"
    case recall100 = "recall@100"
    case reciprocalRank10 = "mrr@10"
    case success1 = "success@1"
    case success5 = "success@5"
    case success20 = "success@20"
    case latency50 = "latency_ms_p50"
    case latency99 = "latency_ms_p99"
  }

  package init(ranking: Ranking, grades: [String: [String: Int]], seconds: [Double] = []) {
    let ranked = Dictionary(ranking.map { ($0.query, $0.documents.map(\.id)) }) { first, _ in first }
    let each = grades.keys.sorted().map { QueryMeasures(query: $0, documents: ranked[$0] ?? [], relevant: grades[$0] ?? [:]) }
    ofQueries = each
    queries = each.count
    func mean(_ figure: (QueryMeasures) -> Double) -> Double { each.reduce(0) { $0 + figure($1) } / Double(max(1, each.count)) }
    nDCG10 = mean(\.nDCG10)
    recall10 = mean(\.recall10)
    recall100 = mean(\.recall100)
    reciprocalRank10 = mean(\.reciprocalRank10)
    success1 = mean { $0.succeeds(within: 1) ? 1 : 0 }
    success5 = mean { $0.succeeds(within: 5) ? 1 : 0 }
    success20 = mean { $0.succeeds(within: 20) ? 1 : 0 }
    let sorted = seconds.sorted()
    func percentile(_ share: Double) -> Double { sorted.isEmpty ? 0 : 1000 * sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))] }
    latency50 = percentile(0.5)
    latency99 = percentile(0.99)
  }

  package var description: String {
    String(
      format: "%d queries  nDCG@10 %.4f  recall@10 %.4f  recall@100 %.4f  MRR@10 %.4f  success@1 %.4f  @5 %.4f  @20 %.4f  %.1f ms (p99 %.1f)",
      queries,
      nDCG10, recall10, recall100, reciprocalRank10, success1, success5, success20, latency50, latency99)
  }
}
