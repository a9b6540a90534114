import Foundation
import Inference

/// Questions about a folder as people ask them: few documents are asked about often (Zipf), the passages of one question belong together, and
/// the same ones are found in another order for another question.
package struct SyntheticQuestions: Sendable {
  /// In which order a prompt has its passages.
  package enum Order: String, Sendable, CaseIterable {
    /// By score: another order for each question.
    case score
    /// By their place in the folder: the same passages always make the same prompt.
    case place
    /// Those asked for most often in all first; needs to know how often, and changes with it.
    case popularity
  }

  package var passageCount = 2_000
  package var questionCount = 3_000
  /// Passages of a question.
  package var passagesOfQuestion = 4
  /// Neighbours on the same topic, from which a question's passages are.
  package var topicSize = 8
  package var passageTokenCount = 320
  package var questionTokenCount = 24
  package var instructionTokenCount = 130
  /// Zipf's exponent.
  package var exponent = 1.0

  package init() {}

  package func groups(order: Order, seed: UInt64) -> [[CacheSimulation.Request]] {
    var random = SplitMix64(seed: seed)
    let topicCount = max(1, passageCount / topicSize)
    var sum = 0.0
    let cumulative = (0..<topicCount).map { rank in
      sum += 1 / pow(Double(rank + 1), exponent)
      return sum
    }
    // The popular topics are anywhere in the folder.
    let topics = (0..<topicCount).shuffled(using: &random)
    let instructions = (0..<instructionTokenCount).map { Int32($0 + 1) }
    return (0..<questionCount).map { number in
      let point = Double.random(in: 0..<sum, using: &random)
      let rank = cumulative.firstIndex { point < $0 } ?? 0
      // Within a topic, too, some passages are found more often.
      var members: [Int] = []
      while members.count < min(passagesOfQuestion, topicSize) {
        let member = min(Int.random(in: 0..<topicSize, using: &random), Int.random(in: 0..<topicSize, using: &random))
        if !members.contains(member) { members.append(member) }
      }
      switch order {
      case .score: break
      case .place: members.sort { Self.place($0) < Self.place($1) }
      case .popularity: members.sort()
      }
      let passages = members.flatMap { member in
        let passage = topics[rank] * topicSize + member
        return (0..<passageTokenCount).map { Int32(1_000 + passage * passageTokenCount + $0) }
      }
      let question = (0..<questionTokenCount).map { _ in Int32.random(in: -1_000_000 ... -100, using: &random) }
      return [CacheSimulation.Request(prompt: instructions + passages + question, writtenCount: 24)]
    }
  }

  /// A member's place among those of its topic: not by popularity.
  private static func place(_ member: Int) -> Int { member &* 5 % 8 }
}
