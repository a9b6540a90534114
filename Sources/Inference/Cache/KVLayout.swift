import CKernels

/// How a cache stores keys and values.
package enum KeyValueType: String, Sendable, CaseIterable {
  /// Half-precision floats.
  case f16
  /// int8 with a scale for each position and head: half the memory, and attention in integers.
  case q8

  var kernelType: qk_kv_type {
    switch self {
    case .f16: QK_KV_F16
    case .q8: QK_KV_Q8
    }
  }
}

/// Where a KV block keeps what. In bytes, layer by layer: for attention KV head by KV head (`qk_kv_head_bytes`), for a short convolution its
/// inputs (64, width) in half precision.
struct KVLayout: Sendable {
  let type: KeyValueType
  let headByteCount: Int
  private let layerOffsets: [Int]
  private let inputByteCount: Int
  /// Bytes of a block.
  let byteCount: Int

  init(_ configuration: ModelConfiguration, type: KeyValueType) {
    self.type = type
    headByteCount = qk_kv_head_bytes(type.kernelType, configuration.headSize)
    inputByteCount = configuration.width * MemoryLayout<UInt16>.stride
    var end = 0
    var offsets: [Int] = []
    for layer in configuration.layers {
      offsets.append(end)
      end += layer == .shortConvolution ? KVBlock.positionCount * inputByteCount : configuration.keyValueHeadCount * headByteCount
    }
    layerOffsets = offsets
    byteCount = end
  }

  /// Where a layer's KV head begins.
  func offset(layer: Int, head: Int) -> Int { layerOffsets[layer] + head * headByteCount }

  /// Where the input of a short convolution at one of the positions begins.
  func inputOffset(layer: Int, slot: Int) -> Int { layerOffsets[layer] + slot * inputByteCount }
}
