import Chunking
import Crypto
import DurableFiles
import Documents
import Foundation

extension Store {
  /// Makes a collection of a file that `export` wrote, or another program in its form.
  ///
  /// Nothing of it is seen until all of it is there and was checked.
  ///
  /// - Parameters:
  ///   - name: Of the collection to make; `nil` for the name that it had.
  ///   - isCancelled: Asked between documents; nothing stays then.
  package func importCollection(
    _ path: String, as name: String?, isCancelled: () -> Bool = { false }, progress: (_ fraction: Double) -> Void = { _ in }
  ) throws(StoreError) -> TransferReport {
    do {
      let lines = try LineReader(path: path)
      guard let first = try lines.next(), let header = first.collection else {
        throw StoreError.export(path, line: 1, "its first line is no collection")
      }
      guard header.version == TransferLine.version else {
        throw StoreError.export(path, line: 1, "it is of version \(header.version), this Quarry reads version \(TransferLine.version)")
      }
      guard (1...65536).contains(header.embedder.dimension) else { throw StoreError.export(path, line: 1, "its vectors cannot have so many numbers") }
      let name = name ?? header.name
      guard try collection(named: name) == nil else { throw StoreError.collectionExists(name) }
      try abandonReplacement(of: name)
      // Its name is checked as any other's.
      let replacement = try beginReplacement(of: checkedName(name), embedder: header.embedder, chunker: header.chunker).id
      var transfer = IncomingCollection(store: self, collection: replacement, dimension: header.embedder.dimension, path: path, lines: lines)
      do {
        while try transfer.takeNext() {
          if isCancelled() { throw StoreError.cancelled }
          progress(lines.fraction)
        }
        if let weight = header.denseWeight, (0...1).contains(weight) { try setDenseWeight(weight, of: replacement) }
        try finishReplacement(replacement, of: name)
      } catch {
        _ = try? abandonReplacement(of: name)
        throw error
      }
      var report = transfer.report
      report.collection = name
      return report
    } catch {
      throw .wrapping(error, "import \(path)", path: path)
    }
  }
}

/// A collection as it comes in, line by line.
private struct IncomingCollection {
  let store: Store
  let collection: CollectionID
  let dimension: Int
  let path: String
  let lines: LineReader
  var report = TransferReport(collection: "")

  private var pending: [FileChange] = []
  private var pendingChunkCount = 0
  /// The document that files share.
  private var last: DocumentVersion?
  /// Roots and paths of those that came.
  private var seen: Set<[UInt8]> = []

  init(store: Store, collection: CollectionID, dimension: Int, path: String, lines: LineReader) {
    self.store = store
    self.collection = collection
    self.dimension = dimension
    self.path = path
    self.lines = lines
  }

  /// - Returns: Whether more is to come.
  mutating func takeNext() throws -> Bool {
    guard let line = try lines.next() else { throw fault("it ends before its last line: it was cut off") }
    if let document = line.document {
      try take(document)
    } else if let file = line.file {
      try take(file)
    } else if let end = line.end {
      try flush()
      guard end.documents == report.documents, end.chunks == report.chunks, end.files == report.files, end.lines == lines.taken - 1 else {
        throw fault("it should have \(end.documents) documents, \(end.chunks) chunks and \(end.files) files in \(end.lines) lines, and has others")
      }
      if let sum = end.sha256, sum != lines.checksumOfPrevious { throw fault("its checksum is wrong: something in it was changed") }
      guard try lines.next() == nil else { throw fault("there is something behind its end") }
      return false
    } else {
      throw fault("this line is none of a document, a file and the end")
    }
    return true
  }

  private mutating func take(_ document: TransferLine.Document) throws {
    let version = DocumentVersion(
      root: document.root, path: document.path, sha256: document.sha256, byteCount: document.bytes, modificationTime: document.modified,
      format: document.format, title: document.title, language: document.language, metadata: document.metadata)
    guard document.bytes >= 0 else { throw fault("the document has impossible numbers") }
    try requireWhole(
      [document.root, document.path, document.sha256, document.format, document.title, document.language]
        + document.metadata.flatMap { [$0.key] + $0.value })
    guard seen.insert(Array("\(document.root)\0\(document.path)".utf8)).inserted else { throw fault("a document has the path of one before it") }
    let count = max(0, document.chunks)
    if count > Self.heldChunkCount {
      // They are read while they are written.
      try flush()
      let stream = ChunkStream(count: count) { [self] body in
        for ordinal in 0..<count { try body([nextChunk(ordinal, of: count)]) }
      }
      try store.apply([FileChange(version, .stored(stream))], in: collection)
    } else {
      try pending.append(FileChange(version, .stored(ChunkStream((0..<count).map { ordinal in try nextChunk(ordinal, of: count) }))))
      pendingChunkCount += count
    }
    last = version
    report.documents += 1
    report.chunks += count
    report.files += 1
    if pendingChunkCount >= Self.heldChunkCount || pending.count >= 256 { try flush() }
  }

  /// Chunks that wait to be written, at most twice as many.
  private static let heldChunkCount = 1024

  private func nextChunk(_ ordinal: Int, of count: Int) throws -> EmbeddedChunk {
    guard let line = try lines.next(), let chunk = line.chunk else { throw fault("a document of \(count) chunks has only \(ordinal)") }
    return try embedded(chunk, ordinal: ordinal)
  }

  private func embedded(_ chunk: TransferLine.StoredChunk, ordinal: Int) throws -> EmbeddedChunk {
    guard chunk.ordinal == ordinal, chunk.range.count == 2, chunk.range[0] >= 0, chunk.range[0] <= chunk.range[1],
      chunk.spans.allSatisfy({ $0.offset >= 0 && $0.source.isPossible }), chunk.tokens >= 0
    else { throw fault("the chunk has impossible numbers") }
    guard !chunk.text.isEmpty else { throw fault("the chunk has no text") }
    try requireWhole([chunk.text, chunk.title, chunk.context, chunk.record?.name, chunk.record?.title] + chunk.headings)
    let vector = chunk.vector.count == dimension * MemoryLayout<Float>.size ? VectorBlob.vector(chunk.vector) : []
    guard vector.count == dimension, vector.allSatisfy(\.isFinite) else { throw fault("the chunk's vector does not have \(dimension) numbers") }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard abs(length - 1) < 0.01 else { throw fault("the chunk's vector has the length \(length), not 1") }
    let stored = Chunk(
      ordinal: ordinal, textRange: chunk.range[0]..<chunk.range[1], text: chunk.text, title: chunk.title, headingPath: chunk.headings,
      context: chunk.context, record: chunk.record, spans: chunk.spans, tokenCount: chunk.tokens)
    return EmbeddedChunk(chunk: stored, contentHash: EmbeddedChunk.contentHash(of: stored), vector: vector)
  }

  private mutating func take(_ file: TransferLine.File) throws {
    var version = DocumentVersion(
      root: file.root, path: file.path, sha256: file.sha256, byteCount: file.bytes, modificationTime: file.modified, format: "", title: nil)
    guard file.bytes >= 0 else { throw fault("the file has impossible numbers") }
    try requireWhole([file.root, file.path, file.sha256, file.code, file.reason])
    let isOwn = last.map { $0.root.hasBytes(of: file.root) && $0.path.hasBytes(of: file.path) } ?? false
    if !(file.shares && isOwn) { report.files += 1 }
    switch (file.state, file.shares, last) {
    case (.done, true, let last?), (.unchanged, true, let last?):
      version.sha256 = last.sha256
      if !isOwn { pending.append(FileChange(version, .sameAs(root: last.root, path: last.path), reason: file.reason)) }
    case (.failed, true, let last?) where !isOwn:
      var older = version
      older.sha256 = last.sha256
      pending.append(FileChange(older, .sameAs(root: last.root, path: last.path)))
      pending.append(FileChange(version, .failed(code: file.code), reason: file.reason))
    case (.failed, _, _): pending.append(FileChange(version, .failed(code: file.code), reason: file.reason))
    case (.skipped, false, _): pending.append(FileChange(version, .skipped, reason: file.reason))
    case (.new, false, _): pending.append(FileChange(version, .waiting))
    default: throw fault("a file that is \(file.state.rawValue) does not stand here")
    }
  }

  private mutating func flush() throws {
    try store.apply(pending, in: collection)
    (pending, pendingChunkCount) = ([], 0)
  }

  /// SQLite would end a text at a zero character.
  private func requireWhole(_ texts: [String?]) throws {
    if texts.contains(where: { $0?.utf8.contains(0) == true }) { throw fault("a text in it has the character U+0000, which the index cannot keep") }
  }

  private func fault(_ reason: String) -> StoreError { .export(path, line: lines.number, reason) }
}

extension SourceSpan {
  /// Whether there can be such a place in a file; numbers up to 2^53 are exact in any program that reads JSON.
  fileprivate var isPossible: Bool {
    let possible = 0...1 << 53
    return [byteRange?.lowerBound, byteRange?.upperBound].allSatisfy { $0.map(possible.contains) ?? true }
      && [lines, pages].allSatisfy { $0.map { $0.lowerBound >= 1 && possible.contains($0.upperBound) } ?? true }
  }
}

/// Reads lines of JSON, one at a time.
private final class LineReader {
  /// Bytes of a line, at most: a chunk's text is some thousands.
  private static let lineByteLimit = 64 << 20

  private let path: String
  private let descriptor: Int32
  private let byteCount: Int64
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var readCount: Int64 = 0
  private let decoder = JSONDecoder()
  /// Of the last line that was given.
  private(set) var number = 0
  /// Lines that were given: those that are not empty.
  private(set) var taken = 0
  private var hash = SHA256()
  private var hashBefore = SHA256()
  /// Of all lines before the last one that was given.
  var checksumOfPrevious: String { hexadecimal(hashBefore.finalize()) }

  init(path: String) throws(StoreError) {
    self.path = path
    descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .backupUnreadable(path, String(cString: strerror(errno))) }
    var status = stat()
    byteCount = fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
  }

  deinit { close(descriptor) }

  /// How much is read, 0…1.
  var fraction: Double { byteCount > 0 ? Double(readCount) / Double(byteCount) : 0 }

  /// The next line that is not empty; `nil` at the end.
  func next() throws -> TransferLine? {
    while let line = try nextBytes() {
      number += 1
      if line.isEmpty { continue }
      taken += 1
      hashBefore = hash
      hash.update(data: line)
      hash.update(data: [0x0A])
      do { return try decoder.decode(TransferLine.self, from: Data(line)) } catch {
        throw StoreError.export(path, line: number, "the line is not what an export has: \(Self.words(error))")
      }
    }
    return nil
  }

  private func nextBytes() throws -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return buffer[start..<end]
      }
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return buffer[start...]
      }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      guard buffer.count <= Self.lineByteLimit else {
        throw StoreError.export(path, line: number + 1, "the line is longer than \(Self.lineByteLimit) bytes")
      }
      var piece = [UInt8](repeating: 0, count: 1 << 20)
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw StoreError.backupUnreadable(path, String(cString: strerror(errno))) }
      isAtEnd = count == 0
      readCount += Int64(count)
      buffer += piece.prefix(count)
    }
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another kind"
    default: "it is not valid JSON"
    }
  }
}
