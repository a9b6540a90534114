/// The texts of the numbers of a range, as a table of states and bytes.
///
/// The states say what was read: digits and how they compare with the digits of both bounds. Those from which no number of the range can be
/// finished are left out, so that every state in the table leads to one.
///
/// Numbers are those that every reader takes without loss (RFC 7493): whole ones up to 2^53 − 1 unless bounds say otherwise, 15 digits (more after
/// the point where a bound has more), exponents of two digits, no −0.
struct NumberTable: Sendable {
  let range: NumberRange

  /// By state and class of byte: the state after it, or `noState`.
  private var transitions: [Int16] = []
  private var ends: [Bool] = []

  static let noState: Int16 = -1
  /// Digits, minus, point, e, plus.
  private static let classCount = 14

  /// No number is in the range.
  var isEmpty: Bool { ends.isEmpty }

  private static func byteClass(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x2D: 10
    case 0x2E: 11
    case 0x45, 0x65: 12
    case 0x2B: 13
    default: nil
    }
  }

  /// State 0 is before the first byte.
  func next(_ state: Int32, _ byte: UInt8) -> Int32? {
    guard let kind = Self.byteClass(byte) else { return nil }
    let next = transitions[Int(state) * Self.classCount + kind]
    return next == Self.noState ? nil : Int32(next)
  }

  /// Whether a number may end there.
  func mayEnd(_ state: Int32) -> Bool { ends[Int(state)] }

  /// Whether it may go on.
  func mayGoOn(_ state: Int32) -> Bool {
    transitions[Int(state) * Self.classCount..<(Int(state) + 1) * Self.classCount].contains { $0 != Self.noState }
  }

  init(_ range: NumberRange) {
    self.range = range
    let rules = NumberRules(range)
    // All states that can be reached, then those of them that lead to an end.
    var states: [NumberRules.State] = [NumberRules.State()]
    var indices: [NumberRules.State: Int] = [states[0]: 0]
    var targets: [[Int?]] = []
    var position = 0
    while position < states.count {
      targets.append(
        (0..<Self.classCount).map { kind in
          guard let next = rules.next(states[position], kind) else { return nil }
          if let known = indices[next] { return known }
          indices[next] = states.count
          states.append(next)
          return states.count - 1
        })
      position += 1
    }
    var leads = states.map(rules.mayEnd)
    var changed = true
    while changed {
      changed = false
      // A state's followers mostly come after it.
      for index in states.indices.reversed() where !leads[index] && targets[index].contains(where: { $0.map { leads[$0] } ?? false }) {
        leads[index] = true
        changed = true
      }
    }
    guard leads[0] else { return }
    var kept: [Int16] = []
    var count: Int16 = 0
    for lead in leads {
      kept.append(lead ? count : Self.noState)
      count += lead ? 1 : 0
    }
    for index in states.indices where leads[index] {
      transitions += targets[index].map { $0.map { kept[$0] } ?? Self.noState }
      ends.append(rules.mayEnd(states[index]))
    }
  }
}
