import Foundation

/// How many threads compute best side by side: one for each physical core that this process may use.
///
/// A second thread on a core shares its multipliers with the first and gains nothing; a container that may use two processors' time on a machine
/// of sixty-four would be stopped for most of every period if it started sixty-four threads.
package struct AvailableCores {
  /// Where the system's files are; another folder in tests.
  private let root: String
  /// Logical processors, where Linux's files do not say more.
  private let processorCount: Int
  private let environment: [String: String]

  package init(
    root: String = "/", processorCount: Int = ProcessInfo.processInfo.activeProcessorCount,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    (self.root, self.processorCount, self.environment) = (root, processorCount, environment)
  }

  /// `$QUARRY_THREADS` where it is a positive number; else the allowed physical cores, but no more than the time that the control group grants.
  package var threadCount: Int {
    if let wanted = environment["QUARRY_THREADS"].flatMap(Int.init), wanted >= 1 { return min(wanted, 1024) }
    return max(1, min(physicalCoreCount ?? processorCount, quota ?? .max))
  }

  /// Distinct sets of sibling threads among the processors that the process may run on (`taskset`, a container's `cpuset`).
  private var physicalCoreCount: Int? {
    guard let allowed else { return nil }
    let cores = allowed.compactMap { text("sys/devices/system/cpu/cpu\($0)/topology/thread_siblings_list") }
    return cores.count == allowed.count && !cores.isEmpty ? Set(cores).count : nil
  }

  /// Numbers of the processors: `Cpus_allowed_list` of proc(5), as in `0-3,8`.
  private var allowed: [Int]? {
    let line = text("proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    guard let list = line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) else { return nil }
    var numbers: [Int] = []
    for range in list.split(separator: ",") {
      let bounds = range.split(separator: "-").compactMap { Int($0) }
      guard let first = bounds.first, let last = bounds.last, 0 <= first, first <= last, last < 1 << 16 else { return nil }
      numbers += first...last
    }
    return numbers
  }

  /// Processors' worth of time, of the process's own group and those around it the least: `cpu.max` of cgroups(7) version 2, `QUOTA PERIOD` in
  /// microseconds; `cpu.cfs_quota_us` and `cpu.cfs_period_us` of version 1.
  private var quota: Int? {
    var quotas: [Double] = []
    for line in (text("proc/self/cgroup") ?? "0::/").split(separator: "\n").prefix(64) {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3, fields[0] == "0" || fields[1].split(separator: ",").contains("cpu") else { continue }
      let tree = fields[0] == "0" ? "sys/fs/cgroup" : "sys/fs/cgroup/cpu"
      var group = fields[2].split(separator: "/").prefix(64).map { String($0) }
      while true {
        let folder = ([tree] + group).joined(separator: "/")
        let numbers =
          fields[0] == "0"
          ? text(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } ?? []
          : ["quota", "period"].compactMap {
            text("\(folder)/cpu.cfs_\($0)_us").flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
          }
        if numbers.count == 2, numbers[0] > 0, numbers[1] > 0 { quotas.append(numbers[0] / numbers[1]) }
        if group.popLast() == nil { break }
      }
    }
    return quotas.min().map { Int(min($0.rounded(.up), 1024)) }
  }

  private func text(_ path: String) -> String? {
    try? String(contentsOfFile: root + path, encoding: .utf8)
  }
}
