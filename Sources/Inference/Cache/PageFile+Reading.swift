import Crypto
import Foundation

extension PageFile {
  /// Reads a page, header and all, and checks all of it.
  ///
  /// - Returns: False if it is not the page of the record, whole; what stands in `target` means nothing then.
  package func read(_ record: PageRecord, into target: UnsafeMutableRawBufferPointer) -> Bool {
    precondition(target.count == payloadByteCount && record.slot < slotCount, "a page of this file")
    guard isReadable(slot: record.slot) else { return false }
    var header = [UInt8](repeating: 0, count: PageHeader.byteCount)
    let place = off_t(record.slot * slotByteCount)
    let count = unsafe header.withUnsafeMutableBytes { head in
      let parts = unsafe [iovec(iov_base: head.baseAddress, iov_len: head.count), iovec(iov_base: target.baseAddress, iov_len: target.count)]
      return unsafe preadv(descriptor, parts, 2, place)
    }
    guard count == header.count + target.count, let known = PageHeader(header, slot: record.slot), known.record == record,
      known.identity == identity, known.payloadByteCount == target.count
    else { return false }
    var hash = SHA256()
    unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(target))
    return Array(hash.finalize()) == known.payloadDigest.bytes
  }
}
