import Foundation
import Testing

/// ^C, kill -9 and a second process: nothing that was acknowledged is lost, and nothing is half there.
@Suite struct InterruptionTests {
  /// Enough text that embedding it takes seconds.
  private func manyDocuments(in folder: TemporaryFolder, count: Int) throws {
    for number in 0..<count {
      let sentences = (0..<60).map { "Sentence \($0) of document \(number) tells of the river, the mill and the \(number * 61 + $0) sacks of flour." }
      try folder.write("# Document \(number)\n\n" + sentences.joined(separator: "\n\n") + "\n", to: "docs/document-\(number).md")
    }
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func goesOnWhereItWasStopped(signal: Int32) async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try manyDocuments(in: folder, count: 24)
    let (process, output, errors) = try QuarryProcess.start(["ingest", folder.path + "/docs", "--index", index])
    // Waits until some documents are in, so that the signal comes in the middle.
    var stored = 0
    for _ in 0..<600 where stored == 0 && process.isRunning {
      try await Task.sleep(for: .milliseconds(50))
      stored = try await documentCount(index)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    withExtendedLifetime((output, errors)) {}
    let acknowledged = try await documentCount(index)
    #expect(acknowledged >= stored)

    let again = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index, "--json")
    #expect(again.status == 0, "\(again.output)\(again.errors)")
    let report = try #require((try again.json["ingested"] as? [[String: Any]])?.first)
    #expect((report["unchanged"] as? Int ?? 0) >= acknowledged)
    #expect((report["unchanged"] as? Int ?? 0) + (report["added"] as? Int ?? 0) == 24)
    #expect(try await documentCount(index) == 24)
  }

  @Test func aSecondWriterIsToldWhoHoldsTheIndex() async throws {
    let folder = try TemporaryFolder()
    let index = folder.path + "/index"
    try manyDocuments(in: folder, count: 600)
    // A shell halts the first writer in the midst of it: beside all other tests this task may wait for longer than the writer takes.
    // (Foundation waits for everybody who has the descriptors that it opened for the shell, so the writer gives them up. It has a session of its own: a
    // group of processes that is left with a halted one by its shell's end is hung up by the kernel.)
    let holding = """
      (for number in /proc/$BASHPID/fd/*; do number=${number##*/}; [ $number -le 2 ] || eval "exec $number>&-"; done
        exec setsid "$0" ingest "$1" --index "$2") >/dev/null 2>&1 & writer=$!
      while kill -0 $writer && [ "$(stat -c %s "$2/index.sqlite-wal" 2>/dev/null || echo 0)" -lt 1500000 ]; do sleep 0.01; done
      kill -STOP $writer && echo $writer
      """
    let holder = try await QuarryProcess.run(program: "/bin/bash", ["-c", holding, QuarryProcess.binary, folder.path + "/docs", index])
    let writer = try #require(Int32(holder.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(holder.errors)")
    defer { kill(writer, SIGKILL) }
    let second = try await QuarryProcess.run("ingest", folder.path + "/docs", "--index", index)
    #expect(second.status == 1)
    #expect(second.errors.contains("\(writer)"), "\(second.errors)")
    // A reader is not in the way of a writer.
    let reader = try await QuarryProcess.run("search", "mill", "--index", index, "--json")
    #expect(reader.status == 0, "\(reader.errors)")
  }

  private func documentCount(_ index: String) async throws -> Int {
    let status = try await QuarryProcess.run("status", "--index", index, "--json")
    guard status.status == 0 else { return 0 }  // the index is not there yet
    return ((try status.json["collections"] as? [[String: Any]])?.first?["documents"] as? Int) ?? 0
  }
}
