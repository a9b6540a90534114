import Foundation
import Synchronization

/// Runs a program that converts a document, as a child that cannot harm: no shell, no file but what comes through its standard input, no network and no
/// rights of the user's where the system allows to take them, limits on time, memory and output, and killed with all its children when it passes one.
package struct Converter {
  package struct Output {
    package var bytes: [UInt8]
    /// The first lines of standard error, `complaintByteCount` at most.
    package var complaint: String
    package var exitCode: Int32
  }

  package enum Failure: Error {
    case missing
    case notStarted(String)
    case tooSlow
    case tooMuchOutput
    /// Stopped by a signal; memory or CPU limits end so.
    case killed(Int32)
  }

  /// Bytes of standard error that are kept.
  static let complaintByteCount = 1 << 16

  /// Found along `PATH`.
  let program: String
  let seconds: Int
  let memoryByteCount: Int
  let outputByteCount: Int

  private static let starting = Mutex(())

  package init(program: String, seconds: Int, memoryByteCount: Int, outputByteCount: Int) {
    self.program = program
    self.seconds = seconds
    self.memoryByteCount = memoryByteCount
    self.outputByteCount = outputByteCount
  }

  /// What goes in front of a command to run it in a network of its own, without any way out, as nobody; empty where the system does not allow it.
  private static let isolation: [String] = {
    guard let unshare = find("unshare"), let probe = find("true") else { return [] }
    for options in [["--user", "--net", "--"], ["--net", "--"]] {
      guard var child = try? starting.withLock({ _ in Result { () throws(Failure) in try Child([unshare] + options + [probe]) } }).get() else {
        continue
      }
      defer { child.end() }
      child.closeInput()
      if (try? child.wait(until: .now + .seconds(10))) == 0 { return [unshare] + options }
    }
    return []
  }()

  /// Whether converters have no network here.
  package static var isIsolated: Bool { !isolation.isEmpty }

  /// - Parameters:
  ///   - input: What the program reads from its standard input; it may stop reading before the end.
  ///   - seeks: Whether it goes back and forth in its input, which is then a file without a name.
  ///   - keepsOutput: Otherwise what it writes is only counted.
  package func run(_ arguments: [String], input: [UInt8], seeks: Bool = false, keepsOutput: Bool = true) throws(Failure) -> Output {
    guard let executable = Self.find(program) else { throw .missing }
    var command = [executable] + arguments
    // util-linux sets the limits between fork and exec, where Swift code must not run.
    if let limiter = Self.find("prlimit") {
      command =
        [
          limiter, "--as=\(memoryByteCount)", "--cpu=\(seconds)", "--fsize=0", "--core=0", "--nofile=64", "--",
        ] + command
    }
    command = Self.isolation + command
    // One at a time: a child started between another's pipe and its close-on-exec mark would keep that pipe open.
    let file = seeks ? try Self.namelessFile(input) : nil
    defer { if let file { close(file) } }
    let started = Self.starting.withLock { _ in Result { () throws(Failure) in try Child(command, input: file) } }
    var child = try started.get()
    defer { child.end() }
    let deadline = ContinuousClock.now + .seconds(seconds)
    var bytes: [UInt8] = []
    var writtenCount = 0
    var complaint: [UInt8] = []
    var isOpen = [true, true]
    var sentCount = seeks ? input.count : 0
    while isOpen[0] || isOpen[1] {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw .tooSlow }
      if sentCount == input.count { child.closeInput() }
      var polled = [
        pollfd(fd: isOpen[0] ? child.output : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isOpen[1] ? child.errors : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: child.input ?? -1, events: Int16(POLLOUT), revents: 0),
      ]
      let ready = poll(&polled, 3, Int32(min(1000, max(1, left / .milliseconds(1)))))
      if ready <= 0 { continue }
      if polled[2].revents != 0, let descriptor = child.input {
        let count = input.withUnsafeBytes { send(descriptor, $0.baseAddress.map { $0 + sentCount }, $0.count - sentCount, Int32(MSG_NOSIGNAL)) }
        if count > 0 { sentCount += count } else if count < 0, errno != EINTR, errno != EAGAIN { sentCount = input.count }
      }
      for index in 0..<2 where polled[index].revents != 0 {
        let piece = Self.readSome(polled[index].fd)
        guard let piece else { continue }
        if piece.isEmpty {
          isOpen[index] = false
        } else if index == 0 {
          writtenCount += piece.count
          guard writtenCount <= outputByteCount else { throw .tooMuchOutput }
          if keepsOutput { bytes += piece }
        } else if complaint.count < Self.complaintByteCount {
          complaint += piece
        }
      }
    }
    let status = try child.wait(until: deadline)
    if status & 0x7F != 0 { throw .killed(status & 0x7F) }
    return Output(bytes: bytes, complaint: String(decoding: complaint.prefix(Self.complaintByteCount), as: UTF8.self), exitCode: (status >> 8) & 0xFF)
  }

  private static func namelessFile(_ content: [UInt8]) throws(Failure) -> Int32 {
    let path = NSTemporaryDirectory() + "quarry-" + UUID().uuidString
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .notStarted(String(cString: strerror(errno))) }
    unlink(path)
    do { try FileHandle(fileDescriptor: descriptor).write(contentsOf: content) } catch {
      close(descriptor)
      throw .notStarted(error.localizedDescription)
    }
    lseek(descriptor, 0, SEEK_SET)
    return descriptor
  }

  /// Empty at the end, `nil` when there is nothing just now.
  private static func readSome(_ descriptor: Int32) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0 { return errno == EINTR || errno == EAGAIN ? nil : [] }
    return Array(buffer.prefix(count))
  }

  static func find(_ program: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
  }
}

/// A running child process, the writing end of its input and the reading ends of its pipes.
private struct Child {
  let process: pid_t
  /// `nil` once it is closed.
  private(set) var input: Int32?
  let output: Int32
  let errors: Int32
  private var isReaped = false

  /// - Parameter file: What it reads as its input in the place of what is sent to it.
  init(_ command: [String], input file: Int32? = nil) throws(Converter.Failure) {
    var outputPipe: [Int32] = [-1, -1]
    var errorPipe: [Int32] = [-1, -1]
    // A socket, since writing to one whose reader is gone need not raise a signal.
    var inputPair: [Int32] = [-1, -1]
    guard pipe(&outputPipe) == 0, pipe(&errorPipe) == 0, socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &inputPair) == 0 else {
      let reason = String(cString: strerror(errno))
      for descriptor in outputPipe + errorPipe where descriptor >= 0 { close(descriptor) }
      throw .notStarted(reason)
    }
    for descriptor in outputPipe + errorPipe + inputPair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(inputPair[1], F_SETFL, O_NONBLOCK)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, file ?? inputPair[0], 0)
    posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
    posix_spawn_file_actions_adddup2(&actions, errorPipe[1], 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A group of its own, so that it can be killed with what it starts.
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))

    let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    let variables = ["LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"]
    let environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, command[0], &actions, &attributes, arguments, environment)
    for descriptor in [outputPipe[1], errorPipe[1], inputPair[0]] { close(descriptor) }
    guard code == 0 else {
      for descriptor in [outputPipe[0], errorPipe[0], inputPair[1]] { close(descriptor) }
      throw .notStarted(String(cString: strerror(code)))
    }
    self.process = process
    input = inputPair[1]
    output = outputPipe[0]
    errors = errorPipe[0]
  }

  /// The child's standard input ends here.
  mutating func closeInput() {
    if let input { close(input) }
    input = nil
  }

  /// - Returns: The status word of `waitpid`.
  mutating func wait(until deadline: ContinuousClock.Instant) throws(Converter.Failure) -> Int32 {
    var status: Int32 = 0
    while true {
      let result = waitpid(process, &status, WNOHANG)
      if result == process {
        isReaped = true
        return status
      }
      if result < 0, errno != EINTR {
        isReaped = true
        throw .notStarted(String(cString: strerror(errno)))
      }
      guard ContinuousClock.now < deadline else { throw .tooSlow }
      usleep(500)
    }
  }

  /// Kills the child if it still runs and takes its status, so that none is left behind.
  mutating func end() {
    closeInput()
    close(output)
    close(errors)
    guard !isReaped else { return }
    kill(-process, SIGKILL)
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    isReaped = true
  }
}
