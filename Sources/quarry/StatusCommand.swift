import ArgumentParser
import Foundation
import Store

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "status", abstract: "Show what an index holds, and what could not be ingested.")

  @Flag(help: "List every document.")
  var documents = false

  @Flag(help: "List every file that was seen, with what became of it, and why.")
  var files = false

  @Flag(help: "List only what could not be read.")
  var failed = false

  @OptionGroup var index: IndexFolderOptions

  @OptionGroup var output: OutputOptions

  /// The JSON form.
  struct Status: Encodable {
    struct Collection: Encodable {
      var name: String
      var documents: Int
      var failed: Int
      var chunks: Int
      var embedder: String
      var dimension: Int
      var generation: Generation?
      /// Files of vectors and words that are not there, or others than the database means: it is read in their place.
      var unusable: [String]
      /// The vectors' share of a score, if it was learnt.
      var denseWeight: Double?
      /// Chunks that are newer than the generation and searched beside it.
      var pending: Int
      /// Files by what became of them.
      var states: [String: Int]
      var failures: [Failure]
      var contents: [Document]?
      var files: [File]?

      enum CodingKeys: String, CodingKey {
        case name, documents, failed, chunks, embedder, dimension, generation, unusable, pending, states, failures, contents, files
        case denseWeight = "dense_weight"
      }
    }
    struct Generation: Encodable {
      var kind: String
      var files: Int
      var vectors: Int
      var sequence: Int64
    }
    struct Failure: Encodable {
      var path: String
      var reason: String
    }
    struct File: Encodable {
      var path: String
      var root: String
      /// One of `FileState`.
      var state: String
      var code: String?
      var reason: String?
      var bytes: Int64
      var modified: Date?
      var sha256: String?
      var chunks: Int
      var seconds: Double
      /// When this was found out.
      var noted: Date

      init(_ entry: LedgerEntry) {
        path = entry.path
        root = entry.root
        state = entry.state.rawValue
        code = entry.code
        reason = entry.reason
        bytes = entry.byteCount
        modified = entry.modificationTime == 0 ? nil : Date(timeIntervalSince1970: Double(entry.modificationTime) / 1e9)
        sha256 = entry.sha256.isEmpty ? nil : entry.sha256
        chunks = entry.chunkCount
        // JSON has no word for what only damage can leave there.
        seconds = entry.seconds.isFinite ? entry.seconds : 0
        noted = entry.notedAt
      }
    }
    struct Document: Encodable {
      var path: String
      var root: String
      var state: String
      var format: String
      /// `null` where it is not clear.
      var language: String?
      var bytes: Int64
      var chunks: Int
      var sha256: String
    }
    var index: String
    var bytes: Int64
    var sequence: Int64
    var collections: [Collection]
    /// Names of collections that a reindex or an import has begun and not finished.
    var unfinished: [String]
  }

  func run() throws {
    let store = try Store.open(directory: index.index, access: .reading)
    let status = try Status(
      index: index.index, bytes: FolderSize.byteCount(of: index.index), sequence: store.sequence(),
      collections: store.collections().map { try describe($0, in: store) }, unfinished: store.unfinishedReplacements())
    if output.json { JSONOutput.write(status) } else { show(status) }
  }

  private func describe(_ summary: CollectionStatus, in store: Store) throws -> Status.Collection {
    let ledger = try store.ledger(of: summary.id).sorted { ($0.path, $0.root) < ($1.path, $1.root) }
    return Status.Collection(
      name: summary.name, documents: summary.documentCount, failed: summary.failedCount, chunks: summary.chunkCount,
      embedder: summary.embedder.fingerprint, dimension: summary.embedder.dimension,
      generation: summary.generation.map { Status.Generation(kind: $0.kind, files: $0.fileCount, vectors: $0.count, sequence: $0.sequence) },
      unusable: summary.unusableFiles, denseWeight: summary.denseWeight, pending: summary.pendingCount,
      states: Dictionary(uniqueKeysWithValues: summary.fileCounts.map { ($0.rawValue, $1) }),
      failures: ledger.filter { $0.state == .failed }.map { Status.Failure(path: $0.path, reason: $0.reason ?? "") },
      contents: documents
        ? ledger.filter { $0.documentID != nil }.map {
          Status.Document(
            path: $0.path, root: $0.root, state: $0.state.rawValue, format: $0.format, language: $0.language, bytes: $0.byteCount,
            chunks: $0.chunkCount,
            sha256: $0.sha256)
        } : nil,
      files: files || failed ? ledger.filter { files || $0.state == .failed }.map(Status.File.init) : nil)
  }

  private func show(_ status: Status) {
    Terminal.write("index \(status.index)  \(status.bytes / 1_000_000) MB  sequence \(status.sequence)\n")
    if status.collections.isEmpty { Terminal.write("no collections yet: quarry ingest FOLDER makes one\n") }
    for collection in status.collections {
      Terminal.write(
        "\(Terminal.output.style(collection.name, .bold))  \(collection.documents) documents, \(collection.chunks) chunks"
          + (collection.failed > 0 ? ", \(Terminal.output.style("\(collection.failed) failed", .red))" : "") + "\n")
      let search =
        collection.generation.map { graphs in
          "\(graphs.kind) over \(graphs.vectors) vectors" + (graphs.files > 1 ? " in \(graphs.files) files" : "")
            + ", \(collection.pending) newer ones scanned"
        } ?? "exact scan"
      Terminal.write("  embedder \(collection.embedder), \(collection.dimension) dimensions; vector search: \(search)\n")
      for file in collection.unusable {
        Terminal.write(
          "  \(Terminal.output.style("not usable", .red)) \(file): the database is read in its place, slowly; quarry ingest or quarry audit --repair "
            + "makes it anew\n")
      }
      if let weight = collection.denseWeight { Terminal.write(String(format: "  vectors weigh %.1f of the score, as was learnt\n", weight)) }
      let others = [FileState.new, .skipped, .gone].compactMap { state in collection.states[state.rawValue].map { "\($0) \(state.rawValue)" } }
      if !others.isEmpty { Terminal.write("  other files: \(others.joined(separator: ", ")); quarry status --files lists them\n") }
      for failure in files || failed ? [] : collection.failures {
        let what = Terminal.printableLine("\(failure.path): \(failure.reason)")
        Terminal.write("  \(Terminal.output.style("failed", .red)) \(what)\n")
      }
      for file in collection.files ?? [] { show(file) }
      for document in collection.contents ?? [] {
        let kind = [document.format, document.language].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ", ")
        Terminal.write("  \(Terminal.printableLine(document.path))  \(kind)  \(document.chunks) chunks, \(document.bytes) bytes\n")
      }
    }
    for name in status.unfinished { show(unfinished: name) }
  }

  private func show(unfinished name: String) {
    let remedy = "run it again, or quarry reindex --abandon" + (name == "default" ? "" : " --collection '\(name)'")
    Terminal.write("\(Terminal.printableLine(name)) was begun anew and is not finished: \(Terminal.printableLine(remedy))\n")
  }

  private func show(_ file: Status.File) {
    let color: Terminal.Style? =
      switch file.state {
      case "failed": .red
      case "new", "skipped", "gone": .yellow
      default: nil
      }
    let state = file.state + String(repeating: " ", count: max(0, 9 - file.state.count))
    var line = "  \(color.map { Terminal.output.style(state, $0) } ?? state) \(Terminal.printableLine(file.path))"
    if file.chunks > 0 { line += "  \(file.chunks) chunks" }
    if file.seconds >= 0.05 { line += String(format: ", %.1f s", file.seconds) }
    if let reason = file.reason { line += ": \(Terminal.printableLine(reason))" }
    Terminal.write(line + "\n")
  }
}
