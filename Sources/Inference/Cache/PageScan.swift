import Foundation

/// Which pages a file holds.
enum PageScan {
  /// Those pages whose headers are right, and that belong together from the beginning of their namespaces; each after the one that it follows.
  static func pages(_ descriptor: Int32, slotCount: Int, slotByteCount: Int, identity: PageDigest, payloadByteCount: Int) -> [PageRecord] {
    var children: [PageDigest: [PageRecord]] = [:]
    var namespaces: Set<String> = []
    for slot in 0..<slotCount {
      var bytes = [UInt8](repeating: 0, count: PageHeader.byteCount)
      let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, off_t(slot * slotByteCount)) }
      guard count == bytes.count, let header = PageHeader(bytes, slot: slot), header.identity == identity,
        header.payloadByteCount == payloadByteCount
      else { continue }
      children[header.record.parent, default: []].append(header.record)
      namespaces.insert(header.record.namespace)
    }
    var found: [PageRecord] = []
    for namespace in namespaces.sorted() {
      var pending = [PageDigest(ofNamespace: namespace)]
      var seen: Set<PageDigest> = []
      while let parent = pending.popLast() {
        // A page says itself which namespace it is of. One that follows another's is not found: what one may read does not depend on a mistake.
        for record in children[parent] ?? [] where record.namespace == namespace && seen.insert(record.digest).inserted {
          found.append(record)
          // What follows a block that is not full was not written by us.
          if record.tokens.count == KVBlock.positionCount { pending.append(record.digest) }
        }
      }
    }
    return found
  }
}
