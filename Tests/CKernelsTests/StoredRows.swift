import CKernels

/// Rows of weights as GGML stores them, with any codes and harmless scales.
enum StoredRows {
  static let quantisedTypes: [qk_type] = [
    QK_TYPE_Q4_0, QK_TYPE_Q4_1, QK_TYPE_Q5_0, QK_TYPE_Q5_1, QK_TYPE_Q8_0, QK_TYPE_Q2_K, QK_TYPE_Q3_K, QK_TYPE_Q4_K, QK_TYPE_Q5_K, QK_TYPE_Q6_K,
    QK_TYPE_IQ4_NL, QK_TYPE_IQ4_XS, QK_TYPE_MXFP4,
  ]

  /// Where a block's half-precision numbers lie.
  private static func halfOffsets(_ type: qk_type) -> [Int] {
    switch type {
    case QK_TYPE_Q4_1, QK_TYPE_Q5_1, QK_TYPE_Q4_K, QK_TYPE_Q5_K: [0, 2]
    case QK_TYPE_Q2_K: [80, 82]
    case QK_TYPE_Q3_K: [108]
    case QK_TYPE_Q6_K: [208]
    case QK_TYPE_MXFP4: []
    default: [0]
    }
  }

  /// - Parameter fill: Every byte of the codes; random ones without it.
  static func row(_ type: qk_type, columns: Int, fill: UInt8? = nil, using random: inout SeededGenerator) -> [UInt8] {
    (0..<columns / qk_block_elements(type)).flatMap { _ -> [UInt8] in
      var block = (0..<qk_block_bytes(type)).map { _ in fill ?? UInt8.random(in: 0...255, using: &random) }
      for offset in halfOffsets(type) {
        let half = fill == nil ? Float16(Float.random(in: -0.1...0.1, using: &random)) : 1
        block.replaceSubrange(offset..<offset + 2, with: withUnsafeBytes(of: half.bitPattern.littleEndian) { Array($0) })
      }
      if type == QK_TYPE_MXFP4 { block[0] = fill == nil ? UInt8.random(in: 0...140, using: &random) : 129 }
      return block
    }
  }

  static func floats(_ row: [UInt8], _ type: qk_type, columns: Int) -> [Float] {
    var floats = [Float](repeating: .nan, count: columns)
    qk_dequantise(&floats, row, type, columns)
    return floats
  }

  static func quantised(_ x: [Float], rows: Int, level: qk_cpu = qk_cpu_best()) -> [qk_activations] {
    let columns = x.count / rows
    var result = [qk_activations](repeating: qk_activations(), count: x.count / 32)
    x.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        for row in 0..<rows { qk_quantise_at(level, target.baseAddress! + row * columns / 32, source.baseAddress! + row * columns, columns) }
      }
    }
    return result
  }
}

/// The levels of this processor that have kernels.
let levels: [qk_cpu] = qk_cpu_best() == QK_CPU_NEON ? [QK_CPU_SCALAR, QK_CPU_NEON] : (0...qk_cpu_best().rawValue).map { qk_cpu($0) }
