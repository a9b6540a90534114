import Ingestion

/// A run of ingestion as one line.
struct IngestSummary: CustomStringConvertible {
  let description: String

  init(_ report: IngestReport) {
    var counts = ["\(report.added) added", "\(report.updated) updated", "\(report.unchanged) unchanged", "\(report.removed) removed"]
    for (count, what) in [
      (report.moved, "moved"), (report.identical, "the same as others"), (report.failed.count, "failed"), (report.skipped.count, "skipped"),
      (report.ignored, "left out by rules"),
    ] where count > 0 { counts.append("\(count) \(what)") }
    var line = "\(report.root): \(counts.joined(separator: ", ")); \(report.chunks) chunks"
    if report.embeddedTokens > 0 { line += ", \(report.embeddedTokens) tokens embedded at \(Int(report.tokensPerSecond)) tokens/s" }
    description = line + ", \(ProgressBar.duration(report.seconds))"
  }
}

/// What is new in run after run over the same folders: each problem is said once.
struct IngestNews {
  private var problems: Set<String> = []

  /// - Returns: The report without problems that were said before; `nil` if nothing is left to say.
  mutating func take(_ report: IngestReport) -> IngestReport? {
    var report = report
    report.failed.removeAll { isKnown($0) }
    report.skipped.removeAll { isKnown($0) }
    return report.changedSomething || !report.failed.isEmpty || !report.skipped.isEmpty ? report : nil
  }

  private mutating func isKnown(_ problem: IngestReport.Problem) -> Bool { !problems.insert("\(problem.path): \(problem.reason)").inserted }

  static func looksOnly(everySeconds seconds: Int) -> String {
    "not every folder can be watched (the system's limit is fs.inotify.max_user_watches): they are looked at every \(seconds) seconds"
  }
}
