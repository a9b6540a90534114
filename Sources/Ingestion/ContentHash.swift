import Crypto
import Documents
import Foundation

/// SHA-256 of a file's bytes, and of `more` behind them, in lower-case hexadecimal, read in pieces of 1 MiB.
func sha256(ofFile path: String, and more: Data = Data()) throws(DocumentError) -> String {
  guard let handle = FileHandle(forReadingAtPath: path) else { throw .unreadable(path, String(cString: strerror(errno))) }
  defer { try? handle.close() }
  var hash = SHA256()
  do {
    while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
  } catch {
    throw .unreadable(path, error.localizedDescription)
  }
  hash.update(data: more)
  return hexadecimal(hash.finalize())
}

/// The same of bytes that are there.
func sha256(of bytes: [UInt8], and more: Data) -> String {
  var hash = SHA256()
  hash.update(data: bytes)
  hash.update(data: more)
  return hexadecimal(hash.finalize())
}

/// Two lower-case digits a byte.
func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
  digest.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}
