/// The day that a template may write into its prompt. It comes from the caller, so that rendering stays a function of its input.
package struct TemplateDate: Sendable, Equatable {
  package let year: Int, month: Int, day: Int

  package init(year: Int, month: Int, day: Int) {
    (self.year, self.month, self.day) = (year, month, day)
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]

  /// `strftime` with the directives of days; others stay as they are written.
  func formatted(_ format: String) -> String {
    var result = ""
    var rest = format[...]
    while let scalar = rest.popFirst() {
      guard scalar == "%", let directive = rest.popFirst() else {
        result.append(scalar)
        continue
      }
      let name = (1...12).contains(month) ? Self.months[month - 1] : ""
      switch directive {
      case "d": result += Self.padded(day)
      case "m": result += Self.padded(month)
      case "Y": result += String(year)
      case "y": result += Self.padded(year % 100)
      case "B": result += name
      case "b": result += name.prefix(3)
      case "H", "M", "S": result += "00"
      case "%": result += "%"
      default: result += "%\(directive)"
      }
    }
    return result
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
