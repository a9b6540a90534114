import Foundation
import Testing

import Evaluation

/// The peer's process as the benchmark sees it, with a shell script in the place of Python.
@Suite struct PeerProcessTests {
  /// An environment whose `python` is this script, run for each test in a folder of its own.
  private final class Environment {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-peer-\(UUID().uuidString)")

    init(python: String, isComplete: Bool = true) throws {
      try FileManager.default.createDirectory(at: folder.appendingPathComponent("bin"), withIntermediateDirectories: true)
      let path = folder.appendingPathComponent("bin/python").path
      // By a shell: what this process has open for writing while another test forks is "busy" and cannot be run.
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = ["-c", #"printf '%s' "$1" > "$2" && chmod 755 "$2""#, "sh", "#!/bin/sh\n\(python)\n", path]
      try shell.run()
      shell.waitUntilExit()
      if isComplete { try Data().write(to: folder.appendingPathComponent("complete")) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }
  }

  @Test func thereIsNoPeerWithoutACompleteEnvironment() throws {
    #expect(try PeerProcess(folder: nil, script: "peer.py") == nil)
    let environment = try Environment(python: "exit 0", isComplete: false)
    #expect(try PeerProcess(folder: environment.folder.path, script: "peer.py") == nil)
  }

  @Test func answersComeInTheOrderOfTheQuestions() throws {
    let environment = try Environment(
      python: """
        read load; case "$load" in *'"op":"load"'*) ;; *) exit 1 ;; esac
        echo '{"seconds": 0.5, "memory_bytes": 1000, "build": "AVX2", "flash": {"prefill": 1}}'
        read generate; case "$generate" in *'"prompt":512'*) ;; *) exit 1 ;; esac
        printf '{"prefill_seconds": 2,'; sleep 0.05; echo ' "decode_seconds": 3}'
        """)
    let peer = try #require(try PeerProcess(folder: environment.folder.path, script: "peer.py"))
    let load = try peer.load("m.gguf")
    #expect(load.seconds == 0.5 && load.memoryBytes == 1000)
    #expect(peer.build == "AVX2")
    let times = try peer.generate(prompt: 512, decode: 64)
    #expect(times.prefillSeconds == 2 && times.decodeSeconds == 3)
  }

  @Test func whatThePeerCannotDoIsAnErrorWithItsReason() throws {
    let environment = try Environment(python: "read line; echo '{\"error\": \"llama.cpp does not load m.gguf\"}'; read line")
    let peer = try #require(try PeerProcess(folder: environment.folder.path, script: "peer.py"))
    let error = #expect(throws: EvaluationError.self) { try peer.load("m.gguf") }
    #expect(error?.code == "peer")
    #expect(error?.why == "llama.cpp does not load m.gguf")
  }

  @Test(arguments: ["exit 0", "read line; exit 3", "read line; echo nonsense; exit 0"])
  func aPeerThatDiesOrRavesIsAnError(python: String) throws {
    let environment = try Environment(python: python)
    let peer = try #require(try PeerProcess(folder: environment.folder.path, script: "peer.py"))
    #expect(throws: EvaluationError.self) { try peer.load("m.gguf") }
  }
}
