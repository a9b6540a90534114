import Chunking
package import Documents
package import Embedding
import Foundation
package import Store

/// What making a collection anew did: the JSON form of `quarry reindex --json`.
package struct ReindexReport: Sendable, Encodable {
  package var collection: String
  /// False if the collection was made with this embedder and this chunker already.
  package var wasNeeded = true
  package var documents = 0
  /// Documents of an earlier attempt that was stopped.
  package var kept = 0
  /// Documents whose files are gone or have changed, and whose passages were taken over as they are.
  package var takenOver = 0
  package var chunks = 0
  package var embeddedTokens = 0
  package var seconds = 0.0
  package var notices: [String] = []

  enum CodingKeys: String, CodingKey {
    case collection, documents, kept, chunks, seconds, notices
    case wasNeeded = "was_needed"
    case takenOver = "taken_over"
    case embeddedTokens = "embedded_tokens"
  }
}

/// Makes a collection anew, with another embedder or another chunker, beside the one that serves, and lets it take its place.
///
/// Documents are read again only if they are cut in another way; without their files, their passages are taken over. A stop loses one batch at most.
package struct Reindexer {
  private let ingestor: Ingestor

  /// - Parameter program: As an `Ingestor`'s.
  package init(store: Store, embedder: Embedder, reader: DocumentReader = DocumentReader(), program: ReadingProgram? = nil) {
    ingestor = Ingestor(store: store, embedder: embedder, reader: reader, program: program)
  }

  /// - Parameters:
  ///   - force: Also where embedder and chunker are those that the collection was made with.
  ///   - progress: Documents that are done, of how many, and tokens embedded.
  package func reindex(
    _ name: String, force: Bool = false, isCancelled: @escaping () -> Bool = { false },
    progress: (_ done: Int, _ count: Int, _ tokens: Int) -> Void = { _, _, _ in }
  ) throws -> ReindexReport {
    let start = ContinuousClock.now
    let store = ingestor.store
    var report = ReindexReport(collection: name)
    let old = try store.requireCollection(named: name)
    let embedder = EmbedderIdentity(fingerprint: ingestor.embedder.fingerprint, dimension: ingestor.embedder.dimension)
    let isCutInAnotherWay = !old.chunker.isEmpty && old.chunker != ingestor.chunker.fingerprint
    guard force || isCutInAnotherWay || old.embedder != embedder else {
      report.wasNeeded = false
      return report
    }

    let ledger = try store.ledger(of: old.id)
    let new = try store.beginReplacement(of: name, embedder: embedder, chunker: ingestor.chunker.fingerprint).id
    // An earlier attempt may know what is gone by now, or left out: such files keep their rows in the ledger, with what they held.
    let answering = ledger.filter { $0.documentID != nil }
    let current = Set(answering.map { FileKey($0) })
    try store.remove(paths: store.ledger(of: new).filter { !current.contains(FileKey($0)) }.map { ($0.root, $0.path) }, from: new)
    let made = Dictionary(try store.ledger(of: new).map { (FileKey($0), $0) }) { first, _ in first }
    let groups = Dictionary(grouping: answering) { $0.documentID ?? 0 }.sorted { $0.key < $1.key }
    let embedding = ChunkEmbedding(store: store, embedder: ingestor.embedder)
    let reading = ingestor.makeReading()
    var batch: [Document] = []
    var done = 0
    func note(_ slice: ChunkEmbedding.Slice) {
      report.embeddedTokens += slice.tokens
      progress(done, groups.count, report.embeddedTokens)
    }
    func flush(_ batch: [Document]) throws {
      guard let vectors = try embedding.vectors(of: batch.flatMap(\.chunks), known: { _ in }, isCancelled: isCancelled, embedded: note) else {
        throw IngestionError.cancelled
      }
      let changes = batch.flatMap { document in
        guard let chunks = document.chunks.embedded(with: vectors) else { preconditionFailure("a chunk was neither known nor embedded") }
        return self.changes(of: document.version, ChunkStream(chunks), document.files)
      }
      try store.apply(changes, in: new)
      count(batch.count, chunks: batch.reduce(0) { $0 + $1.chunks.count })
    }
    func flush(large slices: ChunkSlices, _ version: DocumentVersion, _ files: [LedgerEntry]) throws {
      let document = LargeDocument(path: version.path, slices: slices, embedding: embedding, isCancelled: isCancelled)
      let chunkCount = try document.embed(embedded: note)
      var stop: (any Error)?
      do {
        try store.apply(changes(of: version, document.stream(count: chunkCount) { stop = $0 }, files), in: new)
      } catch {
        throw stop ?? error
      }
      count(1, chunks: chunkCount)
    }
    func count(_ documents: Int, chunks: Int) {
      done += documents
      report.documents += documents
      report.chunks += chunks
      progress(done, groups.count, report.embeddedTokens)
    }
    for (id, files) in groups {
      if isCancelled() { throw IngestionError.cancelled }
      if isFinished(files, among: made) {
        done += 1
        report.kept += 1
        continue
      }
      guard let version = try store.documentVersion(id) else { continue }
      let passages = force || isCutInAnotherWay ? try read(version, with: reading, isCancelled) : nil
      if passages == nil { report.takenOver += 1 }
      switch try passages ?? stored(id, count: files[0].chunkCount) {
      case .slices(let slices):
        try flush(batch)
        batch = []
        do {
          try flush(large: slices, version, files)
        } catch let error as DocumentError where error.isChange {
          report.takenOver += 1
          try flush(large: ChunkSlices(ofDocument: id, count: files[0].chunkCount, in: store), version, files)
        }
      case .held(let chunks):
        batch.append(Document(version: version, chunks: chunks, files: files))
        if batch.reduce(0, { $0 + $1.chunks.count }) >= ChunkEmbedding.batchChunkCount || batch.count >= Ingestor.batchFileCount {
          try flush(batch)
          batch = []
        }
      }
    }
    try flush(batch)
    try store.apply(ledger.filter { $0.documentID == nil && $0.state != .gone }.compactMap(unread), in: new)
    try store.finishReplacement(new, of: name)
    report.notices = store.notices
    report.seconds = start.duration(to: .now) / .seconds(1)
    return report
  }

  /// A document with all its passages, which are few.
  private struct Document {
    let version: DocumentVersion
    let chunks: [PendingChunk]
    let files: [LedgerEntry]
  }

  private enum Passages {
    case held([PendingChunk])
    case slices(ChunkSlices)

    init(_ chunks: [PendingChunk]) { self = chunks.count > ChunkSlices.largeChunkCount ? .slices(ChunkSlices(chunks)) : .held(chunks) }
  }

  /// The passages of a file as they are cut now; `nil` if it is not what it was.
  private func read(_ version: DocumentVersion, with reading: any FileReading, _ isCancelled: @escaping () -> Bool) throws -> Passages? {
    let path = version.root + "/" + version.path
    do {
      let read = try reading.read(
        path, metadata: MetadataFile(of: path, in: version.root)?.bytes ?? Data(), isWanted: { $0 == version.sha256 }, isCancelled: isCancelled)
      switch read?.text {
      case nil: return nil
      case .chunks(let chunks): return Passages(chunks.map { PendingChunk(chunk: $0) })
      case .long(let file): return .slices(ChunkSlices(of: file, with: reading, isCancelled: isCancelled))
      }
    } catch is DocumentError {
      return nil
    }
  }

  /// The passages as they were.
  private func stored(_ id: Int64, count: Int) throws -> Passages {
    let slices = ChunkSlices(ofDocument: id, count: count, in: ingestor.store)
    guard count <= ChunkSlices.largeChunkCount else { return .slices(slices) }
    var chunks: [PendingChunk] = []
    try slices.forEach { slice, _ in chunks += slice }
    return .held(chunks)
  }

  /// A document under all its files.
  private func changes(of version: DocumentVersion, _ chunks: ChunkStream, _ files: [LedgerEntry]) -> [FileChange] {
    var first = version
    first.stamp = files.first { $0.root.hasBytes(of: first.root) && $0.path.hasBytes(of: first.path) }?.stamp ?? ""
    let stored = FileChange(first, .stored(chunks))
    func change(_ file: LedgerEntry, _ sha256: String, _ outcome: FileChange.Outcome) -> FileChange {
      var version = version
      (version.root, version.path, version.stamp, version.sha256) = (file.root, file.path, file.stamp, sha256)
      (version.byteCount, version.modificationTime) = (file.byteCount, file.modificationTime)
      return FileChange(version, outcome, reason: file.reason, seconds: file.seconds)
    }
    let sharers = files.filter { !($0.root.hasBytes(of: first.root) && $0.path.hasBytes(of: first.path)) }
    // What has failed answers with the document that it had, and is known for what it holds now.
    return [stored] + sharers.map { change($0, version.sha256, .sameAs(root: first.root, path: first.path)) }
      + files.filter { $0.state == .failed }.map { change($0, $0.sha256, .failed(code: $0.code)) }
  }

  /// A file without a document.
  private func unread(_ entry: LedgerEntry) -> FileChange? {
    let version = DocumentVersion(entry)
    switch entry.state {
    case .failed: return FileChange(version, .failed(code: entry.code), reason: entry.reason, seconds: entry.seconds)
    case .skipped: return FileChange(version, .skipped, reason: entry.reason, seconds: entry.seconds)
    case .new: return FileChange(version, .waiting)
    case .done, .unchanged, .gone: return nil
    }
  }

  /// Whether an earlier attempt has made the document of some files. Where all of them failed, nothing says which version of it that was.
  private func isFinished(_ files: [LedgerEntry], among made: [FileKey: LedgerEntry]) -> Bool {
    let documents = Set(files.map { made[FileKey($0)]?.documentID })
    return documents.count == 1 && !documents.contains(nil) && files.contains(where: \.state.answers)
  }

  /// A file as it was when it was noted.
  private struct FileKey: Hashable {
    let root: [UInt8]
    let path: [UInt8]
    let sha256: String
    let modificationTime: Int64
    let hasFailed: Bool

    init(_ entry: LedgerEntry) {
      (root, path, sha256) = (Array(entry.root.utf8), Array(entry.path.utf8), entry.sha256)
      (modificationTime, hasFailed) = (entry.modificationTime, entry.state == .failed)
    }
  }
}
