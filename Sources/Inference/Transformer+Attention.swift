import CKernels

extension Transformer {
  /// Queries of one head that one part of an attention job takes.
  private static let attentionRowCount = 16

  /// delta = W_o · attention(W · normal), for all rows of the pass.
  func attend(_ attention: Attention, layer: Int, _ pass: Pass) {
    multiply(
      [(attention.query, pass.queries), (attention.key, pass.keys), (attention.value, pass.values)], pass.normal, rowCount: pass.rowCount)
    let turns = attention.rope.flatMap { pass.turns[$0] }
    forEachRow(of: pass) { [self] row in prepare(row, attention, turns, layer: layer, pass) }
    mix(attention, layer: layer, pass)
    multiply([(attention.output, pass.delta)], pass.attended, rowCount: pass.rowCount)
  }

  /// Gives a row's queries and keys their bias, norm and position, and stores keys and values in the cache.
  private func prepare(_ row: Int, _ attention: Attention, _ turns: Pass.Turns?, layer: Int, _ pass: Pass) {
    let size = configuration.headSize
    let queries = unsafe pass.queries.base + row * configuration.queryWidth
    let keys = unsafe pass.keys.base + row * configuration.keyValueWidth
    let values = unsafe pass.values.base + row * configuration.keyValueWidth
    if let biases = attention.biases {
      unsafe qk_add(queries, biases.query, configuration.queryWidth)
      unsafe qk_add(keys, biases.key, configuration.keyValueWidth)
      unsafe qk_add(values, biases.value, configuration.keyValueWidth)
    }
    for head in 0..<configuration.headCount { unsafe place(queries + head * size, row, attention.norms?.query, turns) }
    let position = pass.position(of: row)
    let block = pass.block(of: row, holding: position)
    if pass.comparesValues { unsafe pass.deviations.base[row] = deviation(of: row, layer: layer, pass) }
    for head in 0..<configuration.keyValueHeadCount {
      unsafe place(keys + head * size, row, attention.norms?.key, turns)
      unsafe qk_kv_store(
        layout.type.kernelType, block.base + layout.offset(layer: layer, head: head), keys + head * size, values + head * size,
        position % KVBlock.positionCount, size)
    }
  }

  /// Normalises one head and turns it to its position.
  private func place(_ head: UnsafeMutablePointer<Float>, _ row: Int, _ norm: [Float]?, _ turns: Pass.Turns?) {
    if let norm { unsafe qk_rms_norm(head, head, norm, configuration.headSize, configuration.normEpsilon) }
    guard let turns else { return }
    let pairs = configuration.ropePairCount
    let cosines = unsafe turns.cosines.base + row * pairs
    let sines = unsafe turns.sines.base + row * pairs
    switch configuration.architecture.ropeStyle {
    case .adjacentPairs: unsafe qk_rope_pairs(head, cosines, sines, pairs)
    case .halves: unsafe qk_rope_halves(head, cosines, sines, pairs)
    }
  }

  private func mix(_ attention: Attention, layer: Int, _ pass: Pass) {
    let heads = configuration.keyValueHeadCount
    let group = configuration.groupSize
    // What the query heads of a part give.
    let columnCount = group * configuration.headSize
    let areWholeBlocks = columnCount % Int(QK_BLOCK) == 0
    let parts = pass.runs.indices.flatMap { run in
      stride(from: pass.runs[run].rows.lowerBound, to: pass.runs[run].rows.upperBound, by: Self.attentionRowCount).map { start in
        (run: run, rows: start..<min(start + Self.attentionRowCount, pass.runs[run].rows.upperBound))
      }
    }
    pool.run(count: parts.count * heads) { [self] index in
      // Later rows see more, so they go first: the last part of each thread's share is its smallest.
      let (run, rows) = (pass.runs[parts[parts.count - 1 - index / heads].run], parts[parts.count - 1 - index / heads].rows)
      let head = index % heads
      let place = rows.lowerBound * configuration.queryWidth + head * columnCount
      let scratchCount = qk_attention_scratch_count(rows.count, group, configuration.headSize)
      unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: scratchCount) { scratch in
        unsafe run.blockBases.withUnsafeBufferPointer { blocks in
          var job = unsafe qk_attention_job(
            type: layout.type.kernelType, queries: pass.queries.base + place, stride: configuration.queryWidth, rows: rows.count,
            first: run.first + rows.lowerBound - run.rows.lowerBound, heads: group, head_size: configuration.headSize,
            blocks: blocks.baseAddress, offset: layout.offset(layer: layer, head: head), window: attention.window ?? 0,
            scale: 1 / Float(configuration.headSize).squareRoot())
          unsafe qk_attention(pass.attended.floats.base + place, &job, scratch.baseAddress!)
        }
      }
      guard areWholeBlocks else { return }
      for row in rows { pass.attended.quantise(row: row, width: configuration.queryWidth, columns: head * columnCount..<(head + 1) * columnCount) }
    }
    if !areWholeBlocks { forEachRow(of: pass) { [self] row in pass.attended.quantise(row: row, width: configuration.queryWidth) } }
  }
}
