import Diagnostics
import Embedding
import Foundation
import Ingestion
import Models
import Service
import Store
import Synchronization

/// Takes folders in while a server answers, on a thread and with an embedder of its own.
final class BackgroundIngestion: Sendable {
  private let ingestion: WatchingIngestion
  private let output: OutputOptions
  private let isStarted = Atomic(false)
  private let isStopped = Atomic(false)
  private let isFinished = DispatchSemaphore(value: 0)
  private let current: Mutex<IngestionStatus>

  /// How far it is.
  var status: IngestionStatus { current.withLock { $0 } }

  /// Makes the index and the collection, if they are not there: a server needs something to open.
  init(_ paths: [String], into index: IndexOptions, _ output: OutputOptions) throws {
    for path in paths { try Ingestor.requirePath(path) }
    self.output = output
    current = Mutex(IngestionStatus(folders: paths))
    let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
    _ = try Store.open(directory: index.index, access: .writing).createCollection(
      named: index.collection, embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension))
    ingestion = WatchingIngestion(
      paths, into: index.collection, options: IngestOptions(), embedder: embedder, program: .standard
    ) { [directory = index.index] in try Store.open(directory: directory, access: .writing) }
  }

  func start() {
    Thread.detachNewThread { [self] in
      var news = IngestNews()
      var start = ContinuousClock.now
      let isCancelled: @Sendable () -> Bool = { self.isStopped.load(ordering: .relaxed) }
      ingestion.run(isCancelled: isCancelled) { progress in
        self.current.withLock { status in
          if status.state != .reading { start = .now }
          status.state = .reading
          status.progress = IngestionStatus.Progress(progress, since: start)
        }
      } report: { event in
        switch event {
        case .ingested(let all):
          let report = news.take(all)
          self.note(event, isNews: report != nil)
          guard let report else { return }
          for problem in report.failed { output.notice(Terminal.printableLine("\(problem.path) could not be read: \(problem.reason)")) }
          output.remark(IngestSummary(report).description)
        case .failed(_, let error):
          self.note(event)
          ErrorReport.write(error)
        case .looksOnly(let seconds): output.notice(IngestNews.looksOnly(everySeconds: seconds))
        }
      }
      isFinished.signal()
    }
    isStarted.store(true, ordering: .relaxed)
  }

  /// - Parameter isNews: Whether a turn changed something, or met a problem for the first time: one that only looked takes no other's place.
  private func note(_ event: WatchingIngestion.Event, isNews: Bool = false) {
    current.withLock { status in
      switch event {
      case .ingested(let report):
        (status.state, status.progress, status.error) = (.watching, nil, nil)
        guard isNews || status.lastTurn == nil else { return }
        status.lastTurn = IngestionStatus.Turn(
          folder: report.root, added: report.added, updated: report.updated, removed: report.removed, failed: report.failed.count,
          chunks: report.chunks, seconds: report.seconds)
      case .failed(let path, let error):
        (status.state, status.progress) = (.failed, nil)
        status.error = "\(path): \((error as? any ExplainedError)?.message ?? "\(error)")"
      case .looksOnly: break
      }
    }
  }

  /// Returns when what was at hand is stored.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    if isStarted.exchange(false, ordering: .relaxed) { isFinished.wait() }
  }
}

extension IngestionStatus.Progress {
  fileprivate init(_ progress: IngestProgress, since start: ContinuousClock.Instant) {
    self.init(
      files: progress.finishedFiles, totalFiles: progress.totalFiles,
      fraction: progress.totalBytes > 0 ? progress.finishedBytes / progress.totalBytes : 1, tokens: progress.embeddedTokens,
      seconds: start.duration(to: .now) / .seconds(1))
  }
}
