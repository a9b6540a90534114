import Dispatch

/// Runs a task on a thread of its own. The tests together keep Swift's own threads busy for up to a minute at a time, in which a request that was to be
/// left in its middle comes to its end.
final class OwnThread: TaskExecutor {
  private let queue = DispatchQueue(label: "test.own-thread")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
