import CFaiss
package import DurableFiles
import Foundation

/// Vectors of one dimension, found by inner product: all of them compared (`exact`), through an HNSW graph (`hnsw`), or in lists of neighbours (`lists`).
///
/// All compare byte codes of the vectors first, and give a row's exact score bit for bit alike, so that results of one can be merged with results of
/// another. `exact` is exact nevertheless: bounds on what the codes leave out say which rows have to be computed in full.
///
/// Unchecked `Sendable`: whoever made the index adds to it before sharing it; from then on it is only read, which any number of threads may do.
/// Memory-safe: the handle is made in the initialisers, freed in `deinit`, and never leaves the module; a file that rows lie in is held as long.
@safe package final class VectorIndex: @unchecked Sendable {
  package enum Kind: String, Sendable, Codable {
    case exact, hnsw
    /// An inverted file (IVF): in memory are the lists' centres alone. It is made at once (`ListIndexFile`), and nothing is added to it.
    case lists
  }

  /// A row that was found.
  package struct Hit: Sendable, Equatable {
    /// Place of the row in the order of adding, from 0.
    package var position: Int
    /// Inner product with the query.
    package var score: Float

    package init(position: Int, score: Float) {
      self.position = position
      self.score = score
    }
  }

  package let dimension: Int
  package let kind: Kind
  let handle: OpaquePointer
  /// The file that the first rows stay in.
  let file: VerifiedFile?
  /// Where rows that were added lie since.
  private var scratch: ScratchFile?
  /// The first row that lies in no file.
  private var firstHeld: Int

  /// Neighbours of a node of the graph; twice as many on the lowest level.
  static let linkCount = 16
  /// Candidates kept while a node is linked.
  static let constructionCandidateCount = 104

  /// An empty index; not one of lists.
  package init(dimension: Int, kind: Kind) throws(VectorIndexError) {
    precondition(kind != .lists, "lists are made at once, of a sample and all vectors")
    var made: OpaquePointer?
    try unsafe callEngine("make an index") { message, capacity in
      unsafe qf_index_new(Self.shape(dimension: max(dimension, 0), kind), &made, message, capacity)
    }
    guard let made = unsafe made else { preconditionFailure("the engine reported success and made no index") }
    self.dimension = dimension
    self.kind = kind
    unsafe handle = made
    file = nil
    firstHeld = 0
  }

  /// Takes over a handle whose rows lie in a file.
  init(adopting handle: OpaquePointer, dimension: Int, kind: Kind, file: VerifiedFile) {
    self.dimension = dimension
    self.kind = kind
    unsafe self.handle = unsafe handle
    self.file = file
    firstHeld = unsafe qf_index_count(handle)
  }

  deinit { unsafe qf_index_free(handle) }

  static func shape(dimension: Int, _ kind: Kind) -> qf_shape {
    qf_shape(dimension: dimension, links: kind == .hnsw ? linkCount : 0, construction_candidates: constructionCandidateCount)
  }

  /// Bytes of memory that a graph over so many vectors takes, beside the rows in its file: codes, links, scales, labels.
  package static func graphByteCount(count: Int, dimension: Int) -> Int { count * (dimension + 4 * (2 * linkCount + 2) + 32) }

  /// Whether the file that rows stay in has been changed since it was checked.
  package var isDisturbed: Bool { file?.isDisturbed ?? false }

  /// How many vectors there are.
  package var count: Int { unsafe qf_index_count(handle) }

  /// Makes room for `count` vectors in all, of which so many are held in full at a time: the others lie in files.
  package func reserve(_ count: Int, held: Int? = nil) throws(VectorIndexError) {
    try unsafe callEngine("reserve memory") { message, capacity in unsafe qf_index_reserve(handle, count, held ?? count, message, capacity) }
  }

  /// Lets the vectors that are held lie in a file instead of in memory: a graph is built of codes alone.
  ///
  /// - Parameter scratch: Holds only what this index moved there; the same with every call.
  package func moveVectors(to scratch: ScratchFile) throws(VectorIndexError) {
    precondition(self.scratch.map { $0 === scratch } ?? (scratch.byteCount == 0), "an index moves its vectors to one file")
    guard firstHeld < count else { return }
    self.scratch = scratch
    do throws(DurableFileError) {
      var run = 0
      // Inside of the index's rows, which nobody changes meanwhile.
      let rows = unsafe qf_index_row(handle, firstHeld, &run)
      try unsafe scratch.append(UnsafeRawBufferPointer(start: rows, count: run * dimension * 4))
    } catch {
      throw .file(error)
    }
    unsafe scratch.withBytes { (bytes: UnsafeRawBufferPointer) in
      unsafe qf_index_move_rows(handle, bytes.baseAddress?.assumingMemoryBound(to: Float.self))
    }
    firstHeld = count
  }

  /// Lets the pages go that rows in files were read from: all of them may be more than there is memory.
  func releasePages() {
    file?.releasePages()
    scratch?.releasePages()
  }

  /// Adds vectors, one after the other in `vectors` (count × dimension, finite). A graph links them on all processors, and is the same however many
  /// there are; it depends on the vectors, their order and how they are divided into calls.
  ///
  /// - Parameter threads: As many as there are processors if `nil`.
  package func add(_ vectors: [Float], threads: Int? = nil) throws(VectorIndexError) {
    guard vectors.count.isMultiple(of: dimension) else { throw .wrongDimension(expected: dimension, found: vectors.count) }
    try checkFinite(vectors)
    // The pointer lives for the call, and holds count × dimension floats.
    try unsafe callEngine("add vectors") { message, capacity in
      unsafe vectors.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return QF_OK }
        return unsafe qf_index_add(handle, base, buffer.count / dimension, message, capacity)
      }
    }
    try link(threads: threads)
  }

  /// Adds the rows of another index whose bit is 1, in their order.
  package func add(rowsOf other: VectorIndex, where isKept: Bitmap) throws(VectorIndexError) {
    precondition(other.dimension == dimension && isKept.count == other.count && other !== self, "the indexes do not fit each other")
    var start = 0
    while start < isKept.count {
      guard isKept[start] else {
        start += 1
        continue
      }
      var end = start + 1
      while end < isKept.count, isKept[end] { end += 1 }
      while start < end {
        var run = 0
        // Inside of the other index's rows, which nobody changes: it is shared.
        let row = unsafe qf_index_row(other.handle, start, &run)
        let count = min(run, end - start)
        try unsafe callEngine("add vectors") { message, capacity in unsafe qf_index_add(handle, row, count, message, capacity) }
        start += count
      }
    }
    try link(threads: nil)
  }

  private func link(threads: Int?) throws(VectorIndexError) {
    try unsafe callEngine("link vectors") { message, capacity in
      unsafe qf_index_link(handle, threads ?? ProcessInfo.processInfo.activeProcessorCount, message, capacity)
    }
  }
}

/// Runs a call into the shim and turns a bad status into an error with the engine's words.
func callEngine(_ action: String, _ body: (UnsafeMutablePointer<CChar>, Int) -> qf_status) throws(VectorIndexError) {
  var words: String?
  unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
    guard let message = buffer.baseAddress else { preconditionFailure("a buffer of 512 bytes has an address") }
    unsafe message.pointee = 0
    if unsafe body(message, buffer.count) != QF_OK { words = unsafe String(cString: message) }
  }
  if let words { throw .engine(action, words) }
}

/// A sum is not finite if a part of it is not (or is too large for an inner product to make sense).
func checkFinite(_ vectors: [Float]) throws(VectorIndexError) {
  var sum: Float = 0
  for value in vectors { sum += value * 0 }
  if sum != 0 { throw .notFinite() }
}
