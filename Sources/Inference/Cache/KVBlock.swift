import CKernels

/// What the layers keep of 64 positions, as `KVLayout` says. Sequences with a common prefix share blocks.
///
/// `@unchecked Sendable`: the engine's thread writes, through a sequence that alone owns the block's unwritten positions.
@safe final class KVBlock: @unchecked Sendable {
  static let positionCount = Int(QK_KV_BLOCK)

  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(layout: KVLayout) {
    byteCount = layout.byteCount
    unsafe base = .allocate(byteCount: byteCount, alignment: 64)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  init(copying other: KVBlock) {
    byteCount = other.byteCount
    unsafe base = .allocate(byteCount: byteCount, alignment: 64)
    unsafe base.copyMemory(from: other.base, byteCount: byteCount)
  }

  deinit { unsafe base.deallocate() }
}
