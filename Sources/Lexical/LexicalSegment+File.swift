import CPostings
package import DurableFiles
import Foundation

// The content of a segment's file (its frame: VerifiedFile.swift), numbers little-endian, each part on a multiple of 64 bytes:
//
//   16 × u64  chunks, terms, blocks, bytes of terms, words of postings, total length, bytes of the analysis' version, bytes of the languages, 0 …
//   the analysis' version; the languages, with commas between them
//   ids (i64), lengths (u8), starts of the terms (u32, one more than terms), bytes of the terms, chunks of each term (u32),
//   first block of each term (u32, one more), blocks (16 bytes), postings (u32)

extension LexicalSegment {
  private static let kind: StaticString = "QYLEXSEG"
  private static let version: UInt32 = 1
  private static let headerNumberCount = 16

  /// Writes it to a file, which appears whole or not at all.
  ///
  /// - Returns: The checksum.
  package func save(to path: String, before: @escaping (FileStep) throws -> Void = { _ in }) throws(DurableFileError) -> String {
    let file = try DurableFile(path: path, kind: Self.kind, version: Self.version, before: before)
    let analysisVersion = Array(BM25.analysisVersion.utf8)
    let languages = Array(languages.joined(separator: ",").utf8)
    var numbers = unsafe [
      UInt64(count), UInt64(termCount), UInt64(postings.block_count), postings.term_byte_count, postings.packed_word_count,
      postings.total_length, UInt64(analysisVersion.count), UInt64(languages.count),
    ]
    numbers += Array(repeating: 0, count: Self.headerNumberCount - numbers.count)
    try file.write(numbers)
    try Self.write(analysisVersion, to: file)
    try Self.write(languages, to: file)
    try unsafe Self.write(postings.ids, count, to: file)
    try unsafe Self.write(postings.lengths, count, to: file)
    try unsafe Self.write(postings.term_starts, termCount + 1, to: file)
    try unsafe Self.write(postings.term_bytes, Int(postings.term_byte_count), to: file)
    try unsafe Self.write(postings.term_counts, termCount, to: file)
    try unsafe Self.write(postings.term_blocks, termCount + 1, to: file)
    try unsafe Self.write(postings.blocks, Int(postings.block_count), to: file)
    try unsafe Self.write(postings.packed, Int(postings.packed_word_count), to: file)
    return try file.seal()
  }

  private static func write(_ bytes: [UInt8], to file: DurableFile) throws(DurableFileError) {
    try file.write(bytes)
    try file.write([UInt8](repeating: 0, count: padding(of: bytes.count)))
  }

  private static func write<Number>(_ numbers: UnsafePointer<Number>?, _ count: Int, to file: DurableFile) throws(DurableFileError) {
    let bytes = unsafe UnsafeRawBufferPointer(UnsafeBufferPointer(start: numbers, count: count))
    // In parts, since the file keeps what is written to it until there is enough.
    for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
      try unsafe file.write(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 1 << 20, bytes.count)]))
    }
    try file.write([UInt8](repeating: 0, count: padding(of: bytes.count)))
  }

  /// Whether a segment's file says that its texts were analysed in another way, without reading the rest; false of other files.
  package static func isOfAnotherAnalysis(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    // Of the frame 64 bytes, then the numbers, of which the seventh is the length of what follows them.
    let start = 64 + 8 * headerNumberCount
    guard let head = try? file.read(upToCount: 1024), head.starts(with: Array("\(kind)".utf8)), head.count > start else { return false }
    let length = head[(64 + 48)..<(64 + 56)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    return !head.dropFirst(start).prefix(Int(clamping: min(length, 1024))).elementsEqual(BM25.analysisVersion.utf8)
  }

  private static func padding(of byteCount: Int) -> Int { (64 - byteCount % 64) % 64 }

  /// A segment mapped from its file, after everything in it was found right.
  ///
  /// - Throws: `derived_file_damaged` for a file that is not what was written; `derived_file_outdated` for one of an older version, or whose
  ///   texts were analysed in another way.
  package static func load(from path: String) throws(DurableFileError) -> LexicalSegment {
    let file = try VerifiedFile(path: path, kind: kind, version: version)
    return try unsafe file.withBytes { bytes throws(DurableFileError) in
      guard bytes.count >= headerNumberCount * 8 else { throw .damaged(path, "it has no numbers") }
      let numbers = (0..<headerNumberCount).map { unsafe bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
      // Nothing is longer than the file: sums below cannot overflow.
      guard numbers.prefix(5).allSatisfy({ $0 <= UInt64(bytes.count) }), numbers[6] <= UInt64(bytes.count), numbers[7] <= UInt64(bytes.count),
        numbers[0] <= UInt64(LexicalSegmentBuilder.chunkLimit), numbers[1] < UInt64(UInt32.max), numbers[2] <= UInt64(UInt32.max)
      else { throw .damaged(path, "it has impossible numbers") }
      var parts = unsafe Parts(bytes: bytes, at: headerNumberCount * 8, path: path)
      let analysisVersion = try unsafe String(decoding: parts.next(Int(numbers[6]), of: UInt8.self), as: UTF8.self)
      let languages = try unsafe String(decoding: parts.next(Int(numbers[7]), of: UInt8.self), as: UTF8.self)
      guard analysisVersion == BM25.analysisVersion else {
        throw .outdated(path, "its texts were analysed as “\(analysisVersion)”, now they are as “\(BM25.analysisVersion)”")
      }
      var postings = unsafe quarry_segment()
      unsafe postings.entry_count = UInt32(numbers[0])
      unsafe postings.term_count = UInt32(numbers[1])
      unsafe postings.block_count = UInt32(numbers[2])
      unsafe postings.term_byte_count = numbers[3]
      unsafe postings.packed_word_count = numbers[4]
      unsafe postings.total_length = numbers[5]
      unsafe postings.ids = try parts.next(Int(numbers[0]), of: Int64.self).baseAddress
      unsafe postings.lengths = try parts.next(Int(numbers[0]), of: UInt8.self).baseAddress
      unsafe postings.term_starts = try parts.next(Int(numbers[1]) + 1, of: UInt32.self).baseAddress
      unsafe postings.term_bytes = try parts.next(Int(numbers[3]), of: UInt8.self).baseAddress
      unsafe postings.term_counts = try parts.next(Int(numbers[1]), of: UInt32.self).baseAddress
      unsafe postings.term_blocks = try parts.next(Int(numbers[1]) + 1, of: UInt32.self).baseAddress
      unsafe postings.blocks = try parts.next(Int(numbers[2]), of: quarry_block.self).baseAddress
      unsafe postings.packed = try parts.next(Int(numbers[4]), of: UInt32.self).baseAddress
      guard unsafe parts.isAtEnd else { throw .damaged(path, "it goes on behind its end") }
      if let fault = unsafe quarry_segment_fault(&postings) { throw .damaged(path, unsafe String(cString: fault)) }
      return unsafe LexicalSegment(postings, in: file, languages: languages.split(separator: ",").map(String.init))
    }
  }
}

/// Reads the parts of a file one after another, none of which reaches beyond the end.
@unsafe private struct Parts {
  let bytes: UnsafeRawBufferPointer
  var at: Int
  let path: String

  mutating func next<Number>(_ count: Int, of type: Number.Type) throws(DurableFileError) -> UnsafeBufferPointer<Number> {
    let byteCount = count * MemoryLayout<Number>.stride
    guard unsafe byteCount <= bytes.count - at else { throw unsafe .damaged(path, "a part reaches beyond its end") }
    let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[at..<at + byteCount])
    unsafe at = min(at + (byteCount + 63) / 64 * 64, bytes.count)
    // The content begins on a multiple of 64 bytes, and so does every part.
    return unsafe part.assumingMemoryBound(to: Number.self)
  }

  var isAtEnd: Bool { unsafe at == bytes.count }
}
