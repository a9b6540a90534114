import Foundation

/// How good a ranking is.
///
/// nDCG@10 is Järvelin & Kekäläinen 2002 with gain = grade and discount log2(rank + 1), over the queries that have judgements.
package struct RetrievalMeasures: Sendable, Codable, CustomStringConvertible {
  package var queries: Int
  package var nDCG10: Double
  package var recall100: Double
  /// Share of queries with a relevant document among the first 1 and 5.
  package var success1: Double
  package var success5: Double

  enum CodingKeys: String, CodingKey {
    case queries
    case nDCG10 = "ndcg@10"
    case recall100 = "recall@100"
    case success1 = "success@1"
    case success5 = "success@5"
  }

  package init(ranking: Ranking, grades: [String: [String: Int]]) {
    let ranked = Dictionary(ranking.map { ($0.query, $0.documents.map(\.id)) }) { first, _ in first }
    var (gain, recall, first, five) = (0.0, 0.0, 0, 0)
    for (query, relevant) in grades {
      let documents = ranked[query] ?? []
      let found = documents.prefix(10).enumerated().reduce(0.0) { $0 + Self.discounted(relevant[$1.element] ?? 0, at: $1.offset) }
      let ideal = relevant.values.sorted(by: >).prefix(10).enumerated().reduce(0.0) { $0 + Self.discounted($1.element, at: $1.offset) }
      gain += ideal > 0 ? found / ideal : 0
      recall += Double(Set(documents.prefix(100)).intersection(relevant.keys).count) / Double(relevant.count)
      if documents.prefix(1).contains(where: { relevant[$0] != nil }) { first += 1 }
      if documents.prefix(5).contains(where: { relevant[$0] != nil }) { five += 1 }
    }
    let count = Double(max(1, grades.count))
    queries = grades.count
    nDCG10 = gain / count
    recall100 = recall / count
    success1 = Double(first) / count
    success5 = Double(five) / count
  }

  /// - Parameter index: From 0.
  private static func discounted(_ grade: Int, at index: Int) -> Double { Double(grade) / log2(Double(index) + 2) }

  package var description: String {
    String(
      format: "%d queries  nDCG@10 %.4f  recall@100 %.4f  success@1 %.4f  success@5 %.4f", queries, nDCG10, recall100, success1, success5)
  }
}
