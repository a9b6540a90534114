import Chunking
import Crypto
package import Documents
package import Embedding
import Foundation
package import Store

/// Brings a collection in line with a folder: reads, chunks, embeds and stores what is new or changed, removes what is gone.
///
/// A document is one transaction, so that a stop at any moment leaves whole documents; running again goes on where it was.
package struct Ingestor {
  let store: Store
  let embedder: Embedder
  let reader: DocumentReader
  let chunker: Chunker

  /// Tokens that a chunk shares with the one before it, at most.
  package static let overlapTokenLimit = 32
  /// Chunks embedded together: enough to keep all cores busy, few enough to show progress.
  private static let batchChunkCount = 64

  package init(store: Store, embedder: Embedder, reader: DocumentReader = DocumentReader()) {
    self.store = store
    self.embedder = embedder
    self.reader = reader
    chunker = Chunker(
      // The embedder puts [CLS] and [SEP] around the text.
      tokenLimit: embedder.maximumTokenCount - 2, overlapTokenLimit: Self.overlapTokenLimit, tokenCount: embedder.tokenCount(of:))
  }

  /// Throws if there is nothing at a path: to be asked before an index is made for it.
  package static func requirePath(_ path: String) throws(IngestionError) { _ = try IngestScope.resolve(path) }

  /// Ingests a folder or one file into a collection, which is made when it is not there.
  ///
  /// - Parameters:
  ///   - force: Reads files again whose content has not changed.
  ///   - isCancelled: Asked between batches; what is finished by then stays.
  ///   - progress: Called after every batch.
  package func ingest(
    _ path: String, into collectionName: String, force: Bool = false, isCancelled: () -> Bool = { false },
    progress: @escaping (IngestProgress) -> Void = { _ in }
  ) throws -> IngestReport {
    let start = ContinuousClock.now
    let absolute = try IngestScope.resolve(path)
    let collection = try store.createCollection(
      named: collectionName, embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension))
    let ledger = try store.ledger(of: collection.id)
    let scope = IngestScope(absolute: absolute, knownRoots: Set(ledger.map(\.root)))
    let files = try scopedFiles(scope)

    var run = IngestRun(report: IngestReport(root: scope.root, collection: collectionName), files: files, report: progress)
    // Keys are bytes, as file names are: text that looks the same is equal to Swift.
    let known = Dictionary(ledger.filter { $0.root == scope.root }.map { (Array($0.path.utf8), $0) }) { first, _ in first }
    var batch: [PendingDocument] = []
    for file in files {
      if isCancelled() { break }
      run.path = file.relativePath
      if let pending = try prepare(
        file, scope: scope, known: known[Array(file.relativePath.utf8)], force: force, collection: collection.id, run: &run)
      {
        batch.append(pending)
        if batch.count >= Self.batchChunkCount || batch.reduce(0, { $0 + $1.chunks.count }) >= Self.batchChunkCount {
          try storeBatch(&batch, in: collection.id, run: &run, isCancelled: isCancelled)
        }
      } else {
        run.finish(file)
      }
    }
    if !isCancelled() { try storeBatch(&batch, in: collection.id, run: &run, isCancelled: isCancelled) }
    if isCancelled() { throw IngestionError.cancelled }

    let present = Set(files.map { Array($0.relativePath.utf8) }).subtracting(run.gone)
    var gone = known.filter { scope.contains($1.path) && !present.contains($0) }.map { (root: scope.root, path: $1.path) }
    // Documents that were ingested from a folder inside this one are this one's now.
    let answering = present.subtracting(run.report.failed.map { Array($0.path.utf8) })
    let doubles = ledger.filter { entry in
      guard entry.root != scope.root, IngestScope.relative(entry.root, to: scope.root) != nil else { return false }
      let path = IngestScope.relative(entry.root + "/" + entry.path, to: scope.root)
      return path.map { answering.contains(Array($0.utf8)) } ?? false
    }
    gone.sort { $0.path < $1.path }
    run.report.removed = try store.remove(paths: gone, from: collection.id)
    try store.remove(paths: doubles.map { (root: $0.root, path: $0.path) }, from: collection.id)
    try store.publish(collection.id)
    run.report.notices += store.notices
    run.report.seconds = start.duration(to: .now) / .seconds(1)
    return run.report
  }

  /// The files under the scope, named relative to its root. In a data set of BEIR's form only the corpus is a document.
  private func scopedFiles(_ scope: IngestScope) throws -> [WalkedFile] {
    let walked = try FolderWalk.files(under: scope.path).map { file in
      var file = file
      file.relativePath = IngestScope.relative(file.path, to: scope.root) ?? file.relativePath
      return file
    }
    let folders = Set(walked.filter { $0.relativePath.hasSuffix("corpus.jsonl") }.map { ($0.relativePath as NSString).deletingLastPathComponent })
    let names = Set(["queries.jsonl", "answers.jsonl", "qrels.tsv"])
    let setFolders = folders.filter { folder in
      walked.contains { $0.relativePath == (folder as NSString).appendingPathComponent("queries.jsonl") }
    }
    let paths = Set(walked.map(\.relativePath))
    return walked.filter { file in
      if file.relativePath.hasSuffix(MetadataFile.suffix), paths.contains(String(file.relativePath.dropLast(MetadataFile.suffix.count))) {
        return false
      }
      let folder = (file.relativePath as NSString).deletingLastPathComponent
      return !(setFolders.contains(folder) && names.contains((file.relativePath as NSString).lastPathComponent))
    }
  }

  /// Reads and chunks a file that is new or changed; `nil` when there is nothing to store.
  private func prepare(
    _ file: WalkedFile, scope: IngestScope, known: LedgerEntry?, force: Bool, collection: CollectionID, run: inout IngestRun
  ) throws -> PendingDocument? {
    var version = DocumentVersion(
      root: scope.root, path: file.relativePath, sha256: "", byteCount: file.byteCount, modificationTime: file.modificationTime, format: "",
      title: nil)
    do {
      let metadata = MetadataFile(of: file.path)
      version.sha256 = try sha256(ofFile: file.path, and: metadata?.bytes ?? Data())
      // What failed is tried again: the reason may have been a missing program, or a limit that is gone.
      if !force, let known, known.state == .ready, known.sha256 == version.sha256 {
        if known.modificationTime != version.modificationTime { try store.confirmUnchanged(version, in: collection) }
        run.report.unchanged += 1
        return nil
      }
      let document = try reader.read(path: file.path)
      version.format = document.format.rawValue
      version.title = document.title
      version.language = LanguageGuess.language(of: document.text)
      version.metadata = document.metadata.merging(metadata?.values ?? [:]) { _, said in said }
      for omission in document.omissions {
        let problem = IngestReport.Problem(path: "\(file.relativePath)/\(omission.name)", reason: omission.reason)
        if omission.isFailure { run.report.failed.append(problem) } else { run.report.skipped.append(problem) }
      }
      if let problem = metadata?.problem { run.report.skipped.append(.init(path: file.relativePath + MetadataFile.suffix, reason: problem)) }
      return PendingDocument(
        file: file, version: version, isNew: known == nil, chunks: chunker.chunks(of: document).map { PendingChunk(chunk: $0) })
    } catch let error as DocumentError {
      if file.modificationTime != 0, !FileManager.default.fileExists(atPath: file.path) {
        // Deleted since the walk: as if it had not been there.
        run.gone.insert(Array(file.relativePath.utf8))
      } else if error.isUnsupportedFormat || file.byteCount == 0 {
        // A document that became an image, a program or nothing has no text any more.
        run.gone.insert(Array(file.relativePath.utf8))
        run.report.skipped.append(.init(path: file.relativePath, reason: error.why ?? error.message))
      } else {
        let reason = error.why ?? error.message
        run.report.failed.append(.init(path: file.relativePath, reason: reason))
        // The same failure again changes nothing, in the store neither.
        if known?.state != .failed || known?.sha256 != version.sha256 || known?.error != reason {
          try store.recordFailure(of: version, error: reason, in: collection)
        }
      }
      return nil
    }
  }

  /// Embeds what no earlier run has embedded, then stores the documents, one transaction each.
  private func storeBatch(
    _ batch: inout [PendingDocument], in collection: CollectionID, run: inout IngestRun, isCancelled: () -> Bool
  ) throws {
    defer { batch = [] }
    let hashes = batch.flatMap { $0.chunks.map(\.contentHash) }
    var vectors = try store.vectors(forContentHashes: hashes, embedder: embedder.fingerprint)
    run.report.reusedChunks += hashes.count { vectors[$0] != nil }
    var missing: [PendingChunk] = []
    var queued = Set(vectors.keys)
    for chunk in batch.flatMap(\.chunks) where queued.insert(chunk.contentHash).inserted { missing.append(chunk) }

    // A document of more than one slice is staged as it grows: a stop in the middle of it loses one slice at most.
    let isLarge = missing.count > 2 * Self.batchChunkCount
    for slice in stride(from: 0, to: missing.count, by: Self.batchChunkCount) {
      if isCancelled() { return }
      let chunks = missing[slice..<min(slice + Self.batchChunkCount, missing.count)]
      let start = ContinuousClock.now
      let embedded = try embedder.embed(chunks.map(\.chunk.indexedText))
      run.report.embeddingSeconds += start.duration(to: .now) / .seconds(1)
      run.report.embeddedTokens += chunks.reduce(0) { $0 + $1.chunk.tokenCount }
      let fresh = Dictionary(uniqueKeysWithValues: zip(chunks.map(\.contentHash), embedded))
      if isLarge { try store.stage(vectors: fresh, embedder: embedder.fingerprint) }
      vectors.merge(fresh) { known, _ in known }
      run.show(fraction: Double(slice + chunks.count) / Double(missing.count), of: batch)
    }

    for document in batch {
      let chunks = document.chunks.map { pending in
        guard let vector = vectors[pending.contentHash] else { preconditionFailure("a chunk was neither known nor embedded") }
        return EmbeddedChunk(chunk: pending.chunk, contentHash: pending.contentHash, vector: vector)
      }
      try store.replace(document.version, with: chunks, in: collection)
      run.report.chunks += chunks.count
      if document.isNew { run.report.added += 1 } else { run.report.updated += 1 }
      run.finish(document.file)
    }
  }
}

/// A document that was read and waits for its vectors.
private struct PendingDocument {
  let file: WalkedFile
  let version: DocumentVersion
  let isNew: Bool
  let chunks: [PendingChunk]
}

private struct PendingChunk {
  let chunk: Chunk
  let contentHash: String

  init(chunk: Chunk) {
    self.chunk = chunk
    contentHash = hexadecimal(SHA256.hash(data: Data(chunk.indexedText.utf8)))
  }
}

/// The counts of a run, and how far it is.
private struct IngestRun {
  var report: IngestReport
  var path = ""
  /// Relative paths of files that have no document any more, though the walk found them.
  var gone: Set<[UInt8]> = []
  private let totalFiles: Int
  private let totalBytes: Double
  private var finishedFiles = 0
  private var finishedBytes = 0.0
  private let progress: (IngestProgress) -> Void

  init(report: IngestReport, files: [WalkedFile], report progress: @escaping (IngestProgress) -> Void) {
    self.report = report
    totalFiles = files.count
    totalBytes = Double(files.reduce(0) { $0 + $1.byteCount })
    self.progress = progress
  }

  mutating func finish(_ file: WalkedFile) {
    finishedFiles += 1
    finishedBytes += Double(file.byteCount)
    show(bytes: finishedBytes)
  }

  func show(fraction: Double, of batch: [PendingDocument]) {
    show(bytes: finishedBytes + fraction * Double(batch.reduce(0) { $0 + $1.file.byteCount }))
  }

  private func show(bytes: Double) {
    progress(
      IngestProgress(
        finishedFiles: finishedFiles, totalFiles: totalFiles, finishedBytes: bytes, totalBytes: totalBytes, embeddedTokens: report.embeddedTokens,
        path: path))
  }
}
