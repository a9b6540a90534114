import CKernels
import Inference
import ModelFile

/// One forward pass of some sequences (Devlin et al. 2018), without padding: all their tokens are rows of one matrix, and only attention knows
/// where a sequence ends.
///
/// A row's result depends on its own sequence alone, to the bit, and on how work is parted not at all: see the contract of `quarry_kernels.h`.
struct EncoderPass {
  let configuration: EncoderConfiguration
  let weights: EncoderWeights
  /// Threads that share each step; nil when they all have passes of their own.
  let pool: ComputePool?
  let buffers: EncoderBuffers

  /// Rows of a step that is not worth waking threads for.
  private static let serialRowLimit = 64

  /// - Parameters:
  ///   - sequences: No more rows together than `buffers` has.
  ///   - vectors: A place of `width` floats for each: what `pooling` makes of the last layer's rows, of length 1.
  func run(_ sequences: [[Int32]], into vectors: [UnsafeMutablePointer<Float>]) {
    let offsets = sequences.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let rowCount = offsets[sequences.count]
    precondition(rowCount <= buffers.rowCount, "more rows than the buffers have")
    for (sequence, offset) in zip(sequences, offsets) { lookUp(sequence, row: offset) }
    let hidden = unsafe buffers.hidden.floats
    let attended = unsafe buffers.attended.floats
    let expanded = unsafe buffers.expanded.floats
    let narrow = unsafe buffers.narrow.floats
    for layer in weights.layers {
      unsafe multiply(layer.attention, hidden, into: buffers.projections.floats, rowCount: rowCount)
      attend(offsets: offsets)
      unsafe multiply(layer.attentionOutput, attended, into: narrow, rowCount: rowCount)
      normalize(layer.attentionNorm, rowCount: rowCount)
      if let gate = layer.gate {
        unsafe multiply(layer.up, hidden, into: buffers.gated.floats, rowCount: rowCount)
        unsafe multiply(gate, hidden, into: expanded, rowCount: rowCount)
        let wide = configuration.feedForwardWidth
        parted(rowCount) { [buffers] rows in
          let start = rows.lowerBound * wide
          unsafe qk_swiglu(buffers.expanded.floats + start, buffers.gated.floats + start, rows.count * wide)
        }
      } else {
        unsafe multiply(layer.up, hidden, into: expanded, rowCount: rowCount, activation: QK_ACTIVATION_GELU)
      }
      unsafe multiply(layer.down, expanded, into: narrow, rowCount: rowCount)
      normalize(layer.outputNorm, rowCount: rowCount)
    }
    for index in sequences.indices {
      let count = configuration.pooling == .mean ? sequences[index].count : 1
      unsafe qk_pool_mean(vectors[index], hidden + offsets[index] * configuration.width, count, configuration.width)
    }
  }

  /// hidden = LayerNorm(word + position + type)
  private func lookUp(_ tokens: [Int32], row: Int) {
    let width = configuration.width
    let target = unsafe buffers.hidden.floats + row * width
    let type = EncoderWeights.kernelType(of: weights.words.type)
    unsafe weights.words.withBytes { bytes in
      let byteCount = bytes.count / configuration.vocabularySize
      for (position, token) in tokens.enumerated() {
        unsafe qk_dequantise(target + position * width, bytes.baseAddress! + Int(token) * byteCount, type, width)
      }
    }
    let norm = weights.embeddingNorm
    switch configuration.positions {
    case .learned:
      unsafe qk_layer_norm(target, weights.additions, norm.weight, norm.bias, tokens.count, width, configuration.layerNormEpsilon)
    case .rotary:
      for position in tokens.indices { unsafe qk_add(target + position * width, weights.additions, width) }
      unsafe qk_layer_norm(target, nil, norm.weight, norm.bias, tokens.count, width, configuration.layerNormEpsilon)
    }
  }

  private func multiply(
    _ linear: PackedLinear, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, rowCount: Int,
    activation: qk_activation = QK_ACTIVATION_NONE
  ) {
    let partCount = pool.map { min(linear.panelCount, 4 * $0.threadCount) } ?? 1
    // Shared with the parts, which write columns of their own.
    nonisolated(unsafe) let (x, y) = unsafe (x, y)
    if linear.precision == .int8 {
      parted(rowCount) { [buffers] in unsafe linear.prepare(x, rows: $0, into: buffers.prepared.base) }
    }
    run(count: partCount) { [buffers] part in
      let panels = linear.panelCount * part / partCount..<linear.panelCount * (part + 1) / partCount
      unsafe linear.multiply(x, buffers.prepared.base, into: y, rowCount: rowCount, activation: activation, panels: panels)
    }
  }

  /// Every sequence's heads: parts that need nothing of each other.
  private func attend(offsets: [Int]) {
    let (width, size, heads) = (configuration.width, configuration.headSize, configuration.headCount)
    run(count: (offsets.count - 1) * heads) { [buffers, weights] part in
      let (index, head) = part.quotientAndRemainder(dividingBy: heads)
      let rows = offsets[index]..<offsets[index + 1]
      let query = unsafe buffers.projections.floats + rows.lowerBound * 3 * width + head * size
      if let turns = weights.turns {
        let pairs = size / 2
        for position in 0..<rows.count {
          unsafe turns.cosines.withUnsafeBufferPointer { cosines in
            unsafe turns.sines.withUnsafeBufferPointer { sines in
              let (c, s) = unsafe (cosines.baseAddress! + position * pairs, sines.baseAddress! + position * pairs)
              let head = unsafe query + position * 3 * width
              unsafe qk_rope_halves(head, c, s, pairs)
              unsafe qk_rope_halves(head + width, c, s, pairs)
            }
          }
        }
      }
      let scratchCount = qk_encoder_attention_scratch_count(rows.count, size)
      unsafe withUnsafeTemporaryAllocation(byteCount: scratchCount * MemoryLayout<Float>.stride, alignment: 64) { scratch in
        unsafe qk_encoder_attention(
          buffers.attended.floats + rows.lowerBound * width + head * size, width, query, query + width, query + 2 * width, 3 * width, rows.count,
          size, scratch.baseAddress!.assumingMemoryBound(to: Float.self))
      }
    }
  }

  /// hidden = LayerNorm(hidden + narrow)
  private func normalize(_ norm: EncoderWeights.Norm, rowCount: Int) {
    let width = configuration.width
    let epsilon = configuration.layerNormEpsilon
    parted(rowCount) { [buffers] rows in
      let offset = rows.lowerBound * width
      unsafe qk_layer_norm(
        buffers.hidden.floats + offset, buffers.narrow.floats + offset, norm.weight, norm.bias, rows.count, width, epsilon)
    }
  }

  /// Rows in as many ranges as there are threads, or in one.
  private func parted(_ rowCount: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) {
    let partCount = rowCount <= Self.serialRowLimit ? 1 : pool?.threadCount ?? 1
    run(count: partCount) { part in body(rowCount * part / partCount..<rowCount * (part + 1) / partCount) }
  }

  private func run(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    if let pool {
      pool.run(count: count, body)
    } else {
      for part in 0..<count { body(part) }
    }
  }
}

/// Memory of one forward pass.
struct EncoderBuffers: Sendable {
  let rowCount: Int
  /// (rows, width)
  let hidden: AlignedMemory
  /// (rows, 3 · width): query, key, value
  let projections: AlignedMemory
  /// (rows, width)
  let attended: AlignedMemory
  /// (rows, width): what is added to `hidden`
  let narrow: AlignedMemory
  /// (rows, feed-forward width)
  let expanded: AlignedMemory
  /// The same, where the feed-forward part is gated: what the gate is multiplied with
  let gated: AlignedMemory
  /// The input of a product, quantised.
  let prepared: AlignedMemory

  init(rowCount: Int, configuration: EncoderConfiguration, precision: EmbeddingPrecision) {
    let (width, wide) = (configuration.width, configuration.feedForwardWidth)
    self.rowCount = rowCount
    hidden = AlignedMemory(floatCount: rowCount * width)
    projections = AlignedMemory(floatCount: rowCount * width * 3)
    attended = AlignedMemory(floatCount: rowCount * width)
    narrow = AlignedMemory(floatCount: rowCount * width)
    expanded = AlignedMemory(floatCount: rowCount * wide)
    gated = AlignedMemory(floatCount: configuration.isGated ? rowCount * wide : 0)
    prepared = AlignedMemory(byteCount: PackedLinear.preparedByteCount(rowCount: rowCount, columns: max(width, wide), precision))
  }
}
