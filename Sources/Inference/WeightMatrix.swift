import CKernels
import ModelFile

/// A weight matrix W (rows, columns), packed for the kernels in the precision in which it is stored.
///
/// `@unchecked Sendable`: written only while it is packed, before anybody else sees it.
@safe final class WeightMatrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  private let type: qk_type
  private let packed: AlignedMemory
  /// Memory that the packed weights take.
  let byteCount: Int

  /// The types that can be multiplied, with their kernels' name.
  static func kernelType(of type: TensorType) -> qk_type? {
    switch type {
    case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q2_K, .q3_K, .q4_K, .q5_K, .q6_K, .iq4_nl, .iq4_xs, .mxfp4: qk_type(type.rawValue)
    case .i8, .i16, .i32, .i64, .f64: nil
    }
  }

  /// The names of those types, for people.
  static let knownTypeNames = TensorType.allCases.filter { kernelType(of: $0) != nil }.map(\.name)

  /// Whether it is multiplied with quantised activations.
  var usesQuantisedActivations: Bool { qk_is_quantised(type) }

  /// - Parameter pages: Where it is packed.
  init(_ tensor: Tensor, in pages: inout LargePages, pool: ComputePool) throws(InferenceError) {
    guard let type = Self.kernelType(of: tensor.type) else { throw .type(tensor.type.name, ofTensor: tensor.name, in: tensor.file.path) }
    let (rows, columns) = (tensor.shape[1], tensor.shape[0])
    guard columns % Int(QK_BLOCK) == 0 else { throw .configuration(tensor.file.path, "\(tensor.name) has \(columns) columns, not a multiple of 32") }
    self.rows = rows
    self.columns = columns
    self.type = type
    let isQuantised = qk_is_quantised(type)
    byteCount = isQuantised ? qk_matrix_byte_count(type, rows, columns) : qk_floats_byte_count(type, rows, columns)
    packed = pages.take(byteCount: byteCount)
    let job = unsafe PackingJob(target: packed.base, tensor: tensor)
    let panels = panelCount
    let parts = min(panels, 4 * pool.threadCount)
    pool.run(count: parts) { part in
      let (first, last) = (panels * part / parts, panels * (part + 1) / parts)
      unsafe job.tensor.withBytes { bytes in
        let source = bytes.baseAddress!
        if isQuantised {
          unsafe qk_matrix_pack(job.target, source, type, rows, columns, first, last)
        } else {
          unsafe qk_floats_pack(job.target, source, type, rows, columns, first, last)
        }
      }
    }
    // What is packed need not be in memory twice.
    tensor.release()
  }

  /// Where a packing job writes; its parts write disjoint panels.
  @safe private struct PackingJob: @unchecked Sendable {
    let target: UnsafeMutableRawPointer
    let tensor: Tensor
  }

  /// Panels that the parts of a product are made of.
  var panelCount: Int { (rows + Int(QK_PANEL) - 1) / Int(QK_PANEL) }

  /// y (m, rows) = x (m, columns) · Wᵀ for some of the panels; `quantised` are the same rows as int8.
  func multiply(
    _ x: UnsafePointer<Float>, quantised: UnsafePointer<qk_activations>, into y: UnsafeMutablePointer<Float>, rowCount: Int, panels: Range<Int>
  ) {
    if usesQuantisedActivations {
      unsafe qk_matrix_multiply(y, rows, quantised, packed.base, type, rowCount, rows, columns, panels.lowerBound, panels.upperBound)
    } else {
      unsafe qk_floats_multiply(y, rows, x, packed.base, type, rowCount, rows, columns, panels.lowerBound, panels.upperBound)
    }
  }
}
