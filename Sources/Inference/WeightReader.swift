import CKernels
import ModelFile

/// Takes a model's weights out of its file, by name and shape, and knows which tensors nobody took.
struct WeightReader {
  let gguf: GGUFFile
  let pool: ComputePool
  private var taken: Set<String> = []
  private var pages = LargePages()

  init(gguf: GGUFFile, pool: ComputePool) {
    self.gguf = gguf
    self.pool = pool
  }

  func has(_ name: String) -> Bool { gguf.tensors[name] != nil }

  /// - Parameter shape: GGUF's order, the contiguous dimension first.
  mutating func tensor(_ name: String, _ shape: [Int]) throws(InferenceError) -> Tensor {
    taken.insert(name)
    do throws(ModelFileError) { return try gguf.tensor(name, shape: shape) } catch { throw .load(gguf.path, error) }
  }

  mutating func matrix(_ name: String, rows: Int, columns: Int) throws(InferenceError) -> WeightMatrix {
    try matrix(tensor(name, [columns, rows]))
  }

  mutating func matrix(_ tensor: Tensor) throws(InferenceError) -> WeightMatrix {
    try WeightMatrix(tensor, in: &pages, pool: pool)
  }

  /// Floats of any shape, row by row; not for block types.
  mutating func floats(_ name: String, _ shape: [Int]) throws(InferenceError) -> [Float] {
    let tensor = try tensor(name, shape)
    guard let type = WeightMatrix.kernelType(of: tensor.type), tensor.type.blockElementCount == 1 else {
      throw .type(tensor.type.name, ofTensor: name, in: gguf.path)
    }
    let count = tensor.elementCount
    return unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      unsafe tensor.withBytes { unsafe qk_dequantise(buffer.baseAddress!, $0.baseAddress!, type, count) }
      initialized = count
    }
  }

  /// A tensor that the architecture does not use means that the model computes something else: the text would only be wrong.
  func refuseWhatIsLeft() throws(InferenceError) {
    guard let extra = gguf.tensors.keys.filter({ !taken.contains($0) }).min() else { return }
    throw .configuration(gguf.path, "it has a tensor \(extra), which this architecture does not use here")
  }
}
