import CKernels
import Foundation

extension Transformer {
  /// Copies keys and values of positions to where they mean others: values as they are, keys turned further by the distance, which is the same as to
  /// turn them to their new position at once (Su et al. 2021: rotations add up).
  ///
  /// - Parameters:
  ///   - slots: Of `source`; they go to `slot` of `target` and those after it.
  ///   - distance: Positions that these come later than those they were computed for.
  func move(_ source: KVBlock, _ slots: Range<Int>, to target: KVBlock, at slot: Int, by distance: Int) {
    let turns = ropes.mapValues { rope in
      rope.frequencies.map { (cosine: Float(cos(Double(distance) * $0)), sine: Float(sin(Double(distance) * $0))) }
    }
    pool.run(count: layers.count) { [self] layer in
      switch layers[layer].mixer {
      case .attention(let attention):
        move(source, slots, to: target, at: slot, layer: layer, turns: attention.rope.flatMap { turns[$0] } ?? [])
      case .shortConvolution:
        // Inputs of convolutions know nothing of positions.
        unsafe (target.base + layout.inputOffset(layer: layer, slot: slot)).copyMemory(
          from: source.base + layout.inputOffset(layer: layer, slot: slots.lowerBound),
          byteCount: layout.inputOffset(layer: layer, slot: slots.count) - layout.inputOffset(layer: layer, slot: 0))
      }
    }
  }

  private func move(
    _ source: KVBlock, _ slots: Range<Int>, to target: KVBlock, at slot: Int, layer: Int, turns: [(cosine: Float, sine: Float)]
  ) {
    let size = configuration.headSize
    let (cosines, sines) = (turns.map(\.cosine), turns.map(\.sine))
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { head in
      let key = head.baseAddress!
      for index in 0..<configuration.keyValueHeadCount {
        let offset = layout.offset(layer: layer, head: index)
        for from in slots {
          let to = slot + from - slots.lowerBound
          unsafe qk_kv_copy_value(layout.type.kernelType, source.base + offset, from, target.base + offset, to, size)
          unsafe qk_kv_load_key(layout.type.kernelType, source.base + offset, key, from, size)
          switch configuration.architecture.ropeStyle {
          case .adjacentPairs: unsafe qk_rope_pairs(key, cosines, sines, cosines.count)
          case .halves: unsafe qk_rope_halves(key, cosines, sines, cosines.count)
          }
          unsafe qk_kv_store_key(layout.type.kernelType, target.base + offset, key, to, size)
        }
      }
    }
  }
}
