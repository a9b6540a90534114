/// How the numbers of a tensor are stored: the types of GGML with their ids, blocks of elements and bytes a block.
package enum TensorType: UInt32, Sendable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q4_1 = 3
  case q5_0 = 6
  case q5_1 = 7
  case q8_0 = 8
  case q2_K = 10
  case q3_K = 11
  case q4_K = 12
  case q5_K = 13
  case q6_K = 14
  case iq4_nl = 20
  case iq4_xs = 23
  case i8 = 24
  case i16 = 25
  case i32 = 26
  case i64 = 27
  case f64 = 28
  case bf16 = 30
  case mxfp4 = 39

  /// Elements of a block, and the bytes that it takes.
  private var block: (elementCount: Int, byteCount: Int) {
    switch self {
    case .f32, .i32: (1, 4)
    case .f16, .bf16, .i16: (1, 2)
    case .i8: (1, 1)
    case .i64, .f64: (1, 8)
    case .q4_0: (32, 18)
    case .q4_1: (32, 20)
    case .q5_0: (32, 22)
    case .q5_1: (32, 24)
    case .q8_0: (32, 34)
    case .q2_K: (256, 84)
    case .q3_K: (256, 110)
    case .q4_K: (256, 144)
    case .q5_K: (256, 176)
    case .q6_K: (256, 210)
    case .iq4_nl: (32, 18)
    case .iq4_xs: (256, 136)
    case .mxfp4: (32, 17)
    }
  }

  package var blockElementCount: Int { block.elementCount }
  package var blockByteCount: Int { block.byteCount }

  /// As people write it: `Q4_1`, `F16`.
  package var name: String {
    switch self {
    case .q2_K, .q3_K, .q4_K, .q5_K, .q6_K: "Q\("\(self)".dropFirst().prefix(1))_K"
    default: "\(self)".uppercased()
    }
  }
}
