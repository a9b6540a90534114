import Crypto
import Foundation

/// SHA-256 of a whole file, in lower-case hexadecimal, read in pieces of 1 MiB.
func sha256(ofFile path: String) throws(ModelError) -> String {
  guard let handle = FileHandle(forReadingAtPath: path) else { throw .file(path, "open", String(cString: strerror(errno))) }
  defer { try? handle.close() }
  var hash = SHA256()
  do {
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
  } catch {
    throw .file(path, "read", error.localizedDescription)
  }
  return hash.finalize().map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}
