/// The numbers between two bounds.
struct NumberRange: Hashable {
  struct Bound: Hashable {
    var value: DecimalNumber
    var isExclusive: Bool
  }

  var isInteger: Bool
  var lower: Bound?
  var upper: Bound?

  static let any = NumberRange(isInteger: false)

  /// Whether the bounds leave a number in; whether it is whole is not asked, so that 1.0 is the integer 1.
  func contains(_ number: DecimalNumber) -> Bool {
    if let lower, number < lower.value || (lower.isExclusive && number == lower.value) { return false }
    if let upper, upper.value < number || (upper.isExclusive && number == upper.value) { return false }
    return true
  }

  /// Certainly no number in common.
  func isDisjoint(from other: NumberRange) -> Bool { isBelow(other) || other.isBelow(self) }

  private func isBelow(_ other: NumberRange) -> Bool {
    guard let upper, let lower = other.lower else { return false }
    return upper.value < lower.value || (upper.value == lower.value && (upper.isExclusive || lower.isExclusive))
  }
}
