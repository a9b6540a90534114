import CKernels

/// Keys and values of 64 positions, for all layers and KV heads, as half-precision floats. Sequences with a common prefix share blocks.
///
/// Layout: layer, KV head, keys (head_size, 64), values (64, head_size).
/// `@unchecked Sendable`: the engine's thread writes, through a sequence that alone owns the block's unwritten positions.
@safe final class KVBlock: @unchecked Sendable {
  static let positionCount = Int(QK_KV_BLOCK)

  let base: UnsafeMutablePointer<UInt16>
  let elementCount: Int

  var byteCount: Int { elementCount * MemoryLayout<UInt16>.stride }

  init(configuration: ModelConfiguration) {
    elementCount = configuration.layerCount * configuration.keyValueHeadCount * 2 * Self.positionCount * configuration.headSize
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
    (layer * configuration.keyValueHeadCount + head) * 2 * positionCount * configuration.headSize
  }

  static func valueOffset(layer: Int, head: Int, _ configuration: ModelConfiguration) -> Int {
    keyOffset(layer: layer, head: head, configuration) + positionCount * configuration.headSize
  }
}
