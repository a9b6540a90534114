/// What may follow what in a number of a range.
struct NumberRules {
  enum Part { case start, minus, zero, whole, point, fraction, exponent, exponentSign, exponentDigits }

  struct State: Hashable {
    var part = Part.start
    var isNegative = false
    /// Digits of this part.
    var count = 0
    /// Digits before the point, behind it.
    var wholeCount = 0
    /// How the digits so far compare with as many of the bounds' magnitudes: -1, 0 or 1.
    var toLow = 0
    var toHigh = 0
  }

  /// Magnitudes, which go from `low` to `high`.
  private struct Magnitudes {
    var low: NumberRange.Bound
    var high: NumberRange.Bound
  }

  private let isInteger: Bool
  private let allowsExponent: Bool
  /// `nil` where no number of the sign is in the range.
  private var positive: Magnitudes?
  private var negative: Magnitudes?
  /// Digits that a bound has after the point, and one more to come between two bounds.
  private let boundFractionCount: Int

  /// Digits that a double keeps.
  private static let digitLimit = 15

  init(_ range: NumberRange) {
    let (lower, upper) = (range.lower, range.upper)
    isInteger = range.isInteger
    allowsExponent = !isInteger && lower == nil && upper == nil
    boundFractionCount = 1 + max(lower?.value.fraction.count ?? 0, upper?.value.fraction.count ?? 0)
    let farthest = DecimalNumber(isInteger ? "9007199254740991" : "1e15")!
    let limit = NumberRange.Bound(value: farthest, isExclusive: !isInteger)
    let zero = DecimalNumber("0")!
    // A bound of the other sign bounds nothing here, or leaves nothing.
    if upper.map({ !$0.value.isNegative }) ?? true {
      let low = lower.flatMap { $0.value.isNegative ? nil : $0 } ?? NumberRange.Bound(value: zero, isExclusive: false)
      positive = Magnitudes(low: low, high: upper ?? limit)
    }
    if lower.map(\.value.isNegative) ?? true {
      let low = upper.flatMap { $0.value.isNegative ? $0 : nil } ?? NumberRange.Bound(value: zero, isExclusive: true)
      negative = Magnitudes(low: low, high: lower ?? limit)
    }
  }

  private func magnitudes(_ state: State) -> Magnitudes? { state.isNegative ? negative : positive }

  func next(_ state: State, _ kind: Int) -> State? {
    var next = state
    switch (state.part, kind) {
    case (.start, 10):
      next.part = .minus
      next.isNegative = true
      return negative == nil ? nil : next
    case (.start, 0), (.minus, 0):
      next.part = .zero
      return magnitudes(state) == nil ? nil : next
    case (.start, 1...9), (.minus, 1...9), (.whole, 0...9):
      guard let magnitudes = magnitudes(state) else { return nil }
      next.part = .whole
      next.count += 1
      guard next.count <= magnitudes.high.value.whole.count || allowsExponent && next.count <= 15 else { return nil }
      next.toLow = Self.compare(state.toLow, kind, magnitudes.low.value.whole, state.count)
      next.toHigh = Self.compare(state.toHigh, kind, magnitudes.high.value.whole, state.count)
      return next
    case (.zero, 11), (.whole, 11):
      guard !isInteger, let magnitudes = magnitudes(state) else { return nil }
      next.toLow = Self.wholeOrder(state, state.toLow, magnitudes.low)
      next.toHigh = Self.wholeOrder(state, state.toHigh, magnitudes.high)
      next.part = .point
      next.wholeCount = state.part == .whole ? state.count : 0
      next.count = 0
      return next
    case (.point, 0...9), (.fraction, 0...9):
      guard state.count < max(Self.digitLimit - state.wholeCount, boundFractionCount), let magnitudes = magnitudes(state) else { return nil }
      next.part = .fraction
      next.count += 1
      next.toLow = Self.compare(state.toLow, kind, magnitudes.low.value.fraction, state.count)
      next.toHigh = Self.compare(state.toHigh, kind, magnitudes.high.value.fraction, state.count)
      return next
    case (.zero, 12), (.whole, 12), (.fraction, 12):
      // −0e5 is no better than −0.
      guard allowsExponent, mayEnd(state) else { return nil }
      return State(part: .exponent)
    case (.exponent, 10), (.exponent, 13): return State(part: .exponentSign)
    case (.exponent, 0...9), (.exponentSign, 0...9): return State(part: .exponentDigits, count: 1)
    case (.exponentDigits, 0...9): return state.count < 2 ? State(part: .exponentDigits, count: 2) : nil
    default: return nil
    }
  }

  func mayEnd(_ state: State) -> Bool {
    switch state.part {
    case .exponentDigits: return true
    case .zero, .whole, .fraction: break
    default: return false
    }
    guard let magnitudes = magnitudes(state) else { return false }
    func order(_ order: Int, _ bound: NumberRange.Bound) -> Int {
      let whole = state.part == .fraction ? order : Self.wholeOrder(state, order, bound)
      // The same digits so far, and the bound has more, the last of which is not 0.
      return whole == 0 && (state.part == .fraction ? state.count : 0) < bound.value.fraction.count ? -1 : whole
    }
    let (toLow, toHigh) = (order(state.toLow, magnitudes.low), order(state.toHigh, magnitudes.high))
    return (magnitudes.low.isExclusive ? toLow > 0 : toLow >= 0) && (magnitudes.high.isExclusive ? toHigh < 0 : toHigh <= 0)
  }

  /// How digits compare after one more, at `index`; a bound that has no more digits there has zeros.
  private static func compare(_ order: Int, _ digit: Int, _ bound: [UInt8], _ index: Int) -> Int {
    guard order == 0 else { return order }
    return (digit - (index < bound.count ? Int(bound[index]) : 0)).signum()
  }

  /// How whole parts compare when the digits are all there: the longer is the greater.
  private static func wholeOrder(_ state: State, _ order: Int, _ bound: NumberRange.Bound) -> Int {
    state.count == bound.value.whole.count ? order : (state.count - bound.value.whole.count).signum()
  }
}
