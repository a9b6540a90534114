import Foundation

/// Vectors as the database keeps them: 32-bit floats, little-endian.
enum VectorBlob {
  static func data(_ vector: [Float]) -> Data {
    vector.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
  }

  /// Appends a stored vector to others; `false`, and nothing done, when it is not of the dimension.
  static func append(_ data: Data, dimension: Int, to vectors: inout [Float]) -> Bool {
    guard data.count == dimension * MemoryLayout<Float>.size else { return false }
    data.withUnsafeBytes { bytes in
      for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Float>.size) {
        vectors.append(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))))
      }
    }
    return true
  }

  static func vector(_ data: Data) -> [Float] {
    var vector: [Float] = []
    vector.reserveCapacity(data.count / 4)
    _ = append(data, dimension: data.count / 4, to: &vector)
    return vector
  }
}
