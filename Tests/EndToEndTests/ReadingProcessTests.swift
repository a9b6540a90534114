import Documents
import Embedding
import Foundation
import Ingestion
import Store
import Testing

/// Files are read in a process of their own: what they do to their parser costs that file, and nothing waits for one that nobody wants any more.
@Suite(.serialized) struct ReadingProcessTests {
  private let folder: TemporaryFolder
  private var documents: String { folder.path + "/docs" }
  private var index: String { folder.path + "/index" }

  init() throws { folder = try TemporaryFolder() }

  /// Takes cmark-gfm hours: its search for link labels looks back from every bracket to all those before it.
  private func writeEndlessDocument() throws {
    try folder.write("# Endless\n\n" + String(repeating: "![[]()", count: 100_000) + "\n", to: "docs/endless.md")
    try folder.write("# Mill\n\nThe wheel of the mill turned for forty days.\n", to: "docs/mill.md")
  }

  /// The processes that read for another one.
  private static func readers(of process: Int32) -> [Int32] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    let children = tasks.flatMap { task in
      ((try? String(contentsOfFile: "/proc/\(process)/task/\(task)/children", encoding: .utf8)) ?? "").split(separator: " ").compactMap { Int32($0) }
    }
    return children.filter { (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8))?.contains("read-documents") ?? false }
  }

  /// Waits until a reader has computed for a second, with nothing to wait for, and sends a signal: to it, or to the one that it reads for.
  ///
  /// On a thread of its own: other tests let those of tasks wait for longer than a reader is waited for.
  private static func catchReader(of process: Process, signal: Int32, toReader: Bool) async -> Int32? {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        while process.isRunning {
          for reader in readers(of: process.processIdentifier) {
            let fields = (try? String(contentsOfFile: "/proc/\(reader)/stat", encoding: .utf8))?.split(separator: " ") ?? []
            guard fields.count > 13, let ticks = Int(fields[13]), ticks > 100 else { continue }
            kill(toReader ? reader : process.processIdentifier, signal)
            return continuation.resume(returning: reader)
          }
          usleep(20_000)
        }
        continuation.resume(returning: nil)
      }
    }
  }

  private func isGone(_ process: Int32) async throws -> Bool {
    for _ in 0..<200 where kill(process, 0) == 0 { try await Task.sleep(for: .milliseconds(50)) }
    return kill(process, 0) != 0
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func whoStopsDoesNotWaitForAFileThatIsCaught(signal: Int32) async throws {
    try writeEndlessDocument()
    let (process, output, errors) = try QuarryProcess.start(["ingest", documents, "--index", index])
    let reader = try #require(await Self.catchReader(of: process, signal: signal, toReader: false))
    process.waitUntilExit()
    withExtendedLifetime((output, errors)) {}
    #expect(try await isGone(reader))
    let audit = try await QuarryProcess.run("audit", "--index", index)
    #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
  }

  @Test(arguments: [SIGKILL, SIGTERM]) func aReaderThatIsKilledCostsOneFile(signal: Int32) async throws {
    try writeEndlessDocument()
    try folder.write("# River\n\nThe river rises in spring.\n", to: "docs/river.md")
    let (process, output, errors) = try QuarryProcess.start(["ingest", documents, "--index", index, "--json"])
    #expect(await Self.catchReader(of: process, signal: signal, toReader: true) != nil)
    process.waitUntilExit()
    withExtendedLifetime(errors) {}
    let json = try #require(try JSONSerialization.jsonObject(with: output.fileHandleForReading.readDataToEndOfFile()) as? [String: Any])
    let report = try #require((json["ingested"] as? [[String: Any]])?.first)
    #expect(report["added"] as? Int == 2)
    let failed = try #require(report["failed"] as? [[String: String]])
    #expect(failed.map { $0["path"] } == ["endless.md"])
    #expect(
      failed.first?["reason"]
        == "the process that read it was \(signal == SIGKILL ? "killed, as systems do that are short of memory" : "ended by somebody")")
    // That is no fault of the file: it is read again.
    let status = try await QuarryProcess.run("status", "--failed", "--json", "--index", index)
    #expect(status.output.contains("document_unreadable"), "\(status.output)")
  }

  private func store(_ name: String) throws -> Store { try Store.open(directory: folder.path + "/" + name, access: .writing) }

  private func embedder() throws -> Embedder {
    let environment = ProcessInfo.processInfo.environment
    let models = environment["QUARRY_MODELS"] ?? (environment["XDG_DATA_HOME"] ?? NSHomeDirectory() + "/.local/share") + "/quarry/models"
    return try Embedder(directory: models + "/all-MiniLM-L6-v2")
  }

  private let program = ReadingProgram(path: QuarryProcess.binary, arguments: ["read-documents"])

  private func reason(_ limits: ReadingLimits) throws -> String? {
    let report = try Ingestor(store: store("index"), embedder: embedder(), reader: DocumentReader(limits: limits), program: program)
      .ingest(documents, into: "default")
    #expect(report.added == 1 && report.failed.count == 1)
    return report.failed.first?.reason
  }

  @Test func aParserThatIsCaughtIsGivenUp() throws {
    try writeEndlessDocument()
    var limits = ReadingLimits()
    limits.silentSeconds = 2
    #expect(try reason(limits) == "its parser was caught in it: nothing came of it for 2 s")
  }

  @Test func aFileThatTakesTooMuchMemoryIsGivenUp() throws {
    try folder.write("[" + String(repeating: "[1],\n", count: 2_000_000) + "[1]]", to: "docs/many.json")
    try folder.write("# Mill\n\nThe wheel of the mill turned for forty days.\n", to: "docs/mill.md")
    var limits = ReadingLimits()
    limits.readerMemoryByteCount = 16 << 20
    #expect(try reason(limits)?.hasPrefix("its parser crashed, or needed more than 16 MiB of memory") == true)
  }

  @Test func aProgramThatDoesNotReadIsNoFilesFault() throws {
    try folder.write("# Mill\n\nThe wheel of the mill turned for forty days.\n", to: "docs/mill.md")
    for path in ["/nowhere/quarry", "/bin/false"] {
      let ingestor = try Ingestor(store: store("index"), embedder: embedder(), program: ReadingProgram(path: path, arguments: []))
      let error = #expect(throws: IngestionError.self) { try ingestor.ingest(documents, into: "default") }
      #expect(error?.code == "reader_not_started")
    }
    let store = try store("index")
    let collection = try #require(try store.collection(named: "default")).id
    #expect(try store.ledger(of: collection).map(\.state) == [.new])
  }

  /// All formats, a text in parts, and one in slices: the same passages, byte for byte, with the same places.
  @Test func itReadsWhatWouldBeReadInThisProcess() throws {
    try FileManager.default.copyItem(atPath: QuarryProcess.checkout + "/Corpora/formats", toPath: documents)
    let lines = (1...900).map { "In entry \($0) the keeper counted \($0 * 37) sacks, and said “so it is” 🙂.\n\n" }
    try folder.write(lines.joined(), to: "docs/long.txt")
    var limits = ReadingLimits()
    limits.partByteCount = 20_000
    let reader = DocumentReader(limits: limits)
    let embedder = try embedder()
    func passages(_ name: String, _ program: ReadingProgram?) throws -> [String] {
      let store = try store(name)
      let report = try Ingestor(store: store, embedder: embedder, reader: reader, program: program).ingest(documents, into: "default")
      #expect(report.failed.map(\.path) == ["papers.zip/broken.json"] && report.added > 20)
      let collection = try #require(try store.collection(named: "default")).id
      let chunks = try store.chunks(store.chunkIDs(of: collection))
      let entries = try store.ledger(of: collection).map {
        "\($0.path) \($0.sha256) \($0.format) \($0.title ?? "") \($0.language ?? "") \($0.reason ?? "")"
      }
      return entries
        + chunks.values.map { "\($0.path) \($0.ordinal) \($0.title ?? "") \($0.headingPath) \($0.context ?? "") \($0.spans) \($0.text)" }.sorted()
    }
    #expect(try passages("local", nil) == passages("process", program))
  }
}
