/// A number by its digits, for exact comparisons.
struct DecimalNumber: Hashable {
  var isNegative: Bool
  /// No leading zeros: 0 has no digits.
  var whole: [UInt8]
  /// No trailing zeros.
  var fraction: [UInt8]

  /// - Parameter text: A JSON number; `nil` if it needs more than 40 digits.
  init?(_ text: String) {
    let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    let mantissa = parts[0].drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    guard let exponent = parts.count > 1 ? Int(parts[1]) : 0, exponent.magnitude <= 40, text.utf8.count <= 80 else { return nil }
    var digits = mantissa.joined().utf8.map { $0 - 0x30 }
    var point = mantissa[0].utf8.count + exponent
    if point < 0 {
      digits = Array(repeating: 0, count: -point) + digits
      point = 0
    }
    if point > digits.count { digits += Array(repeating: 0, count: point - digits.count) }
    whole = Array(digits[..<point].drop { $0 == 0 })
    fraction = Array(digits[point...].reversed().drop { $0 == 0 }.reversed())
    isNegative = text.hasPrefix("-") && !(whole.isEmpty && fraction.isEmpty)
    guard whole.count + fraction.count <= 40 else { return nil }
  }

  var isWhole: Bool { fraction.isEmpty }
}

extension DecimalNumber: Comparable {
  static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
    guard left.isNegative == right.isNegative else { return left.isNegative }
    let (small, great) = left.isNegative ? (right, left) : (left, right)
    if small.whole.count != great.whole.count { return small.whole.count < great.whole.count }
    return (small.whole + small.fraction).lexicographicallyPrecedes(great.whole + great.fraction)
  }
}
