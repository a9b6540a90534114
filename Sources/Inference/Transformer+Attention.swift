import CKernels

extension Transformer {
  /// Queries of one head that one part of an attention job takes.
  private static let attentionRowCount = 16

  /// delta = W_o · attention(W · normal), for all rows of the pass.
  func attend(_ attention: Attention, layer: Int, _ pass: Pass) {
    multiply(
      [(attention.query, pass.queries), (attention.key, pass.keys), (attention.value, pass.values)], pass.normal, rowCount: pass.rowCount)
    forEachRow(of: pass) { row in prepare(row, attention, layer: layer, pass) }
    mix(attention, layer: layer, pass)
    forEachRow(of: pass) { row in pass.attended.quantise(row: row, width: configuration.queryWidth) }
    multiply([(attention.output, pass.delta)], pass.attended, rowCount: pass.rowCount)
  }

  /// Gives a row's queries and keys their bias, norm and position, and stores keys and values in the cache.
  private func prepare(_ row: Int, _ attention: Attention, layer: Int, _ pass: Pass) {
    let size = configuration.headSize
    let queries = unsafe pass.queries.base + row * configuration.queryWidth
    let keys = unsafe pass.keys.base + row * configuration.keyValueWidth
    let values = unsafe pass.values.base + row * configuration.keyValueWidth
    if let biases = attention.biases {
      unsafe qk_add(queries, biases.query, configuration.queryWidth)
      unsafe qk_add(keys, biases.key, configuration.keyValueWidth)
      unsafe qk_add(values, biases.value, configuration.keyValueWidth)
    }
    for head in 0..<configuration.headCount { unsafe place(queries + head * size, row, attention.norms?.query, attention.rope, pass) }
    let position = pass.first + row
    let block = pass.blocks[position / KVBlock.positionCount]
    for head in 0..<configuration.keyValueHeadCount {
      unsafe place(keys + head * size, row, attention.norms?.key, attention.rope, pass)
      unsafe qk_kv_store(
        block.base + KVBlock.keyOffset(layer: layer, head: head, configuration),
        block.base + KVBlock.valueOffset(layer: layer, head: head, configuration),
        keys + head * size, values + head * size, position % KVBlock.positionCount, size)
    }
  }

  /// Normalises one head and turns it to its position.
  private func place(_ head: UnsafeMutablePointer<Float>, _ row: Int, _ norm: [Float]?, _ rope: RotaryEmbedding.Kind?, _ pass: Pass) {
    if let norm { unsafe qk_rms_norm(head, head, norm, configuration.headSize, configuration.normEpsilon) }
    guard let rope, let turns = pass.turns[rope] else { return }
    let pairs = configuration.ropePairCount
    let cosines = unsafe turns.cosines.base + row * pairs
    let sines = unsafe turns.sines.base + row * pairs
    switch configuration.architecture.ropeStyle {
    case .adjacentPairs: unsafe qk_rope_pairs(head, cosines, sines, pairs)
    case .halves: unsafe qk_rope_halves(head, cosines, sines, pairs)
    }
  }

  private func mix(_ attention: Attention, layer: Int, _ pass: Pass) {
    let configuration = configuration
    let heads = configuration.keyValueHeadCount
    let size = configuration.headSize
    let group = configuration.groupSize
    let stride = configuration.queryWidth
    let rowsOfPart = Self.attentionRowCount
    let runs = (pass.rowCount + rowsOfPart - 1) / rowsOfPart
    pool.run(count: runs * heads) { part in
      let head = part % heads
      // Later rows see more, so they go first: the last part to be taken is a small one.
      let start = (runs - 1 - part / heads) * rowsOfPart
      let count = min(rowsOfPart, pass.rowCount - start)
      unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: qk_attention_scratch_count(count, group, size)) { scratch in
        let offset = start * stride + head * group * size
        unsafe qk_attention(
          pass.attended.floats.base + offset, pass.queries.base + offset, stride, count, pass.first + start, attention.window ?? 0, group, size,
          pass.blockBases, KVBlock.keyOffset(layer: layer, head: head, configuration),
          KVBlock.valueOffset(layer: layer, head: head, configuration), scratch.baseAddress!)
      }
    }
  }
}
