import Chunking
import Documents
import Foundation

/// The program that reads files in a process of its own: it runs `ReadingWorker`.
package struct ReadingProgram: Sendable {
  package let path: String
  package let arguments: [String]

  package init(path: String, arguments: [String]) {
    self.path = path
    self.arguments = arguments
  }
}

/// Reads files in a process of its own, one after the other: what a broken file does to its parser, endless work, all of the memory, a crash, costs that
/// file, and nothing waits for a file that nobody wants any more.
///
/// The process is started when there is something to read, and again after one that was lost. Not for several threads at a time.
final class ReadingProcess: FileReading {
  private let program: ReadingProgram
  private let setup: ReadingSetup
  private var child: ChildProcess?
  private var received: [UInt8] = []

  /// Between two looks at whether anybody still wants what is read.
  private static let patience: Int32 = 100
  /// For a process that was told to end to do so.
  private static let farewell: Duration = .seconds(2)

  init(_ program: ReadingProgram, setup: ReadingSetup) {
    self.program = program
    self.setup = setup
  }

  deinit { end() }

  func read(_ path: String, metadata: Data, isWanted: (String) -> Bool, isCancelled: () -> Bool) throws -> ReadFile? {
    try ask(.read(path: path, metadata: metadata), about: path, isCancelled)
    var head: (said: DocumentHead, long: LongFile?)?
    var chunks: [Chunk] = []
    var isRefused = false
    while true {
      switch try answer(about: path, isCancelled) {
      case .answer(.content(let sha256)):
        isRefused = !isWanted(sha256)
        try tell(.isWanted(!isRefused), about: path)
      case .answer(.head(let said, let long)): head = (said, long)
      case .chunks(let some, _): chunks += some
      case .answer(.done):
        if isRefused { return nil }
        guard let head else { throw lost(path) }
        return ReadFile(head: head.said, text: head.long.map { .long($0) } ?? .chunks(chunks))
      case .answer(.failed(let error)): throw error
      case .answer(.alive): break
      }
    }
  }

  func forEachPart(of file: LongFile, isCancelled: () -> Bool, _ body: ([Chunk], Double) throws -> Void) throws {
    try ask(.parts(file), about: file.path, isCancelled)
    // What it still has to say would be taken for the answer to the next question.
    var isFinished = false
    defer { if !isFinished { end() } }
    while true {
      switch try answer(about: file.path, isCancelled) {
      case .chunks(let chunks, let fraction): try body(chunks, fraction)
      case .answer(.done):
        isFinished = true
        return
      case .answer(.failed(let error)):
        isFinished = true
        throw error
      case .answer(.alive): break
      case .answer: throw lost(file.path)
      }
    }
  }

  // MARK: The process

  private func ask(_ request: ReadingRequest, about path: String, _ isCancelled: () -> Bool) throws {
    if isCancelled() { throw IngestionError.cancelled }
    if child == nil { try start(isCancelled) }
    try tell(request, about: path)
  }

  /// A program that does not even begin is no file's fault.
  private func start(_ isCancelled: () -> Bool) throws {
    // Converters are looked for along the same PATH. Nothing in it computes with several threads.
    let environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"]
    ) { $1 }
    do {
      child = try ChildProcess([program.path] + program.arguments, environment: environment.map { "\($0.key)=\($0.value)" })
    } catch { throw IngestionError.noReader(program.path, error.reason) }
    do {
      try write(ReadingFrame.encoded(setup), about: program.path)
      guard case .answer(.alive) = try answer(about: program.path, isCancelled) else { throw lost(program.path) }
    } catch let error as DocumentError {
      throw IngestionError.noReader(program.path, error.why ?? error.message)
    }
  }

  private func tell(_ request: ReadingRequest, about path: String) throws { try write(ReadingFrame.encoded(request), about: path) }

  private func write(_ bytes: [UInt8], about path: String) throws {
    guard let input = child?.input else { throw lost(path) }
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { send(input, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        sent += count
      } else if errno == EAGAIN || errno == EINTR {
        // It reads before it answers, and nothing but a file's metadata is long.
        var room = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
        guard poll(&room, 1, 1000 * Int32(setup.limits.silentSeconds)) > 0 else { throw lost(path) }
      } else {
        throw lost(path)
      }
    }
  }

  private enum Received {
    case answer(ReadingAnswer)
    /// Some chunks, and how much of the document is done with them, 0…1.
    case chunks([Chunk], fraction: Double)

    init(_ body: ArraySlice<UInt8>) throws {
      if let (chunks, fraction) = try ReadingFrame.chunks(body) {
        self = .chunks(chunks, fraction: fraction)
      } else {
        self = .answer(try ReadingFrame.decoded(body))
      }
    }
  }

  /// The next answer. Waits until there is one, the process has been silent for too long, or nobody wants it any more.
  private func answer(about path: String, _ isCancelled: () -> Bool) throws -> Received {
    let limit = setup.limits.silentSeconds
    // Only what was waited for counts: who is stopped, or sleeps with the machine, does not hear anything.
    var silence = Duration.zero
    while true {
      if received.count >= ReadingFrame.headByteCount {
        guard let count = ReadingFrame.byteCount(received) else { throw lost(path) }
        let frameByteCount = ReadingFrame.headByteCount + count
        if received.count >= frameByteCount {
          guard let answer = try? Received(received[ReadingFrame.headByteCount..<frameByteCount]) else { throw lost(path) }
          received.removeSubrange(..<frameByteCount)
          if case .answer(.done(isLast: true)) = answer { end() }
          return answer
        }
      }
      guard let output = child?.output else { throw lost(path) }
      if isCancelled() {
        end()
        throw IngestionError.cancelled
      }
      guard silence < .seconds(limit) else {
        end()
        throw DocumentError.stopped(path, "its parser was caught in it: nothing came of it for \(limit) s")
      }
      var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, Self.patience) > 0 else {
        silence += .milliseconds(Int(Self.patience))
        continue
      }
      guard let piece = ChildProcess.readSome(output) else { continue }
      guard !piece.isEmpty else { throw lost(path) }
      received += piece
      silence = .zero
    }
  }

  /// Ends the process, and with it what it has started.
  private func end() {
    guard var child else { return }
    child.closeInput()
    _ = child.wait(until: .now + Self.farewell)
    forget(child)
  }

  private func forget(_ ended: ChildProcess) {
    var ended = ended
    ended.end()
    child = nil
    received = []
  }

  /// Why nothing more comes of a file.
  private func lost(_ path: String) -> any Error {
    guard var child else { return DocumentError.stopped(path, "the process that read it is gone") }
    child.closeInput()
    let status = child.wait(until: .now + Self.farewell)
    forget(child)
    switch status.map({ $0 & 0x7F }) {
    case SIGKILL: return DocumentError.unreadable(path, "the process that read it was killed, as systems do that are short of memory")
    case SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGXCPU: return DocumentError.unreadable(path, "the process that read it was ended by somebody")
    case let signal? where signal != 0:
      return DocumentError.stopped(
        path, "its parser crashed, or needed more than \(setup.limits.readerMemoryByteCount >> 20) MiB of memory (signal \(signal))")
    default: return DocumentError.stopped(path, "the process that read it ended without an answer")
    }
  }
}
