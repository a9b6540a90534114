import CFaiss
import Crypto
import Foundation

// An index file, version 1, all numbers little-endian:
//
//   offset 0   8 bytes  "QUARRYVI"
//          8   u32      version
//         12   u32      kind: 0 exact, 1 HNSW
//         16   u32      dimension
//         20   u32      metric: 0 inner product
//         24   u64      count of vectors
//         32   u64      count of labels: 0, or one for each vector
//         40   i64 …    labels
//              …        the index in FAISS's own form
//   end −40   u64      length of the whole file
//   end −32   32 bytes SHA-256 of everything before
//
// FAISS's reader trusts its input, so nothing is given to it before the length and the checksum are right.

private let magic = Array("QUARRYVI".utf8)
private let headerByteCount = 40
private let trailerByteCount = 40

/// An index read from a file, with what was saved beside it.
package struct LoadedVectorIndex: Sendable {
  package var index: VectorIndex
  /// One for each position, or none.
  package var labels: [Int64]
  /// SHA-256 of the file's content, in lower-case hexadecimal: what `save` returned.
  package var checksum: String
}

extension VectorIndex {
  /// The version of the file's form that is written, and the only one that is read.
  package static let fileVersion: UInt32 = 1

  /// Writes the index to a file that appears whole and on disk or not at all; an old file of that name stands until then.
  ///
  /// - Parameters:
  ///   - labels: A number for each position, saved with it; or none.
  ///   - before: Called before each step of writing, for tests: what it throws is what the step fails with.
  /// - Returns: The checksum, in lower-case hexadecimal.
  @discardableResult
  package func save(to path: String, labels: [Int64] = [], before: (FileStep) throws -> Void = { _ in }) throws(VectorIndexError) -> String {
    precondition(labels.isEmpty || labels.count == count, "each vector has one label, or none has")
    return try withoutActuallyEscaping(before) { before throws(VectorIndexError) in
      let file = try DurableFile(path: path, before: before)
      var header = magic
      for number in [Self.fileVersion, kind == .hnsw ? 1 : 0, UInt32(dimension), 0] { header.append(littleEndian: number) }
      header.append(littleEndian: UInt64(count))
      header.append(littleEndian: UInt64(labels.count))
      for label in labels { header.append(littleEndian: UInt64(bitPattern: label)) }
      try write(header, to: file)
      try writeEngineForm(to: file)
      var length: [UInt8] = []
      length.append(littleEndian: UInt64(file.byteCount + trailerByteCount))
      try write(length, to: file)
      let sum = try file.checksum()
      try write(sum, to: file)
      _ = try file.finish()
      return hexadecimal(sum)
    }
  }

  /// Reads an index back, after its length and checksum were found right.
  package static func load(from path: String) throws(VectorIndexError) -> LoadedVectorIndex {
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped) } catch {
      throw .file(path, "read", error.localizedDescription)
    }
    guard data.count >= headerByteCount + trailerByteCount else { throw .damaged(path, "it has only \(data.count) bytes") }
    guard data.prefix(magic.count).elementsEqual(magic) else { throw .damaged(path, "it does not begin like an index of Quarry") }
    let version: UInt32 = data.number(at: 8)
    guard version == fileVersion else { throw .unknownVersion(path, found: version, known: fileVersion) }
    let length: UInt64 = data.number(at: data.count - trailerByteCount)
    guard length == UInt64(data.count) else { throw .damaged(path, "it has \(data.count) bytes, and its end does not say so") }
    let sum = SHA256.hash(data: data.prefix(data.count - 32))
    guard data.suffix(32).elementsEqual(sum) else { throw .damaged(path, "its checksum is wrong") }

    let labelCount: UInt64 = data.number(at: 32)
    let room = data.count - headerByteCount - trailerByteCount
    guard labelCount <= UInt64(room / 8) else { throw .damaged(path, "its labels do not fit in it") }
    let labels = (0..<Int(labelCount)).map { Int64(bitPattern: data.number(at: headerByteCount + 8 * $0)) }
    let start = headerByteCount + 8 * Int(labelCount)
    let index = try readEngineForm(data[start..<(data.count - trailerByteCount)], path: path)
    guard UInt32(clamping: index.dimension) == data.number(at: 16), UInt64(index.count) == data.number(at: 24),
      data.number(at: 12) as UInt32 == (index.kind == .hnsw ? 1 : 0), data.number(at: 20) as UInt32 == 0,
      labels.isEmpty || labels.count == index.count
    else { throw .damaged(path, "its header and its index differ") }
    return LoadedVectorIndex(index: index, labels: labels, checksum: hexadecimal(sum))
  }

  private func writeEngineForm(to file: DurableFile) throws(VectorIndexError) {
    /// Where the callback leaves the error that stopped it.
    final class Sink {
      let file: DurableFile
      var failure: VectorIndexError?
      init(_ file: DurableFile) { self.file = file }
    }
    let sink = Sink(file)
    do {
      // The sink outlives the call, which is the only user of the unmanaged reference.
      try unsafe callEngine("write the index") { message, capacity in
        unsafe qf_index_write(
          handle,
          { context, bytes, count in
            guard let context = unsafe context, let bytes = unsafe bytes else { return 1 }
            let sink = unsafe Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue()
            do throws(VectorIndexError) {
              try unsafe sink.file.write(UnsafeRawBufferPointer(start: bytes, count: count))
              return 0
            } catch {
              sink.failure = error
              return 1
            }
          },
          Unmanaged.passUnretained(sink).toOpaque(), message, capacity)
      }
    } catch {
      throw sink.failure ?? error
    }
    withExtendedLifetime(sink) {}
  }

  private static func readEngineForm(_ data: Data, path: String) throws(VectorIndexError) -> VectorIndex {
    var made: OpaquePointer?
    do {
      // The mapped bytes live for the call, and FAISS copies them.
      try unsafe callEngine("read the index") { message, capacity in
        unsafe data.withUnsafeBytes { bytes in
          guard let base = bytes.baseAddress else { return QF_FAILED }
          return unsafe qf_index_read(base, bytes.count, searchCandidateCount, &made, message, capacity)
        }
      }
    } catch {
      throw .damaged(path, error.why ?? error.message)
    }
    guard let made = unsafe made else { preconditionFailure("FAISS reported success and made no index") }
    return unsafe VectorIndex(adopting: made)
  }
}

private func write(_ bytes: [UInt8], to file: DurableFile) throws(VectorIndexError) {
  var failure: VectorIndexError?
  unsafe bytes.withUnsafeBytes { buffer in
    do throws(VectorIndexError) { try unsafe file.write(buffer) } catch { failure = error }
  }
  if let failure { throw failure }
}

/// Two lower-case digits a byte.
private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
    for shift in stride(from: 0, to: number.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }
}

extension Data {
  /// The little-endian number at an offset from the start; the caller has checked that it is there.
  fileprivate func number<N: FixedWidthInteger>(at offset: Int) -> N {
    (0..<N.bitWidth / 8).reversed().reduce(0) { $0 << 8 | N(truncatingIfNeeded: self[startIndex + offset + $1]) }
  }
}
