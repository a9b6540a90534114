import VectorIndex

/// A collection's vectors in memory, as of one sequence number. Nothing in it changes: a newer state is another snapshot, which shares
/// the segments that stayed the same.
struct VectorSnapshot: Sendable {
  /// The collection's last change that it knows.
  var sequence: Int64
  /// The newest row of `generation` that it knows; 0 for none.
  var generation: Int64
  /// In the order of their chunks' keys, which rise through all of them.
  var segments: [VectorSegment]

  static let empty = VectorSnapshot(sequence: -1, generation: 0, segments: [])

  /// What of some rows of `generation` is loaded, of no state: which chunks are still there is looked at again before it is used.
  func keeping(_ isKept: (_ generation: Int64) -> Bool) -> VectorSnapshot {
    VectorSnapshot(sequence: -1, generation: 0, segments: segments.filter { $0.generation.map(isKept) ?? false })
  }

  /// Whether a file that is read from has been changed under it: then nothing that it says counts any more.
  var isDisturbed: Bool { segments.contains { $0.index.isDisturbed } }

  var lastChunkID: Int64 { segments.last?.ids.last ?? 0 }
  var liveCount: Int { segments.reduce(0) { $0 + $1.liveCount } }

  /// The `limit` chunks of largest inner product, best first; of equal scores the older chunk first.
  func search(_ query: [Float], limit: Int, among allowed: ChunkSet? = nil) throws -> [ScoredChunk] {
    guard limit > 0 else { return [] }
    var found: [ScoredChunk] = []
    for segment in segments {
      for hit in try segment.search(query, limit: limit, among: allowed) {
        found.append(ScoredChunk(chunkID: segment.ids[hit.position], score: Double(hit.score)))
      }
    }
    if segments.count > 1 { found.sort { ($0.score, $1.chunkID) > ($1.score, $0.chunkID) } }
    return Array(found.prefix(limit))
  }

  /// The vectors of chunks that are alive; others are left out.
  func vectors(of chunkIDs: [Int64]) -> [Int64: [Float]] {
    var vectors: [Int64: [Float]] = [:]
    for segment in segments {
      for id in chunkIDs { if let position = segment.position(of: id) { vectors[id] = segment.index.vector(at: position) } }
    }
    return vectors
  }

  /// The inner products of chunks that are alive; others are left out.
  func scores(of chunkIDs: [Int64], against query: [Float]) throws -> [Int64: Double] {
    var scores: [Int64: Double] = [:]
    for segment in segments {
      let known = chunkIDs.compactMap { id in segment.position(of: id).map { (id, $0) } }
      let products = try segment.index.scores(of: known.map(\.1), against: query)
      for ((id, _), product) in zip(known, products) { scores[id] = Double(product) }
    }
    return scores
  }
}

/// Vectors that were loaded together, and which of their chunks are still there.
struct VectorSegment: Sendable {
  /// The row of `generation` that it came from; `nil` for vectors of the database.
  let generation: Int64?
  /// Chunk keys by position, rising.
  let ids: [Int64]
  let index: VectorIndex
  private(set) var live: Bitmap
  private(set) var liveCount: Int

  init(ids: [Int64], index: VectorIndex, generation: Int64? = nil) {
    precondition(ids.count == index.count, "each vector belongs to one chunk")
    self.ids = ids
    self.index = index
    self.generation = generation
    live = Bitmap(count: ids.count, repeating: true)
    liveCount = ids.count
  }

  var deadCount: Int { ids.count - liveCount }

  /// The segment with only those alive that stand in `alive`, keys in rising order.
  func keeping(_ alive: ArraySlice<Int64>) -> VectorSegment {
    var segment = self
    segment.live = Bitmap(count: ids.count, repeating: false)
    segment.liveCount = 0
    var next = alive.startIndex
    for (position, id) in ids.enumerated() {
      while next < alive.endIndex, alive[next] < id { next += 1 }
      guard next < alive.endIndex else { break }
      if alive[next] == id {
        segment.live[position] = true
        segment.liveCount += 1
      }
    }
    return segment
  }

  func search(_ query: [Float], limit: Int, among allowed: ChunkSet?) throws -> [VectorIndex.Hit] {
    guard liveCount > 0 else { return [] }
    if let allowed { return try index.search(query, limit: limit, allowing: allowed.positions(in: self)) }
    if deadCount == 0 { return try index.search(query, limit: limit) }
    return try index.search(query, limit: limit, allowing: live)
  }

  /// The positions of those of some chunks that are alive here.
  ///
  /// - Parameter chunks: Keys, rising.
  func positions(of chunks: [Int64]) -> Bitmap {
    var positions = Bitmap(count: ids.count, repeating: false)
    guard let first = ids.first, let last = ids.last else { return positions }
    let isDense = last - first == Int64(ids.count - 1)
    var position = 0
    for id in chunks where id >= first && id <= last {
      if isDense {
        position = Int(id - first)
      } else {
        while position < ids.count, ids[position] < id { position += 1 }
        guard position < ids.count, ids[position] == id else { continue }
      }
      if live[position] { positions[position] = true }
    }
    return positions
  }

  /// Where a chunk that is alive stands.
  func position(of id: Int64) -> Int? {
    guard let first = ids.first, let last = ids.last, id >= first, id <= last else { return nil }
    // Most often no key is missing.
    if last - first == Int64(ids.count - 1) { return live[Int(id - first)] ? Int(id - first) : nil }
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low < ids.count && ids[low] == id && live[low] ? low : nil
  }
}
