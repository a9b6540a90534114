import Foundation
import Inference
import Testing

@Suite struct AvailableCoresTests {
  /// A machine's files in a folder of their own.
  private func count(allowed: String?, siblings: [String], quota: String? = nil, environment: [String: String] = [:]) throws -> Int {
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
