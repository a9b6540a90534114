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

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var said = store.notices.count
      var lastProblem: String?
      while true {
        try await Task.sleep(for: interval)
        for notice in store.notices.dropFirst(said) { logger.warning("\(notice)") }
        said = store.notices.count
        switch await repaired() {
        case .success(let files):
          for file in files.sorted() { logger.notice("\(file) was damaged and has been made anew") }
          lastProblem = nil
        case .failure(let error):
          // Another process writes, or the folder is read-only: tried again, said once.
          if lastProblem != error.message { logger.warning("damaged files are not made anew yet: \(error.message)") }
          lastProblem = error.message
        }
      }
    }
  }

  private func repaired() async -> Result<Set<String>, StoreError> {
    await withCheckedContinuation { continuation in
      Self.queue.async { [store] in
        continuation.resume(returning: Result { () throws(StoreError) in try store.repair() })
      }
    }
  }
}
