import CPostings
import DurableFiles

/// An inverted index of some chunks that never changes: in memory, or mapped from a file.
///
/// Unchecked `Sendable`: nothing is written after `init`. Memory-safe: the arrays live as long as the object, and were checked when they came
/// from a file.
@safe package final class LexicalSegment: @unchecked Sendable {
  /// Its arrays, which belong to it unless `file` has them.
  let postings: quarry_segment
  private let file: VerifiedFile?
  /// What `save` returned, of a segment from a file.
  package var checksum: String? { file?.checksum }
  /// Whether the file that it was mapped from has been changed since it was checked.
  package var isDisturbed: Bool { file?.isDisturbed ?? false }
  /// The languages that its texts were stemmed by, in alphabetical order.
  package let languages: [String]

  init(owning postings: quarry_segment, languages: [String]) {
    unsafe self.postings = postings
    self.languages = languages
    file = nil
  }

  init(_ postings: quarry_segment, in file: VerifiedFile, languages: [String]) {
    unsafe self.postings = postings
    self.file = file
    self.languages = languages
  }

  deinit {
    guard file == nil else { return }
    var postings = unsafe postings
    unsafe quarry_segment_free(&postings)
  }

  /// Chunks.
  package var count: Int { unsafe Int(postings.entry_count) }
  package var termCount: Int { unsafe Int(postings.term_count) }
  /// Sum of the chunks' lengths in words, as they are kept.
  package var totalLength: Int { unsafe Int(postings.total_length) }
  /// Bytes of its arrays.
  package var byteCount: Int {
    unsafe count * 9 + termCount * 12 + Int(postings.term_byte_count) + Int(postings.block_count) * MemoryLayout<quarry_block>.stride
      + Int(postings.packed_word_count) * 4
  }

  /// The chunk at a position; ids rise.
  package func id(at position: Int) -> Int64 {
    precondition(position >= 0 && position < count, "a position is below the segment's count")
    return unsafe postings.ids[position]
  }

  /// All ids in order.
  package var ids: [Int64] { unsafe Array(UnsafeBufferPointer(start: postings.ids, count: count)) }

  /// A chunk's length in words, as it is kept.
  package func length(at position: Int) -> Int {
    precondition(position >= 0 && position < count, "a position is below the segment's count")
    return unsafe Int(quarry_length_of(postings.lengths[position]))
  }

  /// Where a chunk is; `nil` when it is not here.
  package func position(of id: Int64) -> Int? {
    let position = lowerBound(of: id)
    return unsafe position < count && postings.ids[position] == id ? position : nil
  }

  /// The first position whose chunk is not smaller.
  func lowerBound(of id: Int64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if unsafe postings.ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A term's number; `nil` for one that no chunk holds.
  func number(of term: String) -> Int? {
    var term = term
    let number = term.withUTF8 { bytes in
      unsafe withUnsafePointer(to: postings) { unsafe quarry_find_term($0, bytes.baseAddress, bytes.count) }
    }
    return number < termCount ? Int(number) : nil
  }

  /// The first term that is not smaller, in the order of bytes.
  func lowerBound(of term: String) -> Int {
    var term = term
    return term.withUTF8 { bytes in
      unsafe withUnsafePointer(to: postings) { unsafe Int(quarry_lower_bound($0, bytes.baseAddress, bytes.count)) }
    }
  }

  func term(_ number: Int) -> String { unsafe withTerm(number) { unsafe String(decoding: $0, as: UTF8.self) } }

  /// Lends a term's bytes.
  func withTerm<R>(_ number: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let (start, end) = unsafe (Int(postings.term_starts[number]), Int(postings.term_starts[number + 1]))
    return unsafe body(UnsafeBufferPointer(start: postings.term_bytes + start, count: end - start))
  }

  /// Chunks that hold a term.
  func chunkCount(_ number: Int) -> Int { unsafe Int(postings.term_counts[number]) }
}

extension LexicalSegment {
  /// One segment of the chunks of several that are alive, without looking at their texts again. It is the same as if they had been indexed anew.
  ///
  /// - Parameter segments: Their ids rise from each to the next; of each the positions that are alive, `nil` for all.
  package static func merging(_ segments: [(segment: LexicalSegment, live: PositionSet?)]) -> LexicalSegment {
    for (first, second) in zip(segments.filter { $0.segment.count > 0 }, segments.filter { $0.segment.count > 0 }.dropFirst()) {
      precondition(first.segment.id(at: first.segment.count - 1) < second.segment.id(at: 0), "the ids of segments rise")
    }
    for (segment, live) in segments { precondition(live == nil || live?.positionCount == segment.count, "a bit for each position") }
    var bitmaps: [UInt64] = []
    var starts: [UInt] = []
    for (_, live) in segments {
      starts.append(live == nil ? UInt.max : UInt(bitmaps.count))
      bitmaps += live?.words ?? []
    }
    var merged = unsafe quarry_segment()
    let postings = unsafe segments.map { unsafe $0.segment.postings }
    unsafe quarry_merge(postings, bitmaps, starts, segments.count, &merged)
    withExtendedLifetime(segments) {}
    return unsafe LexicalSegment(owning: merged, languages: Set(segments.flatMap(\.segment.languages)).sorted())
  }
}
