import Foundation

/// Tells when something changes in folders (inotify(7)).
///
/// A file counts as changed when who wrote it closes it, so that half of one is seldom read.
final class FolderWatch {
  private let descriptor: Int32
  /// Whether a folder could not be watched: the system has a limit, and some file systems tell nothing.
  private(set) var isIncomplete = false

  init() {
    descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    isIncomplete = descriptor < 0
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Watches folders, those that are watched already as before.
  func add(_ folders: [String]) {
    guard descriptor >= 0 else { return }
    let events = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
    for folder in folders where inotify_add_watch(descriptor, folder, UInt32(events)) < 0 {
      // One that is gone by now needs no watch.
      if errno != ENOENT && errno != ENOTDIR { isIncomplete = true }
    }
  }

  /// Returns when something has changed and nothing more does for a moment, or after a time.
  ///
  /// - Returns: Whether something has changed.
  func wait(atMost limit: Duration, isCancelled: () -> Bool) -> Bool {
    let start = ContinuousClock.now
    var first: ContinuousClock.Instant?
    var last = start
    while !isCancelled() {
      let now = ContinuousClock.now
      if let first, now - last >= Self.quietTime || now - first >= Self.longestBurst { return true }
      if first == nil, now - start >= limit { return false }
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A descriptor below 0 is passed over, and only the time counts.
      if Glibc.poll(&poll, 1, Self.stepMilliseconds) > 0, drain() {
        last = .now
        first = first ?? last
      }
    }
    return false
  }

  private static let quietTime: Duration = .milliseconds(200)
  private static let longestBurst: Duration = .seconds(1)
  private static let stepMilliseconds: Int32 = 50

  /// Takes what is there; what it says does not matter, as the whole folder is compared.
  private func drain() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var isAny = false
    while read(descriptor, &buffer, buffer.count) > 0 { isAny = true }
    return isAny
  }
}
