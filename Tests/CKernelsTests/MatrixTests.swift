import CKernels
import Foundation
import Testing

/// Products with weights of every type: each level gives the bits of the scalar reference, and that is the product of the floats.
@Suite struct MatrixTests {
  static let shapes: [(m: Int, n: Int, k: Int)] = [
    (1, 8, 256), (5, 19, 512), (9, 64, 768), (2, 7, 256), (13, 33, 1024), (8, 16, 256), (23, 19, 1536),
  ]

  private static func product(_ level: qk_cpu, _ x: [Float], m: Int, _ packed: UnsafeRawPointer, _ type: qk_type, n: Int, k: Int) -> [Float] {
    var y = [Float](repeating: .nan, count: m * n)
    if qk_is_quantised(type) {
      qk_matrix_multiply_at(level, &y, n, StoredRows.quantised(x, rows: m), packed, type, m, n, k, 0, (n + 15) / 16)
    } else {
      qk_floats_multiply_at(level, &y, n, x, packed, type, m, n, k, 0, (n + 15) / 16)
    }
    return y
  }

  /// Packs rows, gives the packed matrix to `body`.
  private static func withPacked<R>(_ rows: [[UInt8]], _ type: qk_type, k: Int, _ body: (UnsafeRawPointer) -> R) -> R {
    let n = rows.count, size = qk_is_quantised(type) ? qk_matrix_byte_count(type, n, k) : qk_floats_byte_count(type, n, k)
    let packed = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { packed.deallocate() }
    memset(packed, 0xA5, size)
    let panels = (n + 15) / 16
    // In two runs, as threads do.
    for (first, last) in [(panels / 2, panels), (0, panels / 2)] {
      if qk_is_quantised(type) {
        qk_matrix_pack(packed, rows.flatMap { $0 }, type, n, k, first, last)
      } else {
        qk_floats_pack(packed, rows.flatMap { $0 }, type, n, k, first, last)
      }
    }
    return body(packed)
  }

  @Test(arguments: (StoredRows.quantisedTypes + [QK_TYPE_F32, QK_TYPE_F16, QK_TYPE_BF16]).map(\.rawValue), shapes)
  func products(type: UInt32, shape: (m: Int, n: Int, k: Int)) {
    let (m, n, k) = shape, type = qk_type(type)
    var random = SeededGenerator(seed: UInt64(type.rawValue) << 32 | UInt64(n))
    let rows = (0..<n).map { _ -> [UInt8] in
      switch type {
      case QK_TYPE_F32: random.floats(k).flatMap { float in withUnsafeBytes(of: float) { Array($0) } }
      case QK_TYPE_F16: random.floats(k).flatMap { float in withUnsafeBytes(of: Float16(float)) { Array($0) } }
      case QK_TYPE_BF16: random.floats(k).flatMap { float in withUnsafeBytes(of: UInt16(float.bitPattern >> 16)) { Array($0) } }
      default: StoredRows.row(type, columns: k, using: &random)
      }
    }
    let x = random.floats(m * k, scale: 3)
    Self.withPacked(rows, type, k: k) { packed in
      let reference = Self.product(QK_CPU_SCALAR, x, m: m, packed, type, n: n, k: k)
      for level in levels {
        #expect(Self.product(level, x, m: m, packed, type, n: n, k: k) == reference, "level \(level.rawValue)")
        for row in 0..<m {
          let alone = Self.product(level, Array(x[row * k..<(row + 1) * k]), m: 1, packed, type, n: n, k: k)
          #expect(alone == Array(reference[row * n..<(row + 1) * n]), "level \(level.rawValue), row \(row) alone")
        }
      }
      // Against floats: what is lost is the rounding of activations to 8 bits.
      let rounded =
        qk_is_quantised(type)
        ? StoredRows.quantised(x, rows: m).flatMap { block in withUnsafeBytes(of: block.q) { $0.map { Float(Int8(bitPattern: $0)) * block.scale } } }
        : x
      for column in 0..<n {
        let weights = StoredRows.floats(rows[column], type, columns: k)
        for row in 0..<m {
          let products = zip(rounded[row * k..<(row + 1) * k], weights).map { Double($0.0) * Double($0.1) }
          let exact = products.reduce(0, +), size = products.reduce(0) { $0 + abs($1) }
          #expect(abs(Double(reference[row * n + column]) - exact) <= 1e-6 * size)
        }
      }
      #expect(reference.contains { abs($0) > 1e-3 }, "a kernel that gives zeros must fail")
    }
  }

  /// The worst cases of the 16-bit sums: the largest codes, and the smallest, with the largest activations.
  @Test(arguments: StoredRows.quantisedTypes.map(\.rawValue)) func extremeCodesDoNotOverflow(type: UInt32) {
    let type = qk_type(type), k = 256
    var random = SeededGenerator(seed: 1)
    for fill: UInt8 in [0x00, 0x7F, 0x80, 0xFF] {
      let row = StoredRows.row(type, columns: k, fill: fill, using: &random)
      let weights = StoredRows.floats(row, type, columns: k)
      for sign: Float in [1, -1] {
        let x = [Float](repeating: 127 * sign, count: k)
        let exact = weights.reduce(0) { $0 + Double($1) * Double(127 * sign) }, size = weights.reduce(0) { $0 + abs(Double($1)) * 127 }
        for level in levels {
          let y = Self.withPacked([row], type, k: k) { Self.product(level, x, m: 1, $0, type, n: 1, k: k) }
          #expect(abs(Double(y[0]) - exact) <= 1e-5 * size, "level \(level.rawValue), fill \(fill), sign \(sign)")
        }
      }
    }
  }

  private struct StoredBlock: Decodable {
    let type: UInt32
    let name: String
    let bytes: String
    let floats: [Float]
  }

  /// What is stored means what the `gguf` package reads from it.
  @Test func storedBlocksAreReadAsTheirSpecificationSays() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/quantised")
    let blocks = try JSONDecoder().decode([StoredBlock].self, from: Data(contentsOf: folder.appending(path: "blocks.json")))
    #expect(Set(blocks.map(\.type)) == Set(StoredRows.quantisedTypes.map(\.rawValue)))
    for block in blocks {
      let bytes = stride(from: 0, to: block.bytes.count, by: 2).compactMap { offset in
        UInt8(block.bytes.dropFirst(offset).prefix(2), radix: 16)
      }
      let floats = StoredRows.floats(bytes, qk_type(block.type), columns: block.floats.count)
      for (ours, theirs) in zip(floats, block.floats) { #expect(abs(ours - theirs) <= 1e-6 * abs(theirs) + 1e-12, "\(block.name)") }
    }
  }
}
