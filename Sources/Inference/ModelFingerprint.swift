import Crypto
import Foundation
import ModelFile
import Synchronization

/// What names a model by its content: keys and values that are kept on disk are those of these very bytes.
///
/// SHA-256 of the SHA-256s of the files' pieces, so that all cores compute it; the first half of it, in hexadecimal.
enum ModelFingerprint {
  private static let pieceByteCount = 4 << 20

  static func of(_ files: [MappedFile], pool: ComputePool) -> String {
    let pieces = files.flatMap { file in
      stride(from: 0, to: file.byteCount, by: pieceByteCount).map { (file: file, range: $0..<min($0 + pieceByteCount, file.byteCount)) }
    }
    let hashes = Mutex([SHA256.Digest?](repeating: nil, count: pieces.count))
    pool.run(count: pieces.count) { index in
      let piece = pieces[index]
      let hash = unsafe piece.file.withBytes(piece.range) { bytes in
        var hash = SHA256()
        unsafe hash.update(bufferPointer: bytes)
        return hash.finalize()
      }
      hashes.withLock { $0[index] = hash }
    }
    var all = SHA256()
    // Where one file ends and the next begins counts too.
    for file in files { unsafe withUnsafeBytes(of: UInt64(file.byteCount).littleEndian) { unsafe all.update(bufferPointer: $0) } }
    for hash in hashes.withLock({ $0 }) { if let hash { all.update(data: Data(hash)) } }
    return all.finalize().prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
