import Embedding
import Foundation
import Ingestion
import Models
import Store
import Synchronization

/// Takes folders in while a server answers, on a thread and with an embedder of its own.
final class BackgroundIngestion: Sendable {
  private let ingestion: WatchingIngestion
  private let output: OutputOptions
  private let isStarted = Atomic(false)
  private let isStopped = Atomic(false)
  private let isFinished = DispatchSemaphore(value: 0)

  /// Makes the index and the collection, if they are not there: a server needs something to open.
  init(_ paths: [String], into index: IndexOptions, _ output: OutputOptions) throws {
    for path in paths { try Ingestor.requirePath(path) }
    self.output = output
    let embedder = try Embedder(directory: ModelFolder.standard().embedderPath())
    _ = try Store.open(directory: index.index, access: .writing).createCollection(
      named: index.collection, embedder: EmbedderIdentity(fingerprint: embedder.fingerprint, dimension: embedder.dimension))
    ingestion = WatchingIngestion(paths, into: index.collection, options: IngestOptions(), embedder: embedder) { [directory = index.index] in
      try Store.open(directory: directory, access: .writing)
    }
  }

  func start() {
    Thread.detachNewThread { [self] in
      var news = IngestNews()
      ingestion.run(isCancelled: { self.isStopped.load(ordering: .relaxed) }) { event in
        switch event {
        case .ingested(let report):
          guard let report = news.take(report) else { return }
          for problem in report.failed { output.notice("\(problem.path) could not be read: \(problem.reason)") }
          output.remark(IngestSummary(report).description)
        case .failed(_, let error): ErrorReport.write(error)
        case .looksOnly(let seconds): output.notice(IngestNews.looksOnly(everySeconds: seconds))
        }
      }
      isFinished.signal()
    }
    isStarted.store(true, ordering: .relaxed)
  }

  /// Returns when what was at hand is stored.
  func stop() {
    isStopped.store(true, ordering: .relaxed)
    if isStarted.exchange(false, ordering: .relaxed) { isFinished.wait() }
  }
}
