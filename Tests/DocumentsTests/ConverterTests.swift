import Documents
import Foundation
import Testing

/// What a child that converts may do, and may not.
@Suite struct ConverterTests {
  private func run(_ program: String, _ arguments: [String], input: String = "", seconds: Int = 10) throws -> Converter.Output {
    try Converter(program: program, seconds: seconds, memoryByteCount: 1 << 30, outputByteCount: 1 << 16).run(arguments, input: Array(input.utf8))
  }

  @Test func whatItWritesComesBack() throws {
    let output = try run("cat", [], input: "text")
    #expect(String(decoding: output.bytes, as: UTF8.self) == "text" && output.exitCode == 0)
  }

  /// Where the system allows it: a network of its own has nothing but its own loopback, which is down.
  @Test(.enabled(if: Converter.isIsolated)) func itHasNoNetwork() throws {
    let devices = String(decoding: try run("cat", ["/proc/net/dev"]).bytes, as: UTF8.self).split(separator: "\n").dropFirst(2)
    #expect(devices.count == 1 && devices.first?.contains("lo:") == true)
  }

  @Test func itWritesNoFile() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    #expect(try String(decoding: run("dd", [], input: "text").bytes, as: UTF8.self) == "text")
    // A signal ends who tries.
    let output = try? run("dd", ["of=\(path)"], input: "text")
    #expect(output?.exitCode != 0)
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    try? FileManager.default.removeItem(atPath: path)
    #expect(size == 0)
  }

  @Test func itsLimitsHold() {
    #expect(throws: Converter.Failure.self) { try run("sleep", ["60"], seconds: 1) }
    #expect(throws: Converter.Failure.self) { try run("yes", []) }
    #expect(throws: Converter.Failure.self) { try run("no-such-program", []) }
  }
}
