import Chunking
import Crypto
import Documents
import Foundation

/// Reads files in this process.
final class LocalReading: FileReading {
  private let reader: DocumentReader
  private let chunker: Chunker

  init(reader: DocumentReader, chunker: Chunker) {
    self.reader = reader
    self.chunker = chunker
  }

  func read(_ path: String, metadata: Data, isWanted: (String) -> Bool, isCancelled: () -> Bool) throws -> ReadFile? {
    if let parted = try reader.partedFile(path) {
      var hash = SHA256()
      var isStopped = false
      try parted.forEachPiece {
        hash.update(data: $0)
        isStopped = isStopped || isCancelled()
      }
      if isStopped { throw IngestionError.cancelled }
      hash.update(data: metadata)
      let file = LongFile(path: path, byteCount: parted.byteCount, metadata: metadata, sha256: hexadecimal(hash.finalize()))
      guard isWanted(file.sha256) else { return nil }
      return ReadFile(head: DocumentHead(of: try parted.firstPart()), text: .long(file))
    }
    let content = try reader.content(ofFile: path)
    guard isWanted(sha256(of: content, and: metadata)) else { return nil }
    let document = try withoutActuallyEscaping(isCancelled) { try reader.read(content, path: path, isCancelled: $0) }
    return ReadFile(head: DocumentHead(of: document), text: .chunks(chunker.chunks(of: document)))
  }

  func forEachPart(of file: LongFile, isCancelled: () -> Bool, _ body: ([Chunk], Double) throws -> Void) throws {
    guard let parted = try? reader.partedFile(file.path, byteCount: file.byteCount), parted.byteCount == file.byteCount else {
      throw DocumentError.changed(file.path)
    }
    var hash = SHA256()
    var parts = parted.parts()
    var place = ChunkPlace()
    while !isCancelled(), let part = try parts.next(consumed: { hash.update(data: $0) }) {
      try body(chunker.chunks(of: part, after: &place), Double(parts.offset) / Double(file.byteCount))
    }
    if isCancelled() { throw IngestionError.cancelled }
    hash.update(data: file.metadata)
    // What was embedded of one content must not be stored as that of another.
    guard hexadecimal(hash.finalize()) == file.sha256 else { throw DocumentError.changed(file.path) }
  }
}
