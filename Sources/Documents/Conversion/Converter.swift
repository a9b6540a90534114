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

  /// Process groups of converters that run.
  private static let running = Mutex<Set<pid_t>>([])

  /// Kills what converts in this process: to be called right before it ends.
  package static func endAll() { running.withLock { $0.forEach { kill(-$0, SIGKILL) } } }

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
      guard var child = try? ChildProcess([unshare] + options + [probe], environment: environment) else { continue }
      defer { child.end() }
      child.closeInput()
      if child.wait(until: .now + .seconds(10)) == 0 { return [unshare] + options }
    }
    return []
  }()

  /// Whether converters have no network here.
  package static var isIsolated: Bool { !isolation.isEmpty }

  /// Tesseract's threads wait for each other in loops: a page takes twice the processor's time with four as with one, and no less of the clock's.
  private static let environment = ["LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "OMP_THREAD_LIMIT=1"]

  /// - Parameters:
  ///   - input: What the program reads from its standard input; it may stop reading before the end.
  ///   - seeks: Whether it goes back and forth in its input, which is then a file without a name.
  ///   - keepsOutput: Otherwise what it writes is only counted.
  package func run(_ arguments: [String], input: [UInt8], seeks: Bool = false, keepsOutput: Bool = true) throws(Failure) -> Output {
    guard let executable = Self.find(program) else { throw .missing }
    var command = [executable] + arguments
    // util-linux sets the limits between fork and exec, where Swift code must not run. Half of the addresses may be written: the rest is programs,
    // libraries, and what Haskell's collector only reserves.
    if let limiter = Self.find("prlimit") {
      command =
        [
          limiter, "--as=\(memoryByteCount)", "--data=\(memoryByteCount / 2)", "--cpu=\(seconds)", "--fsize=0", "--core=0", "--nofile=64", "--",
        ] + command
    }
    // Nobody waits for it when this process is killed.
    if let guardian = Self.find("setpriv") { command = [guardian, "--pdeathsig", "KILL", "--"] + command }
    command = Self.isolation + command
    let file = seeks ? try Self.namelessFile(input) : nil
    defer { if let file { close(file) } }
    var child: ChildProcess
    do { child = try ChildProcess(command, input: file, keepsErrors: true, environment: Self.environment) } catch { throw .notStarted(error.reason) }
    Self.running.withLock { _ = $0.insert(child.process) }
    defer {
      Self.running.withLock { _ = $0.remove(child.process) }
      child.end()
    }
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
        pollfd(fd: isOpen[1] ? child.errors ?? -1 : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: child.input ?? -1, events: Int16(POLLOUT), revents: 0),
      ]
      let ready = poll(&polled, 3, Int32(min(1000, max(1, left / .milliseconds(1)))))
      if ready <= 0 { continue }
      if polled[2].revents != 0, let descriptor = child.input {
        let count = input.withUnsafeBytes { send(descriptor, $0.baseAddress.map { $0 + sentCount }, $0.count - sentCount, Int32(MSG_NOSIGNAL)) }
        if count > 0 { sentCount += count } else if count < 0, errno != EINTR, errno != EAGAIN { sentCount = input.count }
      }
      for index in 0..<2 where polled[index].revents != 0 {
        let piece = ChildProcess.readSome(polled[index].fd)
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
    guard let status = child.wait(until: deadline) else { throw .tooSlow }
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

  static func find(_ program: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(program)" }.first { $0.hasPrefix("/") && access($0, X_OK) == 0 }
  }
}
