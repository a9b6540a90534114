import CKernels
import Foundation
import Synchronization

/// Threads of its own for kernels, so that computing never sits on Swift's cooperative pool.
///
/// A job is a number of independent parts, of which each thread, the caller's too, has a share that lies together: what it asks memory for ahead is its
/// own next part. Who is done with his share takes what others have left of theirs. Workers spin for a moment between jobs, because a layer's jobs
/// follow within microseconds, and park when none comes.
///
/// `@unchecked Sendable`: `state` guards all that changes; the body's pointer is used only between the caller's entry and return.
@safe package final class ComputePool: @unchecked Sendable {
  /// As many threads as there are cores for the process. Pools live as long as the process, or until `close`.
  package static let shared = ComputePool(threadCount: AvailableCores().threadCount)

  package let threadCount: Int

  /// The job at hand. Parts are claimed with `cursors`; `active` counts the workers inside `body`.
  @safe private struct Job {
    let body: UnsafeMutablePointer<@Sendable (Int) -> Void>
    let count: Int
    /// Threads that may take part, the caller's among them.
    let threadCount: Int

    func end(ofShare share: Int) -> Int { count * (share + 1) / threadCount }
  }

  private let lock: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let hasWork: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  private let isDone: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)
  /// One job at a time; the second caller waits here.
  private let callers: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  // Guarded by `callers`.
  private var contention: CoreContention
  // Guarded by `lock`.
  private var job: Job?
  private var parkedCount = 0
  private var isClosed = false
  // Read without the lock while spinning.
  private let generation = Atomic<Int>(0)
  /// The next part of each share, a cache line and its neighbour apart.
  private let cursors: UnsafeMutablePointer<Atomic<Int>>
  private static let cursorStride = 128 / MemoryLayout<Int>.stride
  private let active = Atomic<Int>(0)

  /// How long a thread looks before it parks: longer than what the caller does alone between a layer's jobs, much shorter than a time slice, so
  /// that a core that somebody else needs is soon his.
  private static let spinNanoseconds: UInt64 = 60_000

  /// Looks whether `isDone` until it is, or the time for looking is over.
  private static func spin(until isDone: () -> Bool) {
    if isDone() { return }
    let end = DispatchTime.now().uptimeNanoseconds + spinNanoseconds
    repeat {
      for _ in 0..<32 {
        if isDone() { return }
        qk_pause()
      }
    } while DispatchTime.now().uptimeNanoseconds < end
  }

  package init(threadCount: Int) {
    precondition(threadCount >= 1, "a pool needs a thread")
    self.threadCount = threadCount
    contention = CoreContention(threadCount: threadCount)
    unsafe cursors = .allocate(capacity: threadCount * Self.cursorStride)
    for share in 0..<threadCount { unsafe (cursors + share * Self.cursorStride).initialize(to: Atomic(0)) }
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_mutex_init(callers, nil)
    unsafe pthread_cond_init(hasWork, nil)
    unsafe pthread_cond_init(isDone, nil)
    for index in 1..<max(threadCount, 1) {
      let thread = Thread { [self] in
        var seen = 0
        while work(&seen, share: index) {}
      }
      thread.name = "quarry-compute-\(index)"
      thread.start()
    }
  }

  /// Runs `body(0) … body(count - 1)`, each once, on the pool's threads and the caller's, and returns when all are done.
  package func run(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard count > 1, threadCount > 1 else {
      for index in 0..<max(0, count) { body(index) }
      return
    }
    unsafe pthread_mutex_lock(callers)
    defer { unsafe pthread_mutex_unlock(callers) }
    let start = DispatchTime.now().uptimeNanoseconds
    contention.begin(at: start)
    guard contention.threadCount > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    var body = body
    unsafe withUnsafeMutablePointer(to: &body) { pointer in
      let job = unsafe Job(body: pointer, count: count, threadCount: contention.threadCount)
      unsafe pthread_mutex_lock(lock)
      self.job = job
      for share in 0..<job.threadCount {
        unsafe cursors[share * Self.cursorStride].store(share == 0 ? 0 : job.end(ofShare: share - 1), ordering: .relaxed)
      }
      generation.add(1, ordering: .releasing)
      if parkedCount > 0 { unsafe pthread_cond_broadcast(hasWork) }
      unsafe pthread_mutex_unlock(lock)

      takeParts(of: job, from: 0)

      let partsEnd = DispatchTime.now().uptimeNanoseconds
      // No worker can enter once the job is gone; those inside are waited for.
      unsafe pthread_mutex_lock(lock)
      self.job = nil
      unsafe pthread_mutex_unlock(lock)
      Self.spin { active.load(ordering: .acquiring) == 0 }
      if active.load(ordering: .acquiring) > 0 {
        unsafe pthread_mutex_lock(lock)
        while active.load(ordering: .acquiring) > 0 { unsafe pthread_cond_wait(isDone, lock) }
        unsafe pthread_mutex_unlock(lock)
      }
      let end = DispatchTime.now().uptimeNanoseconds
      contention.note(total: end - start, waited: end - partsEnd, at: end)
    }
  }

  /// Its threads hold the pool, so that nobody is in it when it goes.
  deinit {
    unsafe pthread_mutex_destroy(lock)
    unsafe pthread_mutex_destroy(callers)
    unsafe pthread_cond_destroy(hasWork)
    unsafe pthread_cond_destroy(isDone)
    unsafe cursors.deallocate()
    unsafe lock.deallocate()
    unsafe callers.deallocate()
    unsafe hasWork.deallocate()
    unsafe isDone.deallocate()
  }

  /// Ends the pool's threads; it must not be used after.
  package func close() {
    unsafe pthread_mutex_lock(lock)
    isClosed = true
    generation.add(1, ordering: .releasing)
    unsafe pthread_cond_broadcast(hasWork)
    unsafe pthread_mutex_unlock(lock)
  }

  /// - Parameter share: The thread's own.
  private func takeParts(of job: Job, from share: Int) {
    for offset in 0..<job.threadCount {
      let share = (share + offset) % job.threadCount
      let end = job.end(ofShare: share)
      while true {
        let index = unsafe cursors[share * Self.cursorStride].add(1, ordering: .relaxed).oldValue
        guard index < end else { break }
        unsafe job.body.pointee(index)
      }
    }
  }

  /// Waits for a job that `seen` does not know, and takes part in it; false when the pool is closed.
  private func work(_ seen: inout Int, share: Int) -> Bool {
    Self.spin { generation.load(ordering: .acquiring) != seen }
    unsafe pthread_mutex_lock(lock)
    while generation.load(ordering: .relaxed) == seen {
      parkedCount += 1
      unsafe pthread_cond_wait(hasWork, lock)
      parkedCount -= 1
    }
    if isClosed {
      unsafe pthread_mutex_unlock(lock)
      return false
    }
    seen = generation.load(ordering: .relaxed)
    let job = active.load(ordering: .relaxed) + 1 < self.job?.threadCount ?? 0 ? self.job : nil
    if job != nil { active.add(1, ordering: .relaxed) }
    unsafe pthread_mutex_unlock(lock)
    guard let job else { return true }

    takeParts(of: job, from: share)

    if active.subtract(1, ordering: .releasing).newValue == 0 {
      unsafe pthread_mutex_lock(lock)
      unsafe pthread_cond_broadcast(isDone)
      unsafe pthread_mutex_unlock(lock)
    }
    return true
  }
}
