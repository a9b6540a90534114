import CKernels
package import Tokenizer

extension LanguageModel {
  /// How far keys and values that were moved are from those that were computed where they now stand, for tests: in a text of one token over and
  /// over everything that a layer sees is the same at all positions, so that its keys differ by their turn alone.
  ///
  /// - Parameter positions: Where they were computed.
  /// - Returns: The largest differences of a key and of a value, and that of a key if it is not turned, each divided by the largest magnitude.
  package func relocationError(token: TokenID, positions: Range<Int>, distance: Int) -> (key: Float, value: Float, unturnedKey: Float) {
    let layout = transformer.layout
    let size = transformer.configuration.headSize
    let count = KVBlock.positionCount
    var sequence = KVSequence(layout: layout)
    _ = transformer.read(Array(repeating: token, count: positions.upperBound + distance), into: &sequence)
    let target = KVBlock(layout: layout)
    var error: (key: Float, value: Float, unturnedKey: Float) = (0, 0, 0)
    var largest: (key: Float, value: Float) = (0, 0)
    for position in positions {
      transformer.move(sequence.blocks[position / count], position % count..<position % count + 1, to: target, at: 1, by: distance)
      for (layer, kind) in transformer.configuration.layers.enumerated() where kind != .shortConvolution {
        for head in 0..<transformer.configuration.keyValueHeadCount {
          func load(_ block: KVBlock, _ slot: Int) -> (key: [Float], value: [Float]) {
            var (key, value) = ([Float](repeating: 0, count: size), [Float](repeating: 0, count: size))
            let base = unsafe block.base + layout.offset(layer: layer, head: head)
            unsafe qk_kv_load_key(layout.type.kernelType, base, &key, slot, size)
            unsafe qk_kv_load_value(layout.type.kernelType, base, &value, slot, size)
            return (key, value)
          }
          let before = load(sequence.blocks[position / count], position % count)
          let moved = load(target, 1)
          let place = position + distance
          let computed = load(sequence.blocks[place / count], place % count)
          for element in 0..<size {
            largest.key = max(largest.key, abs(computed.key[element]))
            largest.value = max(largest.value, abs(computed.value[element]))
            error.key = max(error.key, abs(moved.key[element] - computed.key[element]))
            error.value = max(error.value, abs(moved.value[element] - computed.value[element]))
            error.unturnedKey = max(error.unturnedKey, abs(before.key[element] - computed.key[element]))
          }
        }
      }
    }
    return (error.key / largest.key, error.value / largest.value, error.unturnedKey / largest.key)
  }
}
