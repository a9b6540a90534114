import Embedding
import Ingestion
import Store

extension IngestCommand {
  /// Takes in what changes until ^C.
  func follow(_ options: IngestOptions, _ embedder: Embedder, _ interrupt: Interrupt) {
    var bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
    var start = ContinuousClock.now
    var news = IngestNews()
    WatchingIngestion(paths, into: index.collection, options: options, embedder: embedder, program: .standard) { [directory = index.index] in
      try Store.open(directory: directory, access: .writing)
    }.run(isCancelled: { interrupt.isRaised }, progress: { bar.show($0, since: start) }) { event in
      bar.clear()
      bar = ProgressBar(label: "ingest", isQuiet: output.quiet)
      start = .now
      switch event {
      case .ingested(let report):
        guard let report = news.take(report) else { return }
        if output.json { JSONOutput.write(report) } else { show(report) }
      case .failed(_, let error): ErrorReport.write(error)
      case .looksOnly(let seconds): output.notice(IngestNews.looksOnly(everySeconds: seconds))
      }
    }
    bar.clear()
  }
}
