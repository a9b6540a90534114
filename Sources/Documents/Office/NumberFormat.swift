/// How a spreadsheet shows numbers, as far as that tells what they are: dates, times, percentages, units and leading zeros (ECMA-376 part 1, section 18.8.31).
/// Digits are not rounded.
struct NumberFormat {
  private var date = false
  private var time = false
  /// Hours are counted beyond a day: `[h]`.
  private var isElapsed = false
  private var percent = false
  /// Digits before the point, at least, where all of the format are zeros: `00000` of postcodes.
  private var digitCount = 0
  /// Thousands that are left out, as in `0.0,,"M"`.
  private var thousands = 0
  /// What stands before and behind the digits: `$`, ` kg`.
  private var prefix = ""
  private var suffix = ""

  /// As numbers are shown without a format.
  init() {}

  /// One of those that every spreadsheet knows without being told (section 18.8.30).
  init(builtIn id: Int) {
    switch id {
    case 9, 10: percent = true
    case 14...17, 27...31, 34...36, 50...58: date = true
    case 22: (date, time) = (true, true)
    case 46: (time, isElapsed) = (true, true)
    case 18...21, 32, 33, 45, 47: time = true
    default: break
    }
  }

  /// - Parameter code: `dd/mm/yyyy`, `#,##0.00 "kg";[Red]-#,##0.00 "kg"`; what stands behind the first `;` is for numbers below zero.
  init(_ code: String) {
    var letters = ""
    var digits = ""
    var literals = ["", ""]
    var isQuoted = false
    var bracket: String?
    var escape: Character?
    scan: for character in code {
      if let sign = escape {
        escape = nil
        // `_` leaves room for a sign, `*` fills with it.
        if sign == "\\" { literals[digits.isEmpty ? 0 : 1].append(character) }
      } else if isQuoted {
        if character == "\"" { isQuoted = false } else { literals[digits.isEmpty ? 0 : 1].append(character) }
      } else if let inside = bracket {
        bracket = character == "]" ? nil : inside + String(character)
        guard character == "]" else { continue }
        // `[h]` counts hours, `[$€-407]` is a currency; `[Red]` means nothing here.
        let unit = inside.lowercased()
        if !unit.isEmpty, unit.allSatisfy({ "hms".contains($0) }) {
          letters += unit
          isElapsed = true
        } else if inside.hasPrefix("$") {
          literals[digits.isEmpty ? 0 : 1] += inside.dropFirst().prefix { $0 != "-" }
        }
      } else {
        switch character {
        case ";": break scan
        case "\"": isQuoted = true
        case "[": bracket = ""
        case "\\", "_", "*": escape = character
        case "0", "#", "?", ".", ",": digits.append(character)
        case "$", "€", "£", "¥": literals[digits.isEmpty ? 0 : 1].append(character)
        case " ": literals[digits.isEmpty ? 0 : 1].append(character)
        default: letters.append(contentsOf: character.lowercased())
        }
      }
    }
    let isGeneral = letters.contains("general")
    if !isGeneral {
      date = letters.contains("y") || letters.contains("d") || letters.contains("mmm")
      time = letters.contains("h") || letters.contains("s")
      percent = letters.contains("%")
    }
    guard !date, !time, isGeneral || digits.contains(where: { "0#?".contains($0) }) else { return }
    (prefix, suffix) = isGeneral && digits.isEmpty && code.first?.lowercased() == "g" ? ("", literals[0]) : (literals[0], literals[1])
    if prefix.allSatisfy(\.isWhitespace) { prefix = "" }
    while suffix.last?.isWhitespace == true { suffix.removeLast() }
    thousands = min(4, digits.reversed().prefix { $0 == "," }.count)
    if digits.count > 1, digits.allSatisfy({ $0 == "0" }) { digitCount = min(digits.count, 32) }
  }

  /// Whether numbers are dates, or times.
  var isDate: Bool { date || time }

  func text(_ number: Double, startsIn1904: Bool = false) -> String {
    if isDate, let text = date(number, startsIn1904: startsIn1904) { return text }
    if percent { return Self.plain(number * 100) + "%" }
    if prefix.isEmpty, suffix.isEmpty, thousands == 0, digitCount == 0 { return Self.plain(number) }
    var scaled = abs(number)
    for _ in 0..<thousands { scaled /= 1000 }
    let digits = Self.plain(scaled)
    let zeros = String(repeating: "0", count: max(0, digitCount - digits.prefix { $0 != "." }.count))
    return (number < 0 ? "-" : "") + prefix + zeros + digits + suffix
  }

  /// The shortest text of up to 15 digits, as spreadsheets show them.
  private static func plain(_ number: Double) -> String {
    let rounded = (number * 1e10).rounded() / 1e10
    let shown = abs(number) < 1e5 && abs(rounded - number) <= abs(number) * 1e-14 ? rounded : number
    return Int64(exactly: shown).map { String($0) } ?? "\(shown)"
  }

  /// Days since the last of 1899 (or the first of 1904) as a date of ISO 8601; `nil` for what no calendar has.
  private func date(_ serial: Double, startsIn1904: Bool) -> String? {
    guard serial >= 0, serial < 2_958_466 else { return nil }
    let seconds = Int((serial * 86_400).rounded())
    let (day, second) = (seconds / 86_400, seconds % 86_400)
    func pad(_ number: Int, _ width: Int = 2) -> String { String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
    let clock = "\(pad(second / 3600)):\(pad(second / 60 % 60))" + (second % 60 == 0 ? "" : ":\(pad(second % 60))")
    if !date { return day == 0 || !isElapsed ? clock : "\(day * 24 + second / 3600):\(pad(second / 60 % 60)):\(pad(second % 60))" }
    // Days since 1970, then Howard Hinnant's "civil from days". The year 1900 has a leap day there that never was.
    let z = day + (startsIn1904 ? 1462 : day < 60 ? 1 : 0) - 25_569 + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let text = "\(pad(year, 4))-\(pad(month))-\(pad(dayOfYear - (153 * shifted + 2) / 5 + 1))"
    return time && second != 0 ? text + " " + clock : text
  }
}
