import Foundation
import Inference
import Testing

@Suite struct AvailableCoresTests {
  /// A machine's files in a folder of their own.
  private func count(allowed: String?, siblings: [String], quota: String? = nil, files: [String: String] = [:], environment: [String: String] = [:])
    throws -> Int
  {
    let root = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)/"
    defer { try? FileManager.default.removeItem(atPath: root) }
    func write(_ text: String, _ path: String) throws {
      let url = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    if let allowed { try write("Name:\tquarry\nCpus_allowed_list:\t\(allowed)\nMems_allowed_list:\t0\n", "proc/self/status") }
    for (number, list) in siblings.enumerated() { try write(list + "\n", "sys/devices/system/cpu/cpu\(number)/topology/thread_siblings_list") }
    if let quota { try write(quota + "\n", "sys/fs/cgroup/cpu.max") }
    for (path, text) in files { try write(text + "\n", path) }
    return AvailableCores(root: root, processorCount: 7, environment: environment).threadCount
  }

  @Test func siblingsAreOneCore() throws {
    let siblings = ["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"]
    #expect(try count(allowed: "0-7", siblings: siblings) == 4)
    #expect(try count(allowed: "0,4", siblings: siblings) == 1)
    #expect(try count(allowed: "0-1,5-6", siblings: siblings) == 3)
  }

  @Test func aContainersTimeIsALimit() throws {
    let siblings = ["0", "1", "2", "3"]
    #expect(try count(allowed: "0-3", siblings: siblings, quota: "150000 100000") == 2)
    #expect(try count(allowed: "0-3", siblings: siblings, quota: "5000 100000") == 1)
    #expect(try count(allowed: "0-3", siblings: siblings, quota: "max 100000") == 4)
  }

  @Test func aGroupInsideAnotherIsBoundByBoth() throws {
    let siblings = ["0", "1", "2", "3"]
    func count(_ files: [String: String]) throws -> Int { try self.count(allowed: "0-3", siblings: siblings, files: files) }
    let service = "sys/fs/cgroup/system.slice/quarry.service/cpu.max"
    let slice = "sys/fs/cgroup/system.slice/cpu.max"
    let group = "0::/system.slice/quarry.service"
    #expect(try count(["proc/self/cgroup": group, service: "200000 100000"]) == 2)
    #expect(try count(["proc/self/cgroup": group, service: "max 100000", slice: "100000 100000"]) == 1)
    #expect(try count(["proc/self/cgroup": group, slice: "300000 100000", "sys/fs/cgroup/cpu.max": "200000 100000"]) == 2)
    let first = ["proc/self/cgroup": "5:memory:/a\n4:cpu,cpuacct:/docker/x"]
    #expect(try count(first) == 4)
    let quota = ["sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "150000", "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000"]
    #expect(try count(first.merging(quota) { $1 }) == 2)
    let none = ["sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000"]
    #expect(try count(first.merging(none) { $1 }) == 4)
  }

  @Test func theUserHasTheLastWord() throws {
    #expect(try count(allowed: "0-1", siblings: ["0", "1"], environment: ["QUARRY_THREADS": "5"]) == 5)
    #expect(try count(allowed: "0-1", siblings: ["0", "1"], environment: ["QUARRY_THREADS": "none"]) == 2)
    #expect(try count(allowed: "0-1", siblings: ["0", "1"], environment: ["QUARRY_THREADS": "0"]) == 2)
  }

  @Test func withoutTheFilesProcessorsCount() throws {
    #expect(try count(allowed: nil, siblings: []) == 7)
    #expect(try count(allowed: "0-1", siblings: ["0"]) == 7)
    #expect(try count(allowed: "5-2", siblings: ["0", "1"]) == 7)
    #expect(try count(allowed: "0-99999999999", siblings: ["0", "1"]) == 7)
  }
}
