import Foundation

/// Arrivals at a real chat service, with the prompts' blocks of 512 tokens as numbers that are equal when the blocks and all before them are
/// (Mooncake, Qin et al. 2024; `traces/conversation.jsonl`).
package struct ConversationTrace: Sendable {
  private struct Line: Decodable {
    let timestamp: Int
    let input_length: Int
    let output_length: Int
    let hash_ids: [Int32]
  }

  /// Requests that came at the same time, as prompts of `blockSize` tokens a block.
  package let groups: [[CacheSimulation.Request]]
  package static let blockSize = 3
  /// Different blocks of all prompts.
  package let blockCount: Int

  package init(path: String) throws(EvaluationError) {
    let decoder = JSONDecoder()
    var groups: [[CacheSimulation.Request]] = []
    var lastTime: Int?
    var seen: Set<Int32> = []
    guard let file = try? String(contentsOfFile: path, encoding: .utf8) else { throw .text(path, "it is not there, or not UTF-8") }
    for (number, text) in file.split(separator: "\n").enumerated() {
      guard let line = try? decoder.decode(Line.self, from: Data(text.utf8)), line.input_length > 0, !line.hash_ids.isEmpty else {
        throw .trace(path, line: number + 1)
      }
      seen.formUnion(line.hash_ids)
      // A block is three tokens, or one if it is not full; the last token of all, which is always computed, nobody shares.
      var prompt = line.hash_ids.flatMap { [$0, $0, $0] }
      if line.input_length % 512 != 0 { prompt.removeLast(2) }
      prompt.append(-2 - Int32(number))
      let request = CacheSimulation.Request(prompt: prompt, writtenCount: 1)
      if line.timestamp == lastTime { groups[groups.count - 1].append(request) } else { groups.append([request]) }
      lastTime = line.timestamp
    }
    self.groups = groups
    blockCount = seen.count
  }
}
