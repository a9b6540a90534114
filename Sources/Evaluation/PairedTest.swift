import Inference

/// Whether two settings differ on the same questions by more than chance: the paired randomisation test (Fisher 1935; Smucker, Allan and Carterette,
/// CIKM 2007). If it made no difference which setting gave which of a question's two figures, every sign of the differences would be as likely.
package struct PairedTest: Sendable, Codable, Equatable {
  /// Mean of the second figures less that of the first.
  package var difference: Double
  /// The share of random signs that give a mean at least as far from 0.
  package var p: Double

  package static let roundCount = 10_000

  /// - Parameters:
  ///   - first: A figure for each question.
  ///   - second: The other setting's, in the same order.
  ///   - seed: The same seed gives the same p.
  package init(_ first: [Double], _ second: [Double], seed: UInt64 = 1) {
    precondition(first.count == second.count, "figures of the same questions")
    let differences = zip(first, second).map { $1 - $0 }
    let sum = differences.reduce(0, +)
    difference = differences.isEmpty ? 0 : sum / Double(differences.count)
    // Questions without a difference have no sign.
    let telling = differences.filter { $0 != 0 }
    var random = SplitMix64(seed: seed)
    var atLeast = 0
    for _ in 0..<Self.roundCount {
      var bits: UInt64 = 0
      var total = 0.0
      for (index, value) in telling.enumerated() {
        if index % 64 == 0 { bits = random.next() }
        total += bits & 1 == 0 ? value : -value
        bits >>= 1
      }
      // A rounding of the sum is no difference.
      if abs(total) >= abs(sum) - 1e-12 { atLeast += 1 }
    }
    // The signs as they are count as one round, so that p is never 0.
    p = Double(atLeast + 1) / Double(Self.roundCount + 1)
  }
}
