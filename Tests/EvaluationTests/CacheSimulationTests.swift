import Evaluation
import Foundation
import Scheduling
import Testing

@Suite struct CacheSimulationTests {
  private static func requests(_ prompts: [[Int32]]) -> [[CacheSimulation.Request]] { prompts.map { [.init(prompt: $0, writtenCount: 3)] } }

  @Test func whatCameBeforeIsNotComputedAgain() {
    let prompt = (0..<20).map { Int32($0) }
    let outcome = CacheSimulation.run(
      Self.requests([prompt, prompt, prompt + [50, 51], [99]]), blockSize: 4, blockCount: 100, policy: .lru)
    #expect(outcome.promptTokenCount == 20 + 20 + 22 + 1)
    // All but the last token, which is always computed.
    #expect(outcome.memoryTokenCount == 19 + 20)
    #expect(outcome.evictionCount == 0 && outcome.hitRate == Double(39) / 63)
  }

  @Test(arguments: EvictionPolicy.allCases) func lessRoomFindsLess(policy: EvictionPolicy) {
    var questions = SyntheticQuestions()
    questions.questionCount = 300
    questions.passageCount = 200
    let groups = questions.groups(order: .place, seed: 3)
    let rates = [80, 300, 4000].map { CacheSimulation.run(groups, blockSize: 64, blockCount: $0, policy: policy).hitRate }
    #expect(rates == rates.sorted() && rates[0] > 0.05 && rates[2] > rates[0] && rates[2] < 1, "\(rates)")
  }

  @Test func theSamePassagesInAnotherOrderAreAnotherPrompt() {
    let rates = SyntheticQuestions.Order.allCases.map { order in
      CacheSimulation.run(SyntheticQuestions().groups(order: order, seed: 1), blockSize: 64, blockCount: 1024, policy: .adaptive).hitRate
    }
    #expect(rates[1] > 1.3 * rates[0], "by place against by score: \(rates)")
  }

  @Test func aTraceIsReplayed() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-trace-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: path) }
    let lines = [
      #"{"timestamp": 0, "input_length": 1024, "output_length": 5, "hash_ids": [0, 1]}"#,
      #"{"timestamp": 0, "input_length": 1100, "output_length": 5, "hash_ids": [0, 1, 2]}"#,
      #"{"timestamp": 9, "input_length": 1100, "output_length": 5, "hash_ids": [0, 1, 2]}"#,
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: path)
    let trace = try ConversationTrace(path: path.path)
    #expect(trace.groups.map(\.count) == [2, 1] && trace.blockCount == 3)
    let outcome = CacheSimulation.run(trace.groups, blockSize: ConversationTrace.blockSize, blockCount: 100, policy: .lru)
    // Two whole blocks for the second, and the one that is not full as well for the third.
    #expect(outcome.memoryTokenCount == 6 + 7)
    for bad in ["{", #"{"timestamp": 0, "input_length": 5, "output_length": 1, "hash_ids": []}"#] {
      try Data((lines[0] + "\n" + bad).utf8).write(to: path)
      let error = #expect(throws: EvaluationError.self) { try ConversationTrace(path: path.path) }
      #expect(error?.why?.contains("line 2") == true)
    }
  }
}
