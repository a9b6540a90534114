package import Foundation
package import Scheduling

/// What an engine may take of the machine, and how it shares it out.
package struct EngineOptions: Sendable {
  /// Bytes for the keys and values of all sequences, running and remembered; `nil` for a quarter of what is free when the engine starts.
  package var keyValueByteLimit: Int?
  /// Where keys and values are kept when there is no room in memory, and between runs of the program; `nil` for nowhere.
  package var pageDirectory: URL?
  /// Bytes on disk for them.
  package var pageByteLimit = 2 << 30
  /// Requests that wait at most; more are refused.
  package var waitingLimit = 256
  package var evictionPolicy = EvictionPolicy.adaptive
  package var limits = Scheduler.Limits()
  /// Whether tokens are guessed ahead and checked several at a time. The text is the same either way.
  package var isSpeculating = true

  /// A smaller model of the same vocabulary that guesses where the text itself gives no clue; `nil` for none.
  package var draftModel: LanguageModel?

  package init() {}

  /// Memory that no process uses or that can be had at once, in bytes: `MemAvailable` of Linux; half of the machine's elsewhere.
  static var freeByteCount: Int {
    let all = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
      let kibibytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return all / 2 }
    return min(all, kibibytes * 1024)
  }
}
