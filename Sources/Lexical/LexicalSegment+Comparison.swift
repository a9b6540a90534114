import CPostings
import Foundation

extension LexicalSegment {
  /// Whether two segments hold the same chunks with the same words, bit for bit; languages aside.
  package func isEqual(to other: LexicalSegment) -> Bool {
    func isSame<Number>(_ path: KeyPath<quarry_segment, UnsafePointer<Number>?>, _ count: Int) -> Bool {
      guard count > 0 else { return true }
      guard let own = unsafe postings[keyPath: path], let its = unsafe other.postings[keyPath: path] else { return false }
      return unsafe memcmp(own, its, count * MemoryLayout<Number>.stride) == 0
    }
    guard count == other.count, termCount == other.termCount, totalLength == other.totalLength,
      unsafe postings.term_byte_count == other.postings.term_byte_count, unsafe postings.block_count == other.postings.block_count,
      unsafe postings.packed_word_count == other.postings.packed_word_count
    else { return false }
    return unsafe isSame(\.ids, count) && isSame(\.lengths, count) && isSame(\.term_starts, termCount + 1)
      && isSame(\.term_bytes, Int(postings.term_byte_count)) && isSame(\.term_counts, termCount) && isSame(\.term_blocks, termCount + 1)
      && isSame(\.blocks, Int(postings.block_count)) && isSame(\.packed, Int(postings.packed_word_count))
  }
}
