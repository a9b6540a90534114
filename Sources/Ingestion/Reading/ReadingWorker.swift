import Chunking
import Documents
import Embedding
import Foundation

/// The other end of a `ReadingProcess`: reads files as it is asked through standard input, and answers through standard output.
package enum ReadingWorker {
  /// Chunks of one answer.
  private static let chunkCount = 256
  /// Resident memory above which a process that has read a file makes room for a fresh one.
  private static let residentByteLimit = 256 << 20

  /// Goes on until standard input ends.
  package static func run() throws {
    endWithTheOneWhoAsks()
    guard let setup: ReadingSetup = try receive() else { return }
    limitMemory(to: setup.limits.readerMemoryByteCount)
    let counter = try TokenCounter(path: setup.embedder)
    let chunker = Ingestor.chunker(maximumTokenCount: setup.maximumTokenCount, tokenCount: counter.tokenCount(of:))
    let reading = LocalReading(reader: DocumentReader(limits: setup.limits), chunker: chunker)
    try send(.alive)
    while let request: ReadingRequest = try receive() {
      do {
        try answer(request, with: reading)
        let isLast = residentByteCount > residentByteLimit
        try send(.done(isLast: isLast))
        if isLast { return }
      } catch let error as DocumentError {
        try send(.failed(error))
      }
    }
  }

  private static func answer(_ request: ReadingRequest, with reading: LocalReading) throws {
    var told = ContinuousClock.now
    // A sign of life now and then; a pipe that nobody reads ends the process by itself.
    func isCancelled() -> Bool {
      if told.duration(to: .now) > .seconds(1) {
        told = .now
        try? send(.alive)
      }
      return false
    }
    switch request {
    case .read(let path, let metadata):
      let file = try reading.read(path, metadata: metadata, isWanted: isWanted, isCancelled: isCancelled)
      guard let file else { return }
      switch file.text {
      case .long(let long): try send(.head(file.head, long: long))
      case .chunks(let chunks):
        try send(.head(file.head, long: nil))
        send(chunks, from: 0, to: 1)
      }
    case .parts(let file):
      var before = 0.0
      try reading.forEachPart(of: file, isCancelled: isCancelled) { chunks, fraction in
        send(chunks, from: before, to: fraction)
        before = fraction
      }
    case .isWanted: preconditionFailure("nothing was asked")
    }
  }

  private static func isWanted(_ sha256: String) -> Bool {
    do {
      try send(.content(sha256: sha256))
      guard let reply: ReadingRequest = try receive(), case .isWanted(let isWanted) = reply else { exit(0) }
      return isWanted
    } catch {
      exit(0)
    }
  }

  private static func send(_ chunks: [Chunk], from before: Double, to after: Double) {
    for start in stride(from: 0, to: chunks.count, by: chunkCount) {
      let end = min(start + chunkCount, chunks.count)
      put(ReadingFrame.encoded(Array(chunks[start..<end]), fraction: before + Double(end) / Double(chunks.count) * (after - before)))
    }
  }

  // MARK: The process

  /// Whatever this process is caught in, it ends with the other end of its standard input, and with it what it has started.
  private static func endWithTheOneWhoAsks() {
    let watch = Thread {
      // A closed socket is told without being asked for.
      var input = pollfd(fd: STDIN_FILENO, events: 0, revents: 0)
      while poll(&input, 1, -1) <= 0 {}
      Converter.endAll()
      _exit(0)
    }
    watch.start()
  }

  /// Also what others in this process take: a program that reads broken files must not take the machine's memory with it.
  private static func limitMemory(to byteCount: Int) {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, rlim_t(dataByteCount + byteCount))
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }

  /// What the limit counts, as it is now.
  private static var dataByteCount: Int { pages(5) }

  private static var residentByteCount: Int { pages(1) }

  /// - Parameter field: Of `/proc/self/statm` (proc(5)).
  private static func pages(_ field: Int) -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return field < fields.count ? (Int(fields[field]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
  }

  // MARK: Messages

  private static func receive<Message: Decodable>() throws -> Message? {
    guard let head = bytes(ReadingFrame.headByteCount), let count = ReadingFrame.byteCount(head), let body = bytes(count) else { return nil }
    return try ReadingFrame.decoded(body)
  }

  /// `nil` at the end.
  private static func bytes(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let count = bytes.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      filled += count
    }
    return bytes
  }

  private static func send(_ answer: ReadingAnswer) throws { put(try ReadingFrame.encoded(answer)) }

  private static func put(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { exit(0) }
      sent += count
    }
  }
}
