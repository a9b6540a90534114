import Ingestion

extension ProgressBar {
  /// Shows how far ingestion is: files, bytes as the bar, tokens a second.
  mutating func show(_ progress: IngestProgress, since start: ContinuousClock.Instant) {
    let seconds = max(start.duration(to: .now) / .seconds(1), 0.001)
    show(
      fraction: progress.totalBytes > 0 ? progress.finishedBytes / progress.totalBytes : 1,
      detail: "\(progress.finishedFiles)/\(progress.totalFiles) files, \(progress.embeddedTokens) tokens, "
        + "\(Int(Double(progress.embeddedTokens) / seconds)) tokens/s"
        + (progress.step == .storing ? ", storing" : progress.step == .indexing ? ", indexing" : ""))
  }
}
