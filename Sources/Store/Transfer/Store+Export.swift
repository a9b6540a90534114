import Chunking
import Crypto
import DurableFiles
import Foundation

/// What an export or an import has moved.
package struct TransferReport: Sendable, Encodable {
  package var collection: String
  package var documents = 0
  package var chunks = 0
  /// Files, with those that were left out or could not be read.
  package var files = 0
}

extension Store {
  /// Writes a collection as JSON Lines, vectors included: for other programs, and for `importCollection`.
  ///
  /// All of it is of one moment, while others write. The file takes its name when it is whole and on disk.
  package func export(
    _ name: String, to path: String, isCancelled: () -> Bool = { false }, progress: (_ done: Int, _ count: Int) -> Void = { _, _ in }
  ) throws(StoreError) -> TransferReport {
    try requireOutput(path)
    let store = try atThisMoment()
    let collection = try store.requireCollection(named: name)
    let ledger = try store.ledger(of: collection.id)
    let groups = Dictionary(grouping: ledger.filter { $0.documentID != nil }) { $0.documentID ?? 0 }.sorted { $0.key < $1.key }
    var report = TransferReport(collection: name)
    let unfinished = path + ".quarry-unfinished"
    do {
      let output = try LineWriter(path: unfinished)
      defer { unlink(unfinished) }
      try output.write(
        TransferLine(
          collection: .init(
            version: TransferLine.version, name: name, embedder: collection.embedder, chunker: collection.chunker, denseWeight: collection.denseWeight
          )))
      for (id, files) in groups {
        guard let version = try store.documentVersion(id) else { throw StoreError.damagedRow("the document of \(files[0].path)") }
        let chunkCount = files[0].chunkCount
        try output.write(
          TransferLine(
            document: .init(
              root: version.root, path: version.path, sha256: version.sha256, bytes: version.byteCount, modified: version.modificationTime,
              format: version.format, title: version.title, language: version.language, metadata: version.metadata, chunks: chunkCount)))
        var written = 0
        try store.forEachChunkBatch(ofDocument: id, size: 1024) { chunks in
          if isCancelled() { throw StoreError.cancelled }
          for embedded in chunks { try output.write(TransferLine(chunk: .init(embedded))) }
          written += chunks.count
        }
        guard written == chunkCount else { throw StoreError.damagedRow("what is stored of \(version.path)") }
        report.documents += 1
        report.chunks += chunkCount
        for file in files {
          report.files += 1
          // The document's own file is known by it, unless a newer version of it could not be read.
          if file.root.hasBytes(of: version.root), file.path.hasBytes(of: version.path), file.state.answers, file.reason == nil { continue }
          try output.write(TransferLine(file: .init(file, shares: true)))
        }
        progress(report.documents, groups.count)
      }
      for entry in ledger where entry.documentID == nil && entry.state != .gone {
        try output.write(TransferLine(file: .init(entry, shares: false)))
        report.files += 1
      }
      try output.write(
        TransferLine(
          end: .init(
            documents: report.documents, chunks: report.chunks, files: report.files, lines: output.lineCount, sha256: output.checksum)))
      try output.finish()
      guard Foundation.rename(unfinished, path) == 0, syncFolder(of: path) else {
        throw StoreError.notWritable(path, String(cString: strerror(errno)))
      }
    } catch {
      throw .wrapping(error, "export the collection \(name)", path: path)
    }
    return report
  }
}

extension TransferLine.StoredChunk {
  init(_ embedded: EmbeddedChunk) {
    let chunk = embedded.chunk
    self.init(
      ordinal: chunk.ordinal, range: [chunk.textRange.lowerBound, chunk.textRange.upperBound], text: chunk.text, title: chunk.title,
      headings: chunk.headingPath, context: chunk.context, record: chunk.record, spans: chunk.spans, tokens: chunk.tokenCount,
      vector: VectorBlob.data(embedded.vector))
  }
}

extension TransferLine.File {
  init(_ entry: LedgerEntry, shares: Bool) {
    self.init(
      root: entry.root, path: entry.path, sha256: entry.sha256, bytes: entry.byteCount, modified: entry.modificationTime, state: entry.state,
      code: entry.code, reason: entry.reason, shares: shares)
  }
}

/// Writes lines of JSON, a megabyte at a time.
private final class LineWriter {
  private let path: String
  private let descriptor: Int32
  private var buffer = Data()
  private let encoder = JSONEncoder()
  private(set) var lineCount = 0
  private var hash = SHA256()
  /// Of all lines so far.
  var checksum: String { hexadecimal(hash.finalize()) }

  init(path: String) throws(StoreError) {
    self.path = path
    descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .notWritable(path, String(cString: strerror(errno))) }
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  deinit { close(descriptor) }

  func write(_ line: TransferLine) throws {
    let bytes = try encoder.encode(line) + [0x0A]
    hash.update(data: bytes)
    buffer.append(bytes)
    lineCount += 1
    if buffer.count >= 1 << 20 { try flush() }
  }

  /// Puts everything on disk.
  func finish() throws {
    try flush()
    guard fsync(descriptor) == 0 else { throw StoreError.notWritable(path, String(cString: strerror(errno))) }
  }

  private func flush() throws {
    var rest = buffer
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw StoreError.notWritable(path, String(cString: strerror(errno))) }
      rest = rest.dropFirst(count)
    }
    buffer = Data()
  }
}
