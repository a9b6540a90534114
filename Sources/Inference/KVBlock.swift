import CKernels

/// What the layers keep of 64 positions, as half-precision floats. Sequences with a common prefix share blocks.
///
/// Layout, layer by layer: for attention KV head, keys (head_size, 64), values (64, head_size); for a short convolution its inputs (64, width).
/// `@unchecked Sendable`: the engine's thread writes, through a sequence that alone owns the block's unwritten positions.
@safe final class KVBlock: @unchecked Sendable {
  static let positionCount = Int(QK_KV_BLOCK)

  let base: UnsafeMutablePointer<UInt16>
  let elementCount: Int

  var byteCount: Int { elementCount * MemoryLayout<UInt16>.stride }

  init(configuration: ModelConfiguration) {
    elementCount = Self.positionCount * configuration.cacheWidth
    unsafe base = .allocate(capacity: elementCount)
    unsafe base.initialize(repeating: 0, count: elementCount)
  }

  init(copying other: KVBlock) {
    elementCount = other.elementCount
    unsafe base = .allocate(capacity: elementCount)
    unsafe base.initialize(from: other.base, count: elementCount)
  }

  deinit { unsafe base.deallocate() }

  /// Where the keys of a layer's KV head begin; its values follow them.
  static func keyOffset(layer: Int, head: Int, _ configuration: ModelConfiguration) -> Int {
    positionCount * (configuration.cacheOffsets[layer] + head * 2 * configuration.headSize)
  }

  static func valueOffset(layer: Int, head: Int, _ configuration: ModelConfiguration) -> Int {
    keyOffset(layer: layer, head: head, configuration) + positionCount * configuration.headSize
  }

  /// Where the input of a short convolution at one of the positions begins.
  static func inputOffset(layer: Int, slot: Int, _ configuration: ModelConfiguration) -> Int {
    positionCount * configuration.cacheOffsets[layer] + slot * configuration.width
  }
}
