import CFaiss

/// Vectors of one dimension, found by inner product: all of them compared (`exact`), or through an HNSW graph (`hnsw`).
///
/// Both give a row's score bit for bit alike, so that results of one can be merged with results of the other.
///
/// Unchecked `Sendable`: whoever made the index adds to it before sharing it; from then on it is only read, which FAISS allows from
/// any number of threads. Memory-safe: the handle is made in the initialisers, freed in `deinit`, and never leaves the module.
@safe package final class VectorIndex: @unchecked Sendable {
  package enum Kind: String, Sendable, Codable {
    case exact, hnsw
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

  /// Neighbours of a node of the graph; twice as many on the lowest level.
  static let linkCount = 32
  /// Candidates kept while a node is linked.
  static let constructionCandidateCount = 200
  /// Candidates kept in a search: of the best 100 of 30,000 clustered vectors, 256 find 99 %, 128 find 98 %. Below 64 FAISS 1.7.3 loses more
  /// than it should.
  static let searchCandidateCount = 256

  /// An empty index.
  package init(dimension: Int, kind: Kind) throws(VectorIndexError) {
    var made: OpaquePointer?
    try unsafe callEngine("make an index") { message, capacity in
      switch kind {
      case .exact: unsafe qf_index_new_flat(max(dimension, 0), &made, message, capacity)
      case .hnsw:
        unsafe qf_index_new_hnsw(
          max(dimension, 0), Self.linkCount, Self.constructionCandidateCount, Self.searchCandidateCount, &made, message, capacity)
      }
    }
    guard let made = unsafe made else { preconditionFailure("FAISS reported success and made no index") }
    self.dimension = dimension
    self.kind = kind
    unsafe handle = made
  }

  /// Takes over a handle that FAISS's reader made.
  init(adopting handle: OpaquePointer) {
    unsafe self.handle = unsafe handle
    dimension = unsafe qf_index_dimension(handle)
    kind = unsafe qf_index_is_hnsw(handle) == 1 ? .hnsw : .exact
  }

  deinit { unsafe qf_index_free(handle) }

  /// How many vectors there are.
  package var count: Int { unsafe qf_index_count(handle) }

  /// Makes room for `count` vectors in all.
  package func reserve(_ count: Int) throws(VectorIndexError) {
    try unsafe callEngine("reserve memory") { message, capacity in unsafe qf_index_reserve(handle, count, message, capacity) }
  }

  /// Adds vectors, one after the other in `vectors` (count × dimension, finite).
  package func add(_ vectors: [Float]) throws(VectorIndexError) {
    guard vectors.count.isMultiple(of: dimension) else { throw .wrongDimension(expected: dimension, found: vectors.count) }
    try checkFinite(vectors)
    // The pointer lives for the call, and holds count × dimension floats.
    try unsafe callEngine("add vectors") { message, capacity in
      unsafe vectors.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return QF_OK }
        return unsafe qf_index_add(handle, base, buffer.count / dimension, message, capacity)
      }
    }
  }

  /// Adds the rows of another index whose bit is 1, in their order.
  package func add(rowsOf other: VectorIndex, where isKept: Bitmap) throws(VectorIndexError) {
    precondition(other.dimension == dimension && isKept.count == other.count && other !== self, "the indexes do not fit each other")
    guard let rows = unsafe qf_index_rows(other.handle) else { return }
    var start = 0
    while start < isKept.count {
      guard isKept[start] else {
        start += 1
        continue
      }
      var end = start + 1
      while end < isKept.count, isKept[end] { end += 1 }
      // Inside of the other index's rows, which nobody changes: it is shared.
      try unsafe callEngine("add vectors") { message, capacity in
        unsafe qf_index_add(handle, rows + start * dimension, end - start, message, capacity)
      }
      start = end
    }
  }
}

/// Runs a call into the shim and turns a bad status into an error with FAISS's words.
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
