import Foundation
import GRDB

/// Vectors as the database keeps them: 32-bit floats, little-endian.
enum VectorBlob {
  static func data(_ vector: [Float]) -> Data {
    // A key path in the closure's place would be followed for every number.
    vector.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) }
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

  /// Appends the vector of a row whose columns are the data and their checksum.
  ///
  /// Throws `index_corrupt` if it is not what was written, and `index_failed` if it is not of the dimension.
  static func append(_ row: Row, at index: Int, chunk: Int64, dimension: Int, to vectors: inout [Float]) throws {
    let checksum = try? row.decode(Int64.self, atIndex: index + 1)
    let fits = try row.withUnsafeData(atIndex: index) { data in
      guard let data, RowChecksum.of(data, chunk: chunk) == checksum else { throw StoreError.damagedRow("the vector of passage \(chunk)") }
      return append(data, dimension: dimension, to: &vectors)
    }
    guard fits else { throw StoreError.failed("read the vector of chunk \(chunk)", "it does not have \(dimension) numbers") }
  }

  /// The same of one vector of any length.
  static func checked(_ row: Row, at index: Int, chunk: Int64) throws -> [Float] {
    let data = try row.decode(Data.self, atIndex: index)
    guard RowChecksum.of(data, chunk: chunk) == (try? row.decode(Int64.self, atIndex: index + 1)) else {
      throw StoreError.damagedRow("the vector of passage \(chunk)")
    }
    return vector(data)
  }

  static func vector(_ data: Data) -> [Float] {
    var vector: [Float] = []
    vector.reserveCapacity(data.count / 4)
    _ = append(data, dimension: data.count / 4, to: &vector)
    return vector
  }
}
