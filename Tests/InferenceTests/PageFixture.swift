import Foundation
import Inference
import Testing

/// Small pages for tests.
enum PageFixture {
  static let identity = PageIdentity(modelFingerprint: "model", keyValueType: "q8", contract: "1", blockByteCount: 10_000)
  static let slotByteCount = 4096 + 12_288

  static func payload(_ seed: UInt64) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<identity.blockByteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  static func write(_ file: PageFile, _ record: PageRecord, _ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { file.write(record, $0) } }

  static func read(_ file: PageFile, _ record: PageRecord) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: identity.blockByteCount)
    return bytes.withUnsafeMutableBytes { file.read(record, into: $0) } ? bytes : nil
  }

  /// A record after another, or the first of its namespace.
  static func record(_ slot: Int, _ tokens: [Int32], after parent: PageRecord? = nil, namespace: String = "") -> PageRecord {
    let parentDigest = parent?.digest ?? PageDigest(ofNamespace: namespace)
    return PageRecord(slot: slot, digest: PageDigest(of: tokens, after: parentDigest), parent: parentDigest, namespace: namespace, tokens: tokens)
  }

  static func full(_ first: Int32) -> [Int32] { (0..<64).map { first + $0 } }

  static func open(_ directory: URL, _ identity: PageIdentity = PageFixture.identity, slotCount: Int = 8) throws -> PageFile {
    try PageFile(directory: directory, identity: identity, byteLimit: slotCount * slotByteCount)
  }
}

/// A folder for page files that goes when the test ends.
final class PageFolderFixture {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("quarry-pages-\(UUID().uuidString)")

  deinit { try? FileManager.default.removeItem(at: url) }

  var file: URL {
    get throws {
      let files = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
      return try #require(files.first { $0.pathExtension == "pages" })
    }
  }

  /// Bytes that all files take on disk.
  var byteCount: Int {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: url.path).reduce(0) { sum, name in
        var status = stat()
        return sum + (lstat(url.path + "/" + name, &status) == 0 ? 512 * Int(status.st_blocks) : 0)
      }
    }
  }

  func open(_ identity: PageIdentity = PageFixture.identity, slotCount: Int = 8) throws -> PageFile {
    try PageFixture.open(url, identity, slotCount: slotCount)
  }
}
