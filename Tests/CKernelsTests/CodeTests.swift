import CKernels
import Testing

/// Vectors as bytes: how near they are, and that their products are the same integers everywhere.
@Suite struct CodeTests {
  private static let levels = [QK_CPU_SCALAR, QK_CPU_AVX2, QK_CPU_AVX512].filter { $0.rawValue <= qk_cpu_best().rawValue }

  private struct Coded {
    var codes: [UInt8]
    var scale: Float = 0
    var error: Float = 0

    init(_ vector: [Float]) {
      codes = [UInt8](repeating: 0, count: vector.count)
      qk_code_quantise(&codes, &scale, &error, vector, vector.count)
    }

    var decoded: [Float] { codes.map { scale * Float(Int($0) - 128) } }
  }

  @Test(arguments: [1, 5, 64, 384, 1000], [Float(1e-30), 0.01, 1, 1e20]) func theErrorIsNeverTooSmall(size: Int, magnitude: Float) {
    var random = SeededGenerator(seed: UInt64(size))
    for _ in 0..<20 {
      let vector = (0..<size).map { _ in Float.random(in: -magnitude...magnitude, using: &random) }
      let coded = Coded(vector)
      let error = zip(vector, coded.decoded).reduce(0.0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }.squareRoot()
      #expect(Double(coded.error) >= error && Double(coded.error) <= error * 1.001 + 1e-29)
      #expect(coded.codes.allSatisfy { $0 >= 1 })
      // Half a step for each of them.
      #expect(error <= Double(coded.scale) * 0.5001 * Double(size).squareRoot())
    }
  }

  @Test func nothingIsCodedAsNothing() {
    let coded = Coded([0, 0, 0])
    #expect(coded.codes == [128, 128, 128] && coded.decoded == [0, 0, 0])
  }

  @Test(arguments: [1, 31, 32, 63, 64, 65, 384, 1000, 65536]) func allLevelsGiveTheSameProducts(size: Int) {
    var random = SeededGenerator(seed: 9)
    for count in [0, 1, 3, 4, 9] {
      // The largest codes too, whose products must not be too large for their sums.
      let extreme = count == 9
      let codes = (0..<count * size + Int(QK_CODE_PADDING)).map { _ in
        extreme ? [UInt8(1), 255][Int.random(in: 0...1, using: &random)] : .random(in: 1...255, using: &random)
      }
      let left = extreme ? [UInt8](repeating: 255, count: size) : (0..<size).map { _ in UInt8.random(in: 1...255, using: &random) }
      let rows = (0..<count).map { _ in Int32.random(in: 0..<Int32(count), using: &random) }
      let byteCount = qk_code_query_byte_count(size)
      let query = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
      defer { query.deallocate() }
      qk_code_query(query, left, size)
      func truth(_ row: Int) -> Int32 {
        Int32((0..<size).reduce(0) { $0 + (Int(left[$1]) - 128) * (Int(codes[row * size + $1]) - 128) })
      }
      for level in Self.levels {
        var products = [Int32](repeating: -1, count: count)
        qk_code_products_at(level, &products, query, codes, nil, count, size)
        #expect(products == (0..<count).map(truth))
        qk_code_products_at(level, &products, query, codes, rows, count, size)
        #expect(products == rows.map { truth(Int($0)) })
      }
    }
  }
}
