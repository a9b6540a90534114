import Crypto
import Foundation

/// What pages must have been written by to be used: keys and values are another model's numbers otherwise.
package struct PageIdentity: Sendable, Equatable {
  package var modelFingerprint: String
  package var keyValueType: String
  /// The kernels' level and the version of what they compute: two that give other bits must differ here.
  package var contract: String
  package var blockByteCount: Int

  package init(modelFingerprint: String, keyValueType: String, contract: String, blockByteCount: Int) {
    self.modelFingerprint = modelFingerprint
    self.keyValueType = keyValueType
    self.contract = contract
    self.blockByteCount = blockByteCount
  }

  /// Its SHA-256.
  var digest: PageDigest {
    PageDigest(hashing: [Array("\(modelFingerprint)\u{0}\(keyValueType)\u{0}\(contract)\u{0}\(blockByteCount)".utf8)])
  }
}

/// A SHA-256. That of a page says which tokens are before it, all the way: SHA-256(the digest of the page before it ‖ its own tokens).
package struct PageDigest: Sendable, Hashable {
  package static let byteCount = 32
  /// 32 bytes.
  package let bytes: [UInt8]

  init(bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount, "a SHA-256 has 32 bytes")
    self.bytes = bytes
  }

  init(hashing parts: [[UInt8]]) {
    var hash = SHA256()
    for part in parts { hash.update(data: part) }
    bytes = Array(hash.finalize())
  }

  /// What the first page of a namespace comes after.
  package init(ofNamespace name: String) {
    self.init(hashing: [Array("namespace".utf8), Array(name.utf8)])
  }

  package init(of tokens: [Int32], after parent: PageDigest) {
    self.init(hashing: [parent.bytes, tokens.flatMap(\.littleEndianBytes)])
  }
}

/// Where a page stands in its file, and which block it is.
package struct PageRecord: Sendable, Equatable {
  package var slot: Int
  package var digest: PageDigest
  /// That of the page before it, or of its namespace.
  package var parent: PageDigest
  package var namespace: String
  /// 1 to 64.
  package var tokens: [Int32]

  package init(slot: Int, digest: PageDigest, parent: PageDigest, namespace: String, tokens: [Int32]) {
    self.slot = slot
    self.digest = digest
    self.parent = parent
    self.namespace = namespace
    self.tokens = tokens
  }
}
