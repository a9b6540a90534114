/// Strings of a fixed form (`format` of JSON Schema): sequences of byte sets, one of which the string follows.
enum TextFormat {
  typealias Sequence = [ByteSet]

  static let known: [String: SequenceTable] = [
    "date": table(dates),
    "time": table(times.flatMap { time in offsets.map { time + $0 } }),
    "date-time": table(dates.flatMap { date in times.flatMap { time in offsets.map { date + sequence("T") + time + $0 } } }),
    "uuid": table([Array([8, 4, 4, 4, 12].map { [ByteSet](repeating: hexadecimal, count: $0) }.joined(separator: sequence("-")))]),
  ]

  /// Bytes that may stand at one place.
  struct ByteSet: Sendable {
    private let ranges: [ClosedRange<UInt8>]

    init(_ ranges: ClosedRange<UInt8>...) { self.ranges = ranges }

    func contains(_ byte: UInt8) -> Bool { ranges.contains { $0.contains(byte) } }
  }

  private static let hexadecimal = ByteSet(0x30...0x39, 0x61...0x66, 0x41...0x46)

  private static func table(_ insides: [Sequence]) -> SequenceTable {
    SequenceTable(insides.map { sequence("\"") + $0 + sequence("\"") })
  }

  /// A place for each character; `0`…`9` in place of a digit stand for all digits from 0 to it, any other character for itself.
  private static func sequence(_ pattern: String) -> Sequence {
    pattern.utf8.map { (0x30...0x39).contains($0) ? ByteSet(0x30...$0) : ByteSet($0...$0) }
  }

  /// A set of one digit alone.
  private static func digit(_ digits: ClosedRange<UInt8>) -> Sequence { [ByteSet(0x30 + digits.lowerBound...0x30 + digits.upperBound)] }

  /// RFC 3339, years from 1000 on; 29 February is left out, because not every year has one.
  private static let dates: [Sequence] = {
    let year = digit(1...9) + sequence("999-")
    let (zero, one, two, three) = (digit(0...0), digit(1...1), digit(2...2), digit(3...3))
    let any = digit(0...9)
    let months = [zero + digit(1...9), one + digit(0...2)]
    var dates: [Sequence] = []
    for month in months {
      dates.append(year + month + sequence("-") + zero + digit(1...9))
      dates.append(year + month + sequence("-") + one + any)
      dates.append(year + month + sequence("-") + two + digit(0...8))
    }
    // Day 29 and 30 of all months but February, 31 of the long ones.
    for month in [zero + digit(1...1), zero + digit(3...9), one + digit(0...2)] {
      dates.append(year + month + sequence("-") + two + digit(9...9))
      dates.append(year + month + sequence("-") + three + zero)
    }
    for month in [zero + digit(1...1), zero + digit(3...3), zero + digit(5...5), zero + digit(7...8), one + zero, one + two] {
      dates.append(year + month + sequence("-") + three + one)
    }
    return dates
  }()

  /// Without leap seconds; with none or three digits of a fraction.
  private static let times: [Sequence] = [digit(0...1) + digit(0...9), digit(2...2) + digit(0...3)].flatMap { hour in
    [hour + sequence(":59:59"), hour + sequence(":59:59.999")]
  }

  private static let offsets: [Sequence] = [
    sequence("Z"), sequence("+") + sequence("19:59"), sequence("-") + sequence("19:59"),
  ]
}
