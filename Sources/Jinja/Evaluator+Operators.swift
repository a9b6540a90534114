extension Evaluator {
  mutating func compare(_ left: Value, _ operation: Comparison, _ right: Value) throws(JinjaError) -> Bool {
    try chargeComparison(left)
    switch operation {
    case .equal: return left == right
    case .unequal: return left != right
    case .isIn: return try contains(right, left)
    case .isNotIn: return !(try contains(right, left))
    case .less: return try isLess(left, right)
    case .greater: return try isLess(right, left)
    case .lessOrEqual:
      if left == right { return true }
      return try isLess(left, right)
    case .greaterOrEqual:
      if left == right { return true }
      return try isLess(right, left)
    }
  }

  /// Pays for comparing a value with another, part by part: a value may hold the same list many times over.
  private mutating func chargeComparison(_ value: Value) throws(JinjaError) {
    switch value {
    case .text(let text): try charge(text.count)
    case .list(let list):
      try charge(list.values.count)
      for value in list.values { try chargeComparison(value) }
    case .dictionary(let dictionary):
      for entry in dictionary.entries {
        try charge(entry.key.count + 1)
        try chargeComparison(entry.value)
      }
    default: break
    }
  }

  func isLess(_ left: Value, _ right: Value) throws(JinjaError) -> Bool {
    if let left = left.number, let right = right.number { return left < right }
    if case .text(let left) = left, case .text(let right) = right { return left < right }
    throw fail("a \(left.typeName) and a \(right.typeName) have no order")
  }

  mutating func contains(_ container: Value, _ value: Value) throws(JinjaError) -> Bool {
    switch container {
    case .undefined: return false
    case .text(let text):
      guard case .text(let part) = value else { throw fail("only a string can be in a string, not a \(value.typeName)") }
      try charge(text.count)
      return text.firstIndex(of: part) != nil
    case .list(let list):
      try chargeComparison(container)
      return list.values.contains(value)
    case .dictionary(let dictionary):
      guard case .text(let key) = value else { return false }
      return dictionary[key] != nil
    default: throw fail("nothing can be in a \(container.typeName)")
    }
  }

  mutating func arithmetic(_ left: Value, _ operation: Arithmetic, _ right: Value) throws(JinjaError) -> Value {
    if case .undefined(let reason) = left { throw fail(reason) }
    if case .undefined(let reason) = right { throw fail(reason) }
    switch (left, operation, right) {
    case (.text(let a), .add, .text(let b)):
      try charge(a.count + b.count)
      return .text(a + b)
    case (.list(let a), .add, .list(let b)): return try list(a.values + b.values, isTuple: a.isTuple)
    case (.text(let a), .multiply, .integer(let count)), (.integer(let count), .multiply, .text(let a)):
      let (length, overflows) = a.count.multipliedReportingOverflow(by: max(0, count))
      try charge(overflows ? Int.max : length)
      return .text(Text(scalars: (0..<(a.isEmpty ? 0 : max(0, count))).flatMap { _ in a.scalars }[...]))
    case (.text(let format), .remainder, _): return try text(try format.formatted(with: right, by: &self))
    default: break
    }
    if let a = left.integer, let b = right.integer, operation != .divide { return try integerArithmetic(a, operation, b) }
    guard let a = left.number, let b = right.number else {
      throw fail("'\(operation.rawValue)' does not work on a \(left.typeName) and a \(right.typeName)")
    }
    switch operation {
    case .add: return .float(a + b)
    case .subtract: return .float(a - b)
    case .multiply: return .float(a * b)
    case .power: return .float(try power(a, b))
    case .divide, .floorDivide, .remainder:
      guard b != 0 else { throw fail("division by zero") }
      let quotient = a / b
      return .float(operation == .divide ? quotient : operation == .floorDivide ? quotient.rounded(.down) : a - b * quotient.rounded(.down))
    }
  }

  private func integerArithmetic(_ a: Int, _ operation: Arithmetic, _ b: Int) throws(JinjaError) -> Value {
    var result: (partialValue: Int, overflow: Bool)
    switch operation {
    case .add: result = a.addingReportingOverflow(b)
    case .subtract: result = a.subtractingReportingOverflow(b)
    case .multiply: result = a.multipliedReportingOverflow(by: b)
    case .floorDivide, .remainder, .divide:
      guard b != 0 else { throw fail("division by zero") }
      let quotient = a.dividedReportingOverflow(by: b)
      guard !quotient.overflow else { throw fail("a number is too large") }
      let remainder = a % b
      let isRoundedUp = remainder != 0 && (remainder < 0) != (b < 0)
      result = (operation == .floorDivide ? quotient.partialValue - (isRoundedUp ? 1 : 0) : remainder + (isRoundedUp ? b : 0), false)
    case .power:
      guard b >= 0 else { return .float(try power(Double(a), Double(b))) }
      result = (1, false)
      guard b < 64 || (-1...1).contains(a) else { throw fail("a number is too large") }
      for _ in 0..<(b < 64 ? b : 2 + b % 2) where !result.overflow { result = result.partialValue.multipliedReportingOverflow(by: a) }
    }
    guard !result.overflow else { throw fail("a number is too large") }
    return .integer(result.partialValue)
  }

  /// Whole exponents of a float, and no others: without the C library there is no logarithm.
  private func power(_ base: Double, _ exponent: Double) throws(JinjaError) -> Double {
    guard exponent == exponent.rounded(), abs(exponent) <= 1_024 else { throw fail("the exponent \(exponent) is not supported") }
    let product = (0..<Int(abs(exponent))).reduce(1.0) { product, _ in product * base }
    guard exponent >= 0 || product != 0 else { throw fail("division by zero") }
    return exponent < 0 ? 1 / product : product
  }
}
