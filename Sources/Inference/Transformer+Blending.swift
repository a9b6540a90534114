import CKernels

/// CacheBlend (Yao et al. 2025, section 4): the first layers are computed for all positions, the others only for those of the positions with keys and
/// values from elsewhere whose values changed most.
extension Transformer {
  /// The layer whose values are compared: the second one, or the first after it that has any.
  var blendingLayer: Int? {
    layers.indices.dropFirst().first { if case .attention = layers[$0].mixer { true } else { false } }
  }

  /// The rows with which a pass goes on after the blending layer: of each run those that were not moved, and a share of the others.
  func rowsToKeep(_ runs: [TokenRun], _ pass: Pass) -> [Int] {
    zip(runs, pass.runs).flatMap { run, placed in
      let moved = run.moved.flatMap { $0 }.map { placed.rows.lowerBound + $0 }
      let keptCount = Int((Double(moved.count) * run.blendingShare).rounded(.up))
      let kept = Set(moved.sorted { unsafe (pass.deviations.base[$0], $1) > (pass.deviations.base[$1], $0) }.prefix(keptCount))
      let dropped = Set(moved).subtracting(kept)
      return placed.rows.filter { !dropped.contains($0) }
    }
  }

  /// How far a row's values are from those that its position has in the cache: the sum of squared differences over all heads.
  func deviation(of row: Int, layer: Int, _ pass: Pass) -> Float {
    let size = configuration.headSize
    let position = pass.position(of: row)
    let block = pass.block(of: row, holding: position)
    return unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { stored in
      let value = stored.baseAddress!
      var sum: Float = 0
      for head in 0..<configuration.keyValueHeadCount {
        unsafe qk_kv_load_value(
          layout.type.kernelType, block.base + layout.offset(layer: layer, head: head), value, position % KVBlock.positionCount, size)
        let fresh = unsafe pass.values.base + row * configuration.keyValueWidth + head * size
        for element in 0..<size {
          let difference = unsafe fresh[element] - value[element]
          sum += difference * difference
        }
      }
      return sum
    }
  }
}
