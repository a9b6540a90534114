import CFaiss

extension VectorIndex {
  /// Candidates that a walk through a graph keeps for a number of results. Measured on clustered vectors (`make bench-vectors`): of the best ten of 100,000
  /// they hold more than 99 %; of the best 150 .989 (half more than are wanted would find .978, in three quarters of the time). Among more vectors more
  /// of them are nearly as near. A walk for few results ends before it has gone on from all of them (`Patience` in `CFaiss`).
  func candidateCount(for limit: Int) -> Int { max(count > 200_000 ? 224 : 128, 2 * limit) }

  /// The `limit` vectors of largest inner product with the query, best first; of equal scores the earlier one first.
  ///
  /// - Parameters:
  ///   - query: `dimension` finite numbers.
  ///   - allowed: Only positions whose bit is 1 are found; positions beyond its end count as 0. There are always `limit` results if so many are
  ///     allowed: where they are few, they are all compared.
  ///   - candidates: How many a walk through a graph keeps: the more, the surer and slower. `nil` for what fits the limit.
  package func search(
    _ query: [Float], limit: Int, allowing allowed: Bitmap? = nil, candidates: Int? = nil
  ) throws(VectorIndexError) -> [Hit] {
    guard query.count == dimension else { throw .wrongDimension(expected: dimension, found: query.count) }
    try checkFinite(query)
    let limit = min(max(limit, 0), count)
    guard limit > 0 else { return [] }
    var positions = [Int64](repeating: 0, count: limit)
    var scores = [Float](repeating: 0, count: limit)
    var found = 0
    // All pointers live for the call; positions and scores have room for `limit`.
    try unsafe callEngine("search") { message, capacity in
      unsafe withFilter(allowed?.bytes) { bytes, byteCount in
        unsafe qf_index_search(
          handle, query, limit, max(candidates ?? candidateCount(for: limit), 1), bytes, byteCount, &positions, &scores, &found, message,
          capacity)
      }
    }
    return (0..<found).map { Hit(position: Int(positions[$0]), score: scores[$0]) }
  }

  /// What FAISS's own search through the graph finds by the codes, in its order: an independent walk over the same structure, for tests.
  package func searchWithFAISS(_ query: [Float], limit: Int, candidates: Int) throws(VectorIndexError) -> [Int] {
    guard query.count == dimension else { throw .wrongDimension(expected: dimension, found: query.count) }
    var positions = [Int64](repeating: -1, count: limit)
    try unsafe callEngine("search") { message, capacity in
      unsafe qf_index_search_faiss(handle, query, limit, candidates, &positions, message, capacity)
    }
    return positions.filter { $0 >= 0 }.map(Int.init)
  }

  /// The vector that was added at a position.
  package func vector(at position: Int) -> [Float] {
    precondition(position >= 0 && position < count, "the position is outside of the index")
    // Inside of the rows, which stay where they are: nobody adds to a shared index.
    return unsafe Array(UnsafeBufferPointer(start: qf_index_row(handle, position, nil), count: dimension))
  }

  /// The inner product of the query with single rows, by their positions.
  package func scores(of positions: [Int], against query: [Float]) throws(VectorIndexError) -> [Float] {
    guard query.count == dimension else { throw .wrongDimension(expected: dimension, found: query.count) }
    try checkFinite(query)
    let count = count
    return positions.map { position in
      precondition(position >= 0 && position < count, "the position is outside of the index")
      var score: Float = 0
      unsafe qf_inner_products(query, qf_index_row(handle, position, nil), 1, dimension, &score)
      return score
    }
  }
}

/// Gives the bytes of a filter to `body`, or no address where there is none.
private func withFilter<R>(_ bytes: [UInt8]?, _ body: (UnsafePointer<UInt8>?, Int) -> R) -> R {
  guard let bytes else { return body(nil, 0) }
  // An empty filter allows nothing: it must not look like none.
  return unsafe (bytes.isEmpty ? [0] : bytes).withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
}
