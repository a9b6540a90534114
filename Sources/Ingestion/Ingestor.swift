import Chunking
package import Documents
package import Embedding
import Foundation
package import Store

/// Brings a collection in line with a folder: reads, chunks, embeds and stores what is new or changed, removes what is gone.
///
/// Another thread has files read and cut while this one embeds and stores. Documents are stored a batch at a time, each batch in one transaction, so that
/// a stop at any moment leaves whole documents; running again goes on where it was.
package struct Ingestor: Sendable {
  let store: Store
  let embedder: Embedder
  let reader: DocumentReader
  let chunker: Chunker
  private let program: ReadingProgram?

  /// Tokens that a chunk shares with the one before it, at most.
  package static let overlapTokenLimit = 32
  /// Files noted together.
  static let batchFileCount = 256
  /// Documents that do not vanish all at once by somebody's will.
  static let suspiciousCount = 10
  /// Bytes of text that may wait for the embedder.
  private static let waitingByteLimit = 16 << 20

  /// - Parameter program: Reads the files in a process of its own; without one they are read in this one.
  package init(store: Store, embedder: Embedder, reader: DocumentReader = DocumentReader(), program: ReadingProgram? = nil) {
    self.store = store
    self.embedder = embedder
    self.reader = reader
    self.program = program
    chunker = Self.chunker(maximumTokenCount: embedder.maximumTokenCount, tokenCount: embedder.tokenCount(of:))
  }

  /// - Parameters:
  ///   - maximumTokenCount: The embedder's.
  ///   - tokenCount: Of a text, as the embedder counts.
  static func chunker(maximumTokenCount: Int, tokenCount: @escaping @Sendable (String) -> Int) -> Chunker {
    // The embedder puts [CLS] and [SEP] around the text.
    Chunker(tokenLimit: maximumTokenCount - 2, overlapTokenLimit: overlapTokenLimit, tokenCount: tokenCount)
  }

  /// For one thread.
  func makeReading() -> any FileReading {
    guard let program else { return LocalReading(reader: reader, chunker: chunker) }
    return ReadingProcess(
      program, setup: ReadingSetup(limits: reader.limits, embedder: embedder.path, maximumTokenCount: embedder.maximumTokenCount))
  }

  /// Throws if there is nothing at a path: to be asked before an index is made for it.
  package static func requirePath(_ path: String) throws(IngestionError) { _ = try IngestScope.resolve(path) }

  /// Ingests a folder or one file into a collection, which is made when it is not there.
  ///
  /// - Parameters:
  ///   - isCancelled: Asked between batches, from two threads; what is finished by then stays.
  ///   - progress: Called after every batch.
  package func ingest(
    _ path: String, into collectionName: String, options: IngestOptions = IngestOptions(), isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping (IngestProgress) -> Void = { _ in }
  ) throws -> IngestReport {
    let start = ContinuousClock.now
    let absolute = try IngestScope.resolve(path)
    let collection = try store.createCollection(
      named: collectionName, embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension),
      chunker: chunker.fingerprint
    ).id
    let ledger = try store.ledger(of: collection)
    let scope = IngestScope(absolute: absolute, knownRoots: ledger.lazy.filter { $0.state != .gone }.map(\.root))
    let walk = try ScopeWalk(scope, options: options.walk)

    let known = KnownFiles(ledger: ledger, root: scope.root)
    if walk.files.isEmpty, !options.acceptsEmptiedFolder {
      let count = ledger.count { entry in
        guard entry.documentID != nil, let path = scope.path(of: entry) else { return false }
        return walk.omission(at: path) == nil && walk.omission(around: path) == nil
      }
      if count >= Self.suspiciousCount { throw IngestionError.emptied(absolute, count) }
    }
    let preparation = FilePreparation(reader: reader, rereadsAll: options.rereadsAll, scope: scope, known: known, disks: walk.disks)
    let copies = options.rereadsAll ? Dictionary(grouping: ledger.indices.filter { ledger[$0].state.answers }) { ContentKey(ledger[$0]) } : [:]
    var run = IngestRun(
      store: store, collection: collection, known: known, copies: copies, files: walk.files,
      report: IngestReport(root: scope.root, collection: collectionName), progress: progress)
    var work = try run.filesToRead(walk, preparation, options)

    // What has changed its name first: no document goes while another file may claim it.
    let sizes = Set(ledger.lazy.filter(\.state.answers).map(\.byteCount))
    var done = Set<PathKey>()
    func note(_ files: [PreparedFile]) throws {
      try run.note(files)
      done.formUnion(files.lazy.map { PathKey($0.file.relativePath) })
    }
    try note(preparation.knownContents(among: work, sizes: sizes, isCancelled: isCancelled, unchanged: note))
    work.removeAll { done.contains(PathKey($0.relativePath)) }

    try embed(work, with: preparation, run: &run, isCancelled: isCancelled)
    if isCancelled() { throw IngestionError.cancelled }
    guard walk.disks.areInPlace else { throw IngestionError.wentAway(absolute) }
    try run.removeWhatIsGone(walk, scope: scope, acceptsEmptiedFolders: options.acceptsEmptiedFolder)
    run.show(.indexing)
    try store.publish(collection, clearsStagedVectors: !run.leavesStagedVectors)
    run.report.notices += store.notices
    run.report.seconds = start.duration(to: .now) / .seconds(1)
    return run.report
  }

  /// Three threads: one has files read, one embeds what was read, and this one stores it.
  private func embed(
    _ files: [WalkedFile], with preparation: FilePreparation, run: inout IngestRun, isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    guard !files.isEmpty else { return }
    let queue = BoundedQueue<Result<PreparedFile, any Error>>(weightLimit: Self.waitingByteLimit)
    let thread = Thread { [self, preparation] in
      var preparation = preparation
      let reading = makeReading()
      do {
        for file in files {
          let prepared = try preparation.prepare(file, with: reading, isCancelled: isCancelled)
          guard !isCancelled(), queue.put(.success(prepared), weight: prepared.weight) else { break }
        }
      } catch {
        // A stop is thrown by the other threads.
        if !isCancelled() { _ = queue.put(.failure(error), weight: 0) }
      }
      queue.close()
    }
    // Parsers go as deep as documents are nested.
    thread.stackSize = 8 << 20
    thread.start()
    let embedding = EmbeddingStage(ChunkEmbedding(store: store, embedder: embedder), of: queue, isCancelled: isCancelled)
    embedding.start()
    defer { embedding.stop() }
    let reading = makeReading()
    // What is embedded when it is stopped is stored still.
    while let event = try embedding.next() {
      switch event {
      case .progressed(let slice, let files):
        if let last = files.last { run.begin(last.file) }
        run.embedded(slice, of: files)
      case .embedded(let batch):
        if let last = batch.files.last { run.begin(last.file) }
        run.report.reusedChunks += batch.reusedCount
        try run.note(batch.files, embeddingSeconds: batch.seconds) { file in
          guard let chunks = file.chunks.embedded(with: batch.vectors) else { preconditionFailure("a chunk was neither known nor embedded") }
          return ChunkStream(chunks)
        }
      case .large(let file):
        if isCancelled() { return }
        run.begin(file.file)
        try store(large: file, preparation, with: reading, run: &run, isCancelled: isCancelled)
      }
    }
  }

  /// Embeds a large document slice by slice, then stores it in one transaction.
  private func store(
    large file: PreparedFile, _ preparation: FilePreparation, with reading: any FileReading, run: inout IngestRun, isCancelled: @escaping () -> Bool
  ) throws {
    let slices: ChunkSlices
    if case .long(let long) = file.outcome {
      slices = ChunkSlices(of: long, with: reading, isCancelled: isCancelled)
    } else {
      slices = ChunkSlices(file.chunks)
    }
    let embedding = ChunkEmbedding(store: store, embedder: embedder)
    let document = LargeDocument(path: file.file.path, slices: slices, embedding: embedding, isCancelled: isCancelled)
    let secondsBefore = run.report.embeddingSeconds
    var stop: (any Error)?
    do {
      let count = try document.embed(known: { run.report.reusedChunks += $0 }) { slice in run.embedded(slice, of: [file]) }
      run.show(.storing, of: file)
      var stored = run
      try stored.note([file], embeddingSeconds: run.report.embeddingSeconds - secondsBefore) { _ in document.stream(count: count) { stop = $0 } }
      run = stored
    } catch {
      switch stop ?? error {
      case let error as DocumentError:
        // What was changed is read again, whatever the file system says of it.
        try run.noteFailure(of: file, error, stamp: error.isChange ? "" : preparation.failureStamp(file.version.stamp))
      // What is staged stays; the caller asks the same.
      case let error as IngestionError where error.code == IngestionError.cancelled.code: return
      default: throw error
      }
    }
  }
}
