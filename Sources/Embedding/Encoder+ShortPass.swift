import CKernels
import Inference

/// A query is a few rows: what takes time is reading the weights from memory, not multiplying. Here each part takes all rows through some of
/// a matrix's columns, so that every weight is read once, where blocks of rows would read them all each.
///
/// A sum is computed the same way however the columns are parted, so the bits are those of the other path.
extension Encoder {
  /// Up to here columns are parted, and rows above.
  static let shortRowLimit = 96

  func runLayersByColumns(offsets: [Int], _ buffers: Buffers) {
    let rowCount = offsets[offsets.count - 1]
    let narrow = FloatBuffer(count: rowCount * configuration.width)
    let expanded = FloatBuffer(count: rowCount * configuration.feedForwardWidth)
    for layer in weights.layers {
      multiplyByColumns(layer.attention, buffers.hidden, into: buffers.projections, rowCount: rowCount)
      attendAll(offsets: offsets, buffers)
      multiplyByColumns(layer.attentionOutput, buffers.attended, into: narrow, rowCount: rowCount)
      unsafe normalize(buffers.hidden.base, adding: narrow.base, layer.attentionNorm, rowCount: rowCount)
      multiplyByColumns(layer.up, buffers.hidden, into: expanded, rowCount: rowCount, activation: QK_ACTIVATION_GELU)
      multiplyByColumns(layer.down, expanded, into: narrow, rowCount: rowCount)
      unsafe normalize(buffers.hidden.base, adding: narrow.base, layer.outputNorm, rowCount: rowCount)
    }
  }

  private func multiplyByColumns(
    _ linear: EncoderWeights.Linear, _ x: FloatBuffer, into y: FloatBuffer, rowCount: Int, activation: qk_activation = QK_ACTIVATION_NONE
  ) {
    let panelCount = (linear.rows + Int(QK_DENSE_PANEL) - 1) / Int(QK_DENSE_PANEL)
    let partCount = min(panelCount, 4 * pool.threadCount)
    pool.run(count: partCount) { part in
      let panels = panelCount * part / partCount..<panelCount * (part + 1) / partCount
      unsafe qk_dense_panels(
        y.base, x.base, linear.packed, linear.bias, rowCount, linear.rows, linear.columns, activation, panels.lowerBound, panels.count)
    }
  }
}
