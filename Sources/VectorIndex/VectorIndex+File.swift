import CFaiss
package import DurableFiles

// The content of an index file, version 2, in the frame that all derived files have (`VerifiedFile`). Numbers are little-endian; each section begins at
// a multiple of 64 bytes.
//
//   header    8 × u64: kind (0 exact, 1 HNSW, 2 lists), dimension, count, count of labels (0, or one for each vector), links of a node, count of numbers in the
//             graph's lists (or count of lists), entry + 1, bits of the f32 that no row is longer than
//   labels    i64 …
//   rows      f32, count × dimension: they stay in the file, which is mapped, and are read when they are compared in full
//   codes     u8, count × dimension
//   scales    f32, count
//   errors    f32, count
//   levels    i32, count      (HNSW)
//   links     i32             (HNSW)
//
// A file of lists has codes and scales in the lists' order, and behind its rows:
//
//   centres   f32, lists × dimension
//   starts    i64, lists + 1
//   codes     u8, count × dimension
//   scales    f32, count
//   members   i32, count: the row that each code is of

let kindOfVectorFile: StaticString = "QUARRYVI"
private let sectionAlignment = 64

/// An index read from a file, with what was saved beside it.
package struct LoadedVectorIndex: Sendable {
  package var index: VectorIndex
  /// One for each position, or none.
  package var labels: [Int64]
  /// SHA-256 of the file's content, in lower-case hexadecimal: what `save` returned.
  package var checksum: String
}

extension VectorIndex {
  /// The version of the file's form that is written, and the only one that is read.
  package static let fileVersion: UInt32 = 2

  /// Writes the index to a file that appears whole and on disk or not at all; an old file of that name stands until then.
  ///
  /// - Parameters:
  ///   - labels: A number for each position, saved with it; or none.
  ///   - before: Called before each step of writing, for tests: what it throws is what the step fails with.
  /// - Returns: The checksum, in lower-case hexadecimal.
  @discardableResult
  package func save(to path: String, labels: [Int64] = [], before: (FileStep) throws -> Void = { _ in }) throws(VectorIndexError) -> String {
    precondition(labels.isEmpty || labels.count == count, "each vector has one label, or none has")
    precondition(kind != .lists, "lists are in their file from the beginning")
    return try withoutActuallyEscaping(before) { before throws(VectorIndexError) in
      do throws(DurableFileError) {
        let file = try DurableFile(path: path, kind: kindOfVectorFile, version: Self.fileVersion, before: before)
        try write(to: file, labels: labels)
        return try file.seal()
      } catch {
        throw .file(error)
      }
    }
  }

  /// Rows that are saved at a time.
  private static let savedRowCount = 8192

  private func write(to file: DurableFile, labels: [Int64]) throws(DurableFileError) {
    let parts = unsafe qf_index_parts(handle)
    let header = unsafe [
      kind == .hnsw ? 1 : 0, dimension, parts.count, labels.count, kind == .hnsw ? Self.linkCount : 0, parts.link_count, Int(parts.entry) + 1,
      Int(parts.longest.bitPattern),
    ]
    try file.write(header.map { UInt64($0).littleEndian })
    try file.write(labels.map(\.littleEndian))
    try file.pad()
    var position = 0
    while unsafe position < parts.count {
      var run = 0
      let row = unsafe qf_index_row(handle, position, &run)
      run = min(run, Self.savedRowCount)
      try unsafe file.write(UnsafeRawBufferPointer(start: row, count: run * dimension * 4))
      position += run
      releasePages()
    }
    try file.pad()
    // The arrays live as long as nobody adds.
    try unsafe file.write(UnsafeRawBufferPointer(start: parts.codes, count: parts.count * dimension))
    try file.pad()
    try unsafe file.write(UnsafeRawBufferPointer(start: parts.scales, count: parts.count * 4))
    try file.pad()
    try unsafe file.write(UnsafeRawBufferPointer(start: parts.errors, count: parts.count * 4))
    try file.pad()
    guard kind == .hnsw else { return }
    try unsafe file.write(UnsafeRawBufferPointer(start: parts.levels, count: parts.count * 4))
    try file.pad()
    try unsafe file.write(UnsafeRawBufferPointer(start: parts.links, count: parts.link_count * 4))
    try file.pad()
  }

  private static let headerByteCount = 64

  /// Reads an index back, after its length and checksum were found right.
  ///
  /// - Parameter addedCount: How many vectors it is to have room for beside its own.
  package static func load(from path: String, addedCount: Int = 0) throws(VectorIndexError) -> LoadedVectorIndex {
    let file: VerifiedFile
    do throws(DurableFileError) { file = try VerifiedFile(path: path, kind: kindOfVectorFile, version: fileVersion) } catch { throw .file(error) }
    // What is copied is not held twice, and rows are read when they are compared.
    defer { file.releasePages() }
    return try unsafe file.withBytes { bytes throws(VectorIndexError) in
      guard bytes.count >= headerByteCount else { throw .damaged(path, "its header is missing") }
      let header = (0..<8).map { unsafe UInt64(littleEndian: bytes.load(fromByteOffset: 8 * $0, as: UInt64.self)) }
      // So small that no product below is too large.
      guard header[0] <= 2, (1...65536).contains(header[1]), header[2] <= UInt64(Int32.max), header[3] == 0 || header[3] == header[2],
        header[5] <= 1 << 40, header[6] <= header[2], header[7] <= UInt64(UInt32.max), header[4] == (header[0] == 1 ? UInt64(linkCount) : 0)
      else { throw .damaged(path, "its header makes no sense") }
      let kind: Kind = [.exact, .hnsw, .lists][Int(header[0])]
      let (dimension, count, labelCount, linkCount) = (Int(header[1]), Int(header[2]), Int(header[3]), Int(header[5]))

      var parts = unsafe qf_parts()
      unsafe parts.count = count
      unsafe parts.longest = Float(bitPattern: UInt32(header[7]))
      unsafe parts.entry = Int32(header[6]) - 1
      var sections = unsafe Sections(bytes: bytes, offset: headerByteCount)
      guard let labelBytes = unsafe sections.next(labelCount * 8), let rows = unsafe sections.next(count * dimension * 4),
        unsafe kind == .lists
          ? sections.lists(&parts, dimension: dimension, listCount: linkCount)
          : sections.codesAndGraph(&parts, kind, dimension: dimension, linkCount: linkCount),
        unsafe sections.offset == bytes.count
      else { throw .damaged(path, "its sections do not fill it") }
      unsafe parts.rows = rows.assumingMemoryBound(to: Float.self)
      var made: OpaquePointer?
      do throws(VectorIndexError) {
        // The rows, and codes in lists, stay in the file, which the index holds.
        try unsafe callEngine("open the index") { message, capacity in
          unsafe qf_index_open(shape(dimension: dimension, kind), &parts, count + addedCount, &made, message, capacity)
        }
      } catch {
        throw .damaged(path, error.why ?? error.message)
      }
      guard let made = unsafe made else { preconditionFailure("the engine reported success and made no index") }
      let labels = unsafe UnsafeRawBufferPointer(start: labelBytes, count: labelCount * 8).bindMemory(to: Int64.self).map(Int64.init(littleEndian:))
      return unsafe LoadedVectorIndex(
        index: VectorIndex(adopting: made, dimension: dimension, kind: kind, file: file), labels: labels, checksum: file.checksum)
    }
  }
}

/// Parts of a file's content, one after the other.
@unsafe private struct Sections {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset: Int

  init(bytes: UnsafeRawBufferPointer, offset: Int) {
    unsafe self.bytes = unsafe bytes
    unsafe self.offset = offset
  }

  /// The beginning of the next section of a length; `nil` if the content ends before it does.
  mutating func next(_ byteCount: Int) -> UnsafeRawPointer? {
    let padded = (byteCount + sectionAlignment - 1) / sectionAlignment * sectionAlignment
    guard unsafe padded <= bytes.count - offset, let base = unsafe bytes.baseAddress else { return nil }
    let start = unsafe base + offset
    unsafe offset += padded
    return unsafe start
  }

  /// Codes, scales and errors, and a graph if there is one; false if the content ends before they do.
  mutating func codesAndGraph(_ parts: inout qf_parts, _ kind: VectorIndex.Kind, dimension: Int, linkCount: Int) -> Bool {
    let count = unsafe parts.count
    guard let codes = unsafe next(count * dimension), let scales = unsafe next(count * 4), let errors = unsafe next(count * 4),
      let levels = unsafe next(kind == .hnsw ? count * 4 : 0), let links = unsafe next(linkCount * 4)
    else { return false }
    unsafe parts.codes = codes.assumingMemoryBound(to: UInt8.self)
    unsafe parts.scales = scales.assumingMemoryBound(to: Float.self)
    unsafe parts.errors = errors.assumingMemoryBound(to: Float.self)
    unsafe parts.levels = levels.assumingMemoryBound(to: Int32.self)
    unsafe parts.links = links.assumingMemoryBound(to: Int32.self)
    unsafe parts.link_count = linkCount
    return true
  }

  /// Lists; false if there are none, or the content ends before they do.
  mutating func lists(_ parts: inout qf_parts, dimension: Int, listCount: Int) -> Bool {
    let count = unsafe parts.count
    guard listCount > 0, listCount <= count, let centres = unsafe next(listCount * dimension * 4), let starts = unsafe next((listCount + 1) * 8),
      let codes = unsafe next(count * dimension), let scales = unsafe next(count * 4), let members = unsafe next(count * 4)
    else { return false }
    unsafe parts.list_count = listCount
    unsafe parts.centres = centres.assumingMemoryBound(to: Float.self)
    unsafe parts.starts = starts.assumingMemoryBound(to: Int64.self)
    unsafe parts.codes = codes.assumingMemoryBound(to: UInt8.self)
    unsafe parts.scales = scales.assumingMemoryBound(to: Float.self)
    unsafe parts.members = members.assumingMemoryBound(to: Int32.self)
    return true
  }
}

extension DurableFile {
  /// Fills up to the beginning of the next section.
  func pad() throws(DurableFileError) {
    try write([UInt8](repeating: 0, count: (sectionAlignment - byteCount % sectionAlignment) % sectionAlignment))
  }
}
