import Crypto

/// The first 4 KiB of a page's slot: which block it is, and checksums of itself and of the rest.
///
/// All numbers are little-endian: magic (8 bytes), version (4), token count (4), namespace byte count (4), 0 (4), payload byte count (8), identity
/// (32), digest (32), parent (32), SHA-256 of the payload (32), tokens (256), namespace (256), zeros, and in the last 32 bytes the SHA-256 of all
/// before them.
struct PageHeader: Equatable {
  static let byteCount = 4096
  static let namespaceLimit = 256
  private static let magic: [UInt8] = Array("QuarryKV".utf8)
  private static let version: UInt32 = 1

  var identity: PageDigest
  var record: PageRecord
  var payloadByteCount: Int
  var payloadDigest: PageDigest

  var bytes: [UInt8] {
    precondition(record.tokens.count <= KVBlock.positionCount && record.namespace.utf8.count <= Self.namespaceLimit, "a header has its size")
    var bytes = Self.magic
    bytes += Self.version.littleEndianBytes
    bytes += UInt32(record.tokens.count).littleEndianBytes
    bytes += UInt32(record.namespace.utf8.count).littleEndianBytes
    bytes += UInt32(0).littleEndianBytes
    bytes += UInt64(payloadByteCount).littleEndianBytes
    for digest in [identity, record.digest, record.parent, payloadDigest] { bytes += digest.bytes }
    for index in 0..<KVBlock.positionCount { bytes += (index < record.tokens.count ? record.tokens[index] : 0).littleEndianBytes }
    bytes += record.namespace.utf8
    bytes += Array(repeating: 0, count: Self.byteCount - PageDigest.byteCount - bytes.count)
    return bytes + PageDigest(hashing: [bytes]).bytes
  }

  init(identity: PageDigest, record: PageRecord, payloadByteCount: Int, payloadDigest: PageDigest) {
    self.identity = identity
    self.record = record
    self.payloadByteCount = payloadByteCount
    self.payloadDigest = payloadDigest
  }

  /// `nil` if it is not a header that this version wrote, whole.
  init?(_ bytes: [UInt8], slot: Int) {
    guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
    let end = Self.byteCount - PageDigest.byteCount
    guard PageDigest(hashing: [Array(bytes[..<end])]).bytes == Array(bytes[end...]) else { return nil }
    func number<Value: FixedWidthInteger>(at offset: Int, _: Value.Type) -> Value {
      bytes[offset..<offset + MemoryLayout<Value>.size].reversed().reduce(0) { $0 << 8 | Value($1) }
    }
    func digest(_ index: Int) -> PageDigest { PageDigest(bytes: Array(bytes[32 + 32 * index..<64 + 32 * index])) }
    let tokenCount = Int(number(at: 12, UInt32.self))
    let namespaceCount = Int(number(at: 16, UInt32.self))
    guard number(at: 8, UInt32.self) == Self.version, (1...KVBlock.positionCount).contains(tokenCount), namespaceCount <= Self.namespaceLimit,
      let payloadByteCount = Int(exactly: number(at: 24, UInt64.self))
    else { return nil }
    let tokensStart = 32 + 4 * PageDigest.byteCount
    let namespaceStart = tokensStart + 4 * KVBlock.positionCount
    guard let namespace = String(validating: bytes[namespaceStart..<namespaceStart + namespaceCount], as: UTF8.self) else { return nil }
    identity = digest(0)
    record = PageRecord(
      slot: slot, digest: digest(1), parent: digest(2), namespace: namespace,
      tokens: (0..<tokenCount).map { Int32(truncatingIfNeeded: number(at: tokensStart + 4 * $0, UInt32.self)) })
    self.payloadByteCount = payloadByteCount
    payloadDigest = digest(3)
    guard PageDigest(of: record.tokens, after: record.parent) == record.digest else { return nil }
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] { (0..<MemoryLayout<Self>.size).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
