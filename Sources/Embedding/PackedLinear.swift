import CKernels
import Inference

/// A matrix (rows, columns) with its bias (rows), packed for the kernels of its precision.
struct PackedLinear: Sendable {
  let precision: EmbeddingPrecision
  let rows: Int
  let columns: Int
  private let packed: AlignedMemory
  private let bias: [Float]?

  /// Panels of rows that a part of a job may compute by itself.
  var panelCount: Int { (rows + Self.panel - 1) / Self.panel }
  /// Both precisions have panels of the same height.
  private static let panel = Int(QK_DENSE_PANEL)

  /// - Parameters:
  ///   - matrix: Row-major.
  ///   - pages: Where it is packed.
  init(
    _ matrix: [Float], bias: [Float]?, rows: Int, columns: Int, precision: EmbeddingPrecision, in pages: inout LargePages, pool: ComputePool
  ) {
    precondition(matrix.count == rows * columns && bias?.count ?? rows == rows && QK_DENSE_PANEL == QK_DENSE8_PANEL, "sizes do not fit together")
    self.precision = precision
    self.rows = rows
    self.columns = columns
    self.bias = bias
    switch precision {
    case .float32:
      let packed = pages.take(byteCount: qk_dense_packed_count(rows, columns) * MemoryLayout<Float>.stride)
      unsafe matrix.withUnsafeBufferPointer { unsafe qk_dense_pack(packed.floats, $0.baseAddress!, rows, columns) }
      self.packed = packed
    case .int8:
      let packed = pages.take(byteCount: qk_dense8_packed_byte_count(rows, columns))
      let panelCount = (rows + Self.panel - 1) / Self.panel
      let partCount = min(panelCount, 4 * pool.threadCount)
      pool.run(count: partCount) { part in
        unsafe matrix.withUnsafeBufferPointer {
          unsafe qk_dense8_pack(
            packed.base, $0.baseAddress!, rows, columns, panelCount * part / partCount, panelCount * (part + 1) / partCount)
        }
      }
      self.packed = packed
    }
  }

  /// Bytes that `prepare` writes at most for this many rows.
  static func preparedByteCount(rowCount: Int, columns: Int, _ precision: EmbeddingPrecision) -> Int {
    precision == .int8 ? rowCount * qk_dense8_row_byte_count(columns) : 0
  }

  /// Quantises the rows `range` of x, each by itself, where the precision wants it.
  func prepare(_ x: UnsafePointer<Float>, rows range: Range<Int>, into prepared: UnsafeMutableRawPointer) {
    guard precision == .int8 else { return }
    unsafe qk_dense8_quantise(
      prepared + range.lowerBound * qk_dense8_row_byte_count(columns), x + range.lowerBound * columns, range.count, columns)
  }

  /// Some columns of y (rowCount, rows) = activation(x · Wᵀ + bias).
  ///
  /// - Parameters:
  ///   - x: Read in single precision.
  ///   - prepared: What `prepare` wrote, read in 8 bits.
  func multiply(
    _ x: UnsafePointer<Float>, _ prepared: UnsafeRawPointer, into y: UnsafeMutablePointer<Float>, rowCount: Int, activation: qk_activation,
    panels: Range<Int>
  ) {
    switch precision {
    case .float32:
      unsafe qk_dense_panels(y, x, packed.floats, bias, rowCount, rows, columns, activation, panels.lowerBound, panels.count)
    case .int8:
      unsafe qk_dense8(y, prepared, packed.base, bias, rowCount, rows, columns, activation, panels.lowerBound, panels.upperBound)
    }
  }
}
