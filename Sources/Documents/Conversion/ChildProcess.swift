package import Foundation
import Synchronization

/// A running child process in a process group of its own, and its ends of the pipes to it.
///
/// Whoever starts one calls `end()`, which kills it if it still runs.
package struct ChildProcess: Sendable {
  package struct NotStarted: Error {
    package let reason: String
  }

  package let process: pid_t
  /// What is written here the child reads; it does not block. `nil` once it is closed.
  package private(set) var input: Int32?
  /// What the child writes.
  package let output: Int32
  /// What it complains of; `nil` where nobody asks.
  package let errors: Int32?
  private var isReaped = false

  /// One at a time: a child started between another's pipe and its close-on-exec mark would keep that pipe open.
  private static let starting = Mutex(())

  /// - Parameters:
  ///   - command: The path of a program, and its arguments.
  ///   - input: A file that it reads in the place of what is sent to it.
  ///   - keepsErrors: Otherwise its complaints go nowhere.
  package init(_ command: [String], input file: Int32? = nil, keepsErrors: Bool = false, environment: [String]) throws(NotStarted) {
    self = try Self.starting.withLock { _ in
      Result { () throws(NotStarted) in try ChildProcess(starting: command, file, keepsErrors, environment) }
    }.get()
  }

  private init(starting command: [String], _ file: Int32?, _ keepsErrors: Bool, _ environment: [String]) throws(NotStarted) {
    var outputPipe: [Int32] = [-1, -1]
    var errorPipe: [Int32] = [-1, -1]
    // A socket, since writing to one whose reader is gone need not raise a signal.
    var inputPair: [Int32] = [-1, -1]
    guard pipe(&outputPipe) == 0, !keepsErrors || pipe(&errorPipe) == 0, socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &inputPair) == 0 else {
      let reason = String(cString: strerror(errno))
      for descriptor in outputPipe + errorPipe where descriptor >= 0 { close(descriptor) }
      throw NotStarted(reason: reason)
    }
    for descriptor in outputPipe + errorPipe + inputPair where descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(inputPair[1], F_SETFL, O_NONBLOCK)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, file ?? inputPair[0], 0)
    posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
    if keepsErrors {
      posix_spawn_file_actions_adddup2(&actions, errorPipe[1], 2)
    } else {
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that it can be killed with what it starts, and a terminal's ^C is its parent's to handle.
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    let variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, command[0], &actions, &attributes, arguments, variables)
    for descriptor in [outputPipe[1], errorPipe[1], inputPair[0]] where descriptor >= 0 { close(descriptor) }
    guard code == 0 else {
      for descriptor in [outputPipe[0], errorPipe[0], inputPair[1]] where descriptor >= 0 { close(descriptor) }
      throw NotStarted(reason: String(cString: strerror(code)))
    }
    self.process = process
    input = inputPair[1]
    output = outputPipe[0]
    errors = keepsErrors ? errorPipe[0] : nil
  }

  /// Some bytes of a pipe: empty at the end, `nil` when there is nothing just now.
  package static func readSome(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0 { return errno == EINTR || errno == EAGAIN ? nil : [] }
    return Array(buffer.prefix(count))
  }

  /// The child's standard input ends here.
  package mutating func closeInput() {
    if let input { close(input) }
    input = nil
  }

  /// - Returns: The status word of `waitpid`; `nil` if it still runs then.
  package mutating func wait(until deadline: ContinuousClock.Instant) -> Int32? {
    var status: Int32 = 0
    while true {
      let result = waitpid(process, &status, WNOHANG)
      if result == process || result < 0 && errno != EINTR {
        isReaped = true
        return status
      }
      guard ContinuousClock.now < deadline else { return nil }
      usleep(500)
    }
  }

  /// Kills the child if it still runs and takes its status, so that none is left behind.
  package mutating func end() {
    closeInput()
    close(output)
    if let errors { close(errors) }
    guard !isReaped else { return }
    kill(-process, SIGKILL)
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    isReaped = true
  }
}
