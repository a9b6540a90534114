import CKernels
import ModelFile

/// A weight matrix W (rows, columns), packed for the kernels: integers for the quantised types, floats for the others.
///
/// `@unchecked Sendable`: written only while it is packed, before anybody else sees it.
@safe final class WeightMatrix: @unchecked Sendable {
  private enum Form {
    case integers(qk_matrix)
    case floats
  }

  let rows: Int
  let columns: Int
  /// Whether it is multiplied with quantised activations.
  let usesQuantisedActivations: Bool
  private let form: Form
  private let packed: UnsafeMutableRawPointer

  /// The types that can be multiplied, with their kernels' name.
  static func kernelType(of type: TensorType) -> qk_type? {
    switch type {
    case .f32: QK_TYPE_F32
    case .f16: QK_TYPE_F16
    case .bf16: QK_TYPE_BF16
    case .q4_0: QK_TYPE_Q4_0
    case .q4_1: QK_TYPE_Q4_1
    case .q8_0: QK_TYPE_Q8_0
    default: nil
    }
  }

  init(_ tensor: Tensor, pool: ComputePool) throws(InferenceError) {
    guard let type = Self.kernelType(of: tensor.type) else { throw .type(tensor.type.name, ofTensor: tensor.name, in: tensor.file.path) }
    let (rows, columns) = (tensor.shape[1], tensor.shape[0])
    guard columns % Int(QK_BLOCK) == 0 else { throw .configuration(tensor.file.path, "\(tensor.name) has \(columns) columns, not a multiple of 32") }
    self.rows = rows
    self.columns = columns
    switch tensor.type {
    case .q4_0, .q4_1, .q8_0:
      let kind = tensor.type == .q8_0 ? QK_MATRIX_8BIT : QK_MATRIX_4BIT
      form = .integers(kind)
      usesQuantisedActivations = true
      let target = UnsafeMutableRawPointer.allocate(byteCount: max(64, qk_matrix_byte_count(kind, rows, columns)), alignment: 64)
      unsafe packed = target
      let job = unsafe PackingJob(target: target, tensor: tensor)
      let panels = (rows + Int(QK_PANEL) - 1) / Int(QK_PANEL)
      let parts = 4 * pool.threadCount
      pool.run(count: parts) { part in
        unsafe job.tensor.withBytes { bytes in
          unsafe qk_matrix_pack(job.target, bytes.baseAddress!, type, rows, columns, panels * part / parts, panels * (part + 1) / parts)
        }
      }
    default:
      form = .floats
      usesQuantisedActivations = false
      let target = UnsafeMutableRawPointer.allocate(byteCount: max(64, qk_dense_packed_count(rows, columns) * 4), alignment: 64)
      unsafe packed = target
      let job = unsafe PackingJob(target: target, tensor: tensor)
      let panelRows = Int(QK_DENSE_PANEL)
      let rowByteCount = columns * tensor.type.blockByteCount
      pool.run(count: (rows + panelRows - 1) / panelRows) { panel in
        let first = panel * panelRows
        let count = min(panelRows, rows - first)
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: count * columns) { floats in
          unsafe job.tensor.withBytes { unsafe qk_dequantise(floats.baseAddress!, $0.baseAddress! + first * rowByteCount, type, count * columns) }
          let panelTarget = unsafe job.target.assumingMemoryBound(to: Float.self) + first * columns
          unsafe qk_dense_pack(panelTarget, floats.baseAddress!, count, columns)
        }
      }
    }
  }

  deinit { unsafe packed.deallocate() }

  /// Where a packing job writes; its parts write disjoint panels.
  @safe private struct PackingJob: @unchecked Sendable {
    let target: UnsafeMutableRawPointer
    let tensor: Tensor
  }

  /// Panels that the parts of a product are made of.
  var panelCount: Int {
    let size =
      switch form {
      case .integers: Int(QK_PANEL)
      case .floats: Int(QK_DENSE_PANEL)
      }
    return (rows + size - 1) / size
  }

  /// y (m, rows) = x (m, columns) · Wᵀ for some of the panels; `quantised` are the same rows as int8.
  func multiply(
    _ x: UnsafePointer<Float>, quantised: UnsafePointer<qk_activations>, into y: UnsafeMutablePointer<Float>, rowCount: Int, panels: Range<Int>
  ) {
    switch form {
    case .integers(let kind):
      unsafe qk_matrix_multiply(y, rows, quantised, packed, kind, rowCount, rows, columns, panels.lowerBound, panels.upperBound)
    case .floats:
      let size = Int(QK_DENSE_PANEL)
      let first = panels.lowerBound * size
      unsafe qk_dense_columns(
        y + first, rows, x, packed.assumingMemoryBound(to: Float.self) + first * columns, rowCount, min(rows, panels.upperBound * size) - first,
        columns)
    }
  }
}
