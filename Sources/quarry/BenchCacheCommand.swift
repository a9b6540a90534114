import ArgumentParser
import Evaluation
import Foundation
import Scheduling

extension BenchCommand {
  struct Cache: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cache", abstract: "Replay traffic against the prefix cache without a model: hit rates by size, policy and order of passages.")

    @Option(help: ArgumentHelp("Arrivals in Mooncake's form: ../shared/eval/traces/conversation.jsonl.", valueName: "file"))
    var trace: String?
    @OptionGroup var report: BenchReportOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      var figures: [BenchmarkReport.Figure] = []
      if let path = trace {
        output.remark("replaying \(path) …")
        let trace = try ConversationTrace(path: path)
        let size = ConversationTrace.blockSize
        let unlimited = CacheSimulation.run(trace.groups, blockSize: size, blockCount: 2 * trace.blockCount, policy: .lru).hitRate
        figures.append(.init("conversation, no limit: hit rate", 100 * unlimited, "%"))
        for divisor in [20, 10, 5, 2] {
          for policy in EvictionPolicy.allCases {
            let outcome = CacheSimulation.run(trace.groups, blockSize: size, blockCount: trace.blockCount / divisor, policy: policy)
            figures.append(
              .init(
                "conversation, 1/\(divisor) of the blocks, \(policy.rawValue): hit rate", 100 * outcome.hitRate, "%",
                bar: divisor == 5 ? 95 * unlimited : nil))
            figures.append(
              .init("conversation, 1/\(divisor) of the blocks, \(policy.rawValue): evictions", Double(outcome.evictionCount), "blocks"))
          }
        }
      }
      for (name, blockCount) in [("256 blocks", 256), ("1,024 blocks", 1024), ("4,096 blocks", 4096)] {
        for order in SyntheticQuestions.Order.allCases {
          for policy in EvictionPolicy.allCases {
            let questions = SyntheticQuestions()
            let outcome = CacheSimulation.run(
              questions.groups(order: order, seed: 1), blockSize: 64, blockCount: blockCount, policy: policy,
              pinnedTokenCount: questions.instructionTokenCount)
            figures.append(.init("questions, \(name), by \(order.rawValue), \(policy.rawValue): hit rate", 100 * outcome.hitRate, "%"))
            figures.append(
              .init("questions, \(name), by \(order.rawValue), \(policy.rawValue): evictions", Double(outcome.evictionCount), "blocks"))
          }
        }
      }
      try report.write(BenchmarkReport(machine: BenchmarkReport.machineDescription, figures: figures), output: output)
    }
  }
}
