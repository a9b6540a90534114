import Dispatch
import Logging
import ServiceLifecycle
import Store

/// While the service runs: says what befell the index's derived files, and makes damaged ones anew. Searches go on meanwhile.
struct IndexRepair: ServiceLifecycle.Service {
  let store: Store
  let logger: Logger
  var interval = Duration.seconds(5)

  private static let queue = DispatchQueue(label: "quarry.repair", qos: .utility)

  private static let longestWait = Duration.seconds(3600)

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var said = store.notices.count
      var lastProblem: String?
      var wait = interval
      while true {
        try await Task.sleep(for: wait)
        // What was found is said before it is mended, which may take minutes.
        sayNews(&said)
        guard let outcome = await repaired() else { return }
        sayNews(&said)
        switch outcome {
        case .success(let files):
          for file in files.sorted() { logger.notice("what \(file) held is searched as usual again") }
          (lastProblem, wait) = (nil, interval)
        case .failure(let error):
          // Another process writes, which mends it; or the disk is full, and to build a graph for nothing again and again would help nobody.
          if error.code != "index_locked" { wait = min(wait * 2, Self.longestWait) }
          if lastProblem != error.message { logger.warning("damaged files are not made anew yet: \(error.message)") }
          lastProblem = error.message
        }
      }
    }
  }

  private func sayNews(_ said: inout Int) {
    let notices = store.notices
    for notice in notices.dropFirst(said) { logger.warning("\(notice)") }
    said = notices.count
  }

  /// `nil` when the service stops meanwhile: a file that is not finished then is none.
  private func repaired() async -> Result<Set<String>, StoreError>? {
    let (outcomes, continuation) = AsyncStream.makeStream(of: Result<Set<String>, StoreError>.self)
    Self.queue.async { [store] in
      continuation.yield(Result { () throws(StoreError) in try store.repair() })
      continuation.finish()
    }
    for await outcome in outcomes { return outcome }
    return nil
  }
}
