import Retrieval

/// Which share of the score the vectors should have for a collection, learnt from questions whose documents are known.
///
/// All shares from 0 to 1 in tenths are measured, and the one whose neighbours are good too is taken, so that a lucky one is not. It counts as better
/// than what the collection has only if the paired test says so; with eleven tries the limit is lower than for one.
package struct WeightLearning: Sendable, Encodable {
  package struct Candidate: Sendable, Encodable {
    package let denseWeight: Double
    /// nDCG@10, mean over the questions.
    package let nDCG10: Double

    enum CodingKeys: String, CodingKey {
      case denseWeight = "dense_weight"
      case nDCG10 = "ndcg@10"
    }
  }

  package let candidates: [Candidate]
  /// nDCG@10 with the weight that the collection has.
  package let currentNDCG10: Double
  package let best: Candidate
  /// The best one against the collection's.
  package let test: PairedTest
  /// Whether the best one is better by more than chance.
  package let isBetter: Bool

  /// The shares that are measured.
  package static let weights = (0...10).map { Double($0) / 10 }
  /// One in twenty for all tries together (Bonferroni).
  static let significance = 0.05 / Double(weights.count)

  /// - Parameters:
  ///   - current: nDCG@10 of each question as the collection is.
  ///   - measured: The same for each of `weights`.
  package init(current: [Double], measured: [[Double]]) {
    precondition(measured.count == Self.weights.count, "each weight is measured")
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(1, values.count)) }
    let means = measured.map(mean)
    candidates = zip(Self.weights, means).map { Candidate(denseWeight: $0, nDCG10: $1) }
    let smoothed = means.indices.map { index in mean(Array(means[max(0, index - 1)...min(means.count - 1, index + 1)])) }
    // The first of equals.
    let index = smoothed.indices.max { (smoothed[$0], $1) < (smoothed[$1], $0) } ?? 0
    best = candidates[index]
    currentNDCG10 = mean(current)
    test = PairedTest(current, measured[index])
    isBetter = test.difference > 0 && test.p < Self.significance
  }

  enum CodingKeys: String, CodingKey {
    case candidates, best, test
    case currentNDCG10 = "current_ndcg@10"
    case isBetter = "better"
  }
}

extension EvaluationIndex {
  /// Measures which share of the score the vectors should have in this collection.
  package func learnWeight(
    _ queries: [DataSet.Query], _ expectations: Expectations, progress: (_ done: Int, _ total: Int) -> Void
  ) async throws -> WeightLearning {
    let total = (WeightLearning.weights.count + 1) * queries.count
    var done = 0
    func measure(_ setting: RetrievalSetting) async throws -> [Double] {
      let (ranking, seconds, _) = try await rank(queries, expectations, setting: setting) { progress(done + $0, total) }
      done += queries.count
      return RetrievalMeasures(ranking: ranking, grades: expectations.grades, seconds: seconds).ofQueries.map(\.nDCG10)
    }
    let current = try await measure(RetrievalSetting())
    var measured: [[Double]] = []
    for weight in WeightLearning.weights { measured.append(try await measure(RetrievalSetting("dense-weight=\(weight)"))) }
    return WeightLearning(current: current, measured: measured)
  }
}
