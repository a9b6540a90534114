/// A tensor that lies in a mapped file.
package struct Tensor: Sendable {
  package let name: String
  package let type: TensorType
  /// Elements of each dimension in GGUF's order: `shape[0]` is contiguous in memory. A matrix W (rows, columns) has shape [columns, rows].
  package let shape: [Int]
  package let file: MappedFile
  /// Where it lies in the file; checked to be inside it and to be as long as type and shape say.
  package let byteRange: Range<Int>

  package var elementCount: Int { shape.reduce(1, *) }

  /// Gives the tensor's bytes; the pointer is valid only inside `body`.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try unsafe file.withBytes(byteRange, body)
  }

  /// Lets its bytes leave the process's memory; they are read from the file again if they are asked for.
  package func release() { file.release(byteRange) }

  /// Bytes that a tensor of this type and shape takes; `nil` when the shape does not fit the type's blocks or the product overflows.
  static func byteCount(of type: TensorType, shape: [Int]) -> Int? {
    guard shape.first ?? 1 >= 0, (shape.first ?? 1) % type.blockElementCount == 0 else { return nil }
    var elements = 1
    for dimension in shape {
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      elements = product
    }
    let (bytes, overflow) = (elements / type.blockElementCount).multipliedReportingOverflow(by: type.blockByteCount)
    return overflow ? nil : bytes
  }
}

extension Tensor {
  /// Two tensors of a file that share bytes: no writer makes such files, and a small one could ask for any amount of memory.
  static func overlap(in tensors: some Sequence<Tensor>) -> (Tensor, Tensor)? {
    let ordered = tensors.filter { !$0.byteRange.isEmpty }.sorted { ($0.byteRange.lowerBound, $0.name) < ($1.byteRange.lowerBound, $1.name) }
    return zip(ordered, ordered.dropFirst()).first { $0.byteRange.upperBound > $1.byteRange.lowerBound }
  }
}
