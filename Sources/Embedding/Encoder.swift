import CKernels
import Inference
import ModelFile

/// BERT's forward pass (Devlin et al. 2018) over several sequences at once, without padding: all their tokens are rows of one matrix, and only
/// attention knows where a sequence ends.
///
/// A row's result depends on its own sequence alone, to the bit: see the contract of `quarry_kernels.h`.
struct Encoder: Sendable {
  let configuration: EncoderConfiguration
  let weights: EncoderWeights
  let pool: ComputePool

  /// Rows that one part of a job takes through a layer: small enough for the second-level cache, large enough to use each weight often.
  private static let blockRowLimit = 96

  /// The mean of the last layer's rows of each sequence, L2-normalised.
  func embed(_ sequences: [[Int32]]) -> [[Float]] {
    let width = configuration.width
    let offsets = sequences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let rowCount = offsets[sequences.count]
    let buffers = Buffers(rowCount: rowCount, configuration: configuration)

    pool.run(count: sequences.count) { index in
      lookUp(sequences[index], into: buffers.hidden, row: offsets[index])
    }
    if rowCount <= Self.shortRowLimit {
      runLayersByColumns(offsets: offsets, buffers)
    } else {
      runLayersByRows(offsets: offsets, buffers)
    }
    return sequences.indices.map { meanPooled(buffers.hidden, rows: offsets[$0]..<offsets[$0 + 1], width: width) }
  }

  /// Each part takes rows through a whole layer, so that what it computes stays in its cache.
  private func runLayersByRows(offsets: [Int], _ buffers: Buffers) {
    let blocks = Self.blocks(rowCount: offsets[offsets.count - 1], threadCount: pool.threadCount)
    pool.run(count: blocks.count) { projectAttention(layer: 0, rows: blocks[$0], buffers) }
    for layer in weights.layers.indices {
      attendAll(offsets: offsets, buffers)
      pool.run(count: blocks.count) { part in
        finish(layer: layer, rows: blocks[part], buffers)
        if layer + 1 < weights.layers.count { projectAttention(layer: layer + 1, rows: blocks[part], buffers) }
      }
    }
  }

  /// Every sequence's heads: parts that need nothing of each other.
  func attendAll(offsets: [Int], _ buffers: Buffers) {
    let heads = configuration.headCount
    pool.run(count: (offsets.count - 1) * heads) { part in
      let index = part / heads
      attend(head: part % heads, rows: offsets[index]..<offsets[index + 1], buffers)
    }
  }

  /// The rows that go through a layer together.
  private static func blocks(rowCount: Int, threadCount: Int) -> [Range<Int>] {
    let size = min(blockRowLimit, max(6, (rowCount + 2 * threadCount - 1) / (2 * threadCount)))
    return stride(from: 0, to: rowCount, by: size).map { $0..<min($0 + size, rowCount) }
  }

  /// hidden = LayerNorm(word + position + type)
  private func lookUp(_ tokens: [Int32], into hidden: FloatBuffer, row: Int) {
    let width = configuration.width
    unsafe weights.words.withBytes { bytes in
      for (position, token) in tokens.enumerated() {
        let target = unsafe hidden.base + (row + position) * width
        for column in 0..<width {
          let word = unsafe bytes.loadUnaligned(fromByteOffset: (Int(token) * width + column) * 4, as: Float.self)
          unsafe target[column] = word + weights.positions[position * width + column]
        }
      }
    }
    unsafe normalize(hidden.base + row * width, adding: nil, weights.embeddingNorm, rowCount: tokens.count)
  }

  /// qkv (rows, 3 · width) = hidden · Wᵀ + b
  private func projectAttention(layer: Int, rows: Range<Int>, _ buffers: Buffers) {
    let width = configuration.width
    unsafe multiply(
      weights.layers[layer].attention, buffers.hidden.base + rows.lowerBound * width, into: buffers.projections.base + rows.lowerBound * 3 * width,
      rowCount: rows.count)
  }

  private func attend(head: Int, rows: Range<Int>, _ buffers: Buffers) {
    let width = configuration.width
    let size = configuration.headSize
    let query = unsafe buffers.projections.base + rows.lowerBound * 3 * width + head * size
    let scratchCount = qk_encoder_attention_scratch_count(rows.count, size)
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: scratchCount) { scratch in
      unsafe qk_encoder_attention(
        buffers.attended.base + rows.lowerBound * width + head * size, width, query, query + width, query + 2 * width, 3 * width, rows.count, size,
        scratch.baseAddress!)
    }
  }

  /// The rest of a layer: output projection, norm, feed-forward with GELU, norm.
  private func finish(layer index: Int, rows: Range<Int>, _ buffers: Buffers) {
    let layer = weights.layers[index]
    let width = configuration.width
    let wide = configuration.feedForwardWidth
    let hidden = unsafe buffers.hidden.base + rows.lowerBound * width
    let attended = unsafe buffers.attended.base + rows.lowerBound * width
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * (width + wide)) { scratch in
      let narrow = scratch.baseAddress!
      let expanded = unsafe narrow + rows.count * width
      unsafe multiply(layer.attentionOutput, attended, into: narrow, rowCount: rows.count)
      unsafe normalize(hidden, adding: narrow, layer.attentionNorm, rowCount: rows.count)
      unsafe multiply(layer.up, hidden, into: expanded, rowCount: rows.count, activation: QK_ACTIVATION_GELU)
      unsafe multiply(layer.down, expanded, into: narrow, rowCount: rows.count)
      unsafe normalize(hidden, adding: narrow, layer.outputNorm, rowCount: rows.count)
    }
  }

  private func multiply(
    _ linear: EncoderWeights.Linear, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rowCount: Int,
    activation: qk_activation = QK_ACTIVATION_NONE
  ) {
    unsafe qk_dense(y, x, linear.packed, linear.bias, rowCount, linear.rows, linear.columns, activation)
  }

  func normalize(_ x: UnsafeMutablePointer<Float>, adding y: UnsafePointer<Float>?, _ norm: EncoderWeights.Norm, rowCount: Int) {
    unsafe qk_layer_norm(x, y, norm.weight, norm.bias, rowCount, configuration.width, configuration.layerNormEpsilon)
  }

  private func meanPooled(_ hidden: FloatBuffer, rows: Range<Int>, width: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: width)
    for row in rows {
      for column in 0..<width { unsafe sum[column] += hidden.base[row * width + column] }
    }
    // The mean's divisor cancels in the normalisation.
    let length = sum.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? sum.map { $0 / length } : sum
  }
}

/// Memory of one forward pass.
///
/// `@unchecked Sendable`: parts of a job write disjoint rows, or disjoint columns.
@safe final class Buffers: @unchecked Sendable {
  /// (rows, width)
  let hidden: FloatBuffer
  /// (rows, 3 · width): query, key, value
  let projections: FloatBuffer
  /// (rows, width)
  let attended: FloatBuffer

  init(rowCount: Int, configuration: EncoderConfiguration) {
    hidden = FloatBuffer(count: rowCount * configuration.width)
    projections = FloatBuffer(count: rowCount * configuration.width * 3)
    attended = FloatBuffer(count: rowCount * configuration.width)
  }
}
