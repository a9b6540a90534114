/// What a cell's stored value means: shared strings, and numbers that are dates or percentages (ECMA-376 part 1, sections 18.4 and 18.8.30).
struct CellValues {
  private var strings: [String] = []
  /// How a number is shown.
  private struct Style {
    var date = false
    var time = false
    var percent = false
  }

  private var styles: [Style] = []
  private let startsIn1904: Bool

  init(_ package: OfficePackage, startsIn1904: Bool) throws(DocumentError) {
    self.startsIn1904 = startsIn1904
    var strings: [String] = []
    var isText = false
    var isPhonetic = false
    try package.parse("xl/sharedStrings.xml") { event, _ in
      switch event {
      case .start("si", _): strings.append("")
      case .start("rPh", _): isPhonetic = true
      case .end("rPh"): isPhonetic = false
      case .start("t", _): isText = true
      case .end("t"): isText = false
      case .text(let text): if isText, !isPhonetic, !strings.isEmpty { strings[strings.count - 1] += text }
      default: break
      }
    }
    self.strings = strings.map(Self.unescaped)

    var formats: [String: String] = [:]
    var styles: [Style] = []
    var isCellFormats = false
    try package.parse("xl/styles.xml") { event, _ in
      switch event {
      case .start("numFmt", let attributes):
        if let id = attributes["numFmtId"], let code = attributes["formatCode"] { formats[id] = code }
      case .start("cellXfs", _): isCellFormats = true
      case .end("cellXfs"): isCellFormats = false
      case .start("xf", let attributes): if isCellFormats { styles.append(Self.kind(of: attributes["numFmtId"] ?? "0", formats)) }
      default: break
      }
    }
    self.styles = styles
  }

  /// - Parameters:
  ///   - type: The cell's `t`.
  ///   - style: The cell's `s`.
  /// - Returns: `nil` for a shared string that is not there.
  func text(_ value: String, type: String?, style: Int?) -> String? {
    switch type {
    case "s": return value.isEmpty ? "" : Int(value).flatMap { strings.indices.contains($0) ? strings[$0] : nil }
    case "b": return value == "1" ? "true" : "false"
    case nil, "n":
      guard let number = Double(value) else { return value }
      let shown = style.flatMap { styles.indices.contains($0) ? styles[$0] : nil } ?? Style()
      if shown.date || shown.time, let date = Self.date(number, shown, startsIn1904: startsIn1904) { return date }
      return shown.percent ? Self.plain(number * 100) + "%" : Self.plain(number)
    default: return Self.unescaped(value)
    }
  }

  /// `_x000D_` is a sign that XML cannot hold or would change, `_x005F_` the `_` before what only looks like one (ST_Xstring, section 22.9.2.19).
  private static func unescaped(_ text: String) -> String {
    guard text.contains("_x") else { return text }
    return text.replacing(/_x([0-9A-Fa-f]{4})_/) { match in UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { "\($0)" } ?? "" }
  }

  /// The shortest text of up to 15 digits, as spreadsheets show them.
  private static func plain(_ number: Double) -> String {
    let rounded = (number * 1e10).rounded() / 1e10
    let shown = abs(number) < 1e5 && abs(rounded - number) <= abs(number) * 1e-14 ? rounded : number
    return Int64(exactly: shown).map { String($0) } ?? "\(shown)"
  }

  private static func kind(of format: String, _ codes: [String: String]) -> Style {
    guard let code = codes[format] else {
      // Those that every spreadsheet knows without being told.
      switch Int(format) ?? 0 {
      case 9, 10: return Style(percent: true)
      case 14...17, 27...31, 34...36, 50...58: return Style(date: true)
      case 22: return Style(date: true, time: true)
      case 18...21, 32, 33, 45...47: return Style(time: true)
      default: return Style()
      }
    }
    var letters = ""
    var isQuoted = false
    var bracket: String?
    var isEscaped = false
    for character in code.lowercased() {
      if isEscaped {
        isEscaped = false
      } else if isQuoted {
        isQuoted = character != "\""
      } else if let inside = bracket {
        // [h] counts hours; [red], [$-409] mean nothing here.
        bracket = character == "]" ? nil : inside + String(character)
        if character == "]", inside.allSatisfy({ "hms".contains($0) }) { letters += inside }
      } else if character == ";" {
        break
      } else {
        switch character {
        case "\"": isQuoted = true
        case "[": bracket = ""
        case "\\", "_", "*": isEscaped = true
        default: letters.append(character)
        }
      }
    }
    if letters.contains("general") { return Style() }
    return Style(
      date: letters.contains("y") || letters.contains("d"), time: letters.contains("h") || letters.contains("s"), percent: letters.contains("%"))
  }

  /// Days since the last of 1899 (or the first of 1904) as a date of ISO 8601; `nil` for what no calendar has.
  private static func date(_ serial: Double, _ kind: Style, startsIn1904: Bool) -> String? {
    guard serial >= 0, serial < 2_958_466 else { return nil }
    let seconds = Int((serial * 86_400).rounded())
    let (day, second) = (seconds / 86_400, seconds % 86_400)
    func pad(_ number: Int, _ width: Int = 2) -> String { String(repeating: "0", count: max(0, width - String(number).count)) + String(number) }
    let time = "\(pad(second / 3600)):\(pad(second / 60 % 60))" + (second % 60 == 0 ? "" : ":\(pad(second % 60))")
    if !kind.date { return day == 0 ? time : "\(day * 24 + second / 3600):\(pad(second / 60 % 60)):\(pad(second % 60))" }
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
    return kind.time && second != 0 ? text + " " + time : text
  }
}
