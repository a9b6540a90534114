/// Values as text: as `str`, as `repr`, and as JSON.
extension Evaluator {
  /// What writing the value puts out: `str(value)`.
  mutating func string(_ value: Value) throws(JinjaError) -> Text {
    if case .text(let text) = value { return text }
    if case .undefined = value { return .template("") }
    var result: [MarkedScalar] = []
    try write(value, to: &result, style: .python, level: 0)
    return Text(scalars: result[...])
  }

  /// `json.dumps(value, ensure_ascii=False, indent=indent)`.
  mutating func json(_ value: Value, indent: Int?) throws(JinjaError) -> Text {
    var result: [MarkedScalar] = []
    try write(value, to: &result, style: .json(indent: indent), level: 0)
    return Text(scalars: result[...])
  }

  private enum Style {
    case python
    case json(indent: Int?)

    var isPython: Bool { if case .python = self { true } else { false } }
    var indent: Int? { if case .json(let indent) = self { indent } else { nil } }
  }

  private mutating func write(_ value: Value, to result: inout [MarkedScalar], style: Style, level: Int) throws(JinjaError) {
    try charge(8)
    func put(_ string: String) { result += Text.template(string).scalars }
    func newLine(_ level: Int) throws(JinjaError) {
      guard let indent = style.indent else { return }
      try charge(1 + indent * level)
      put("\n" + String(repeating: " ", count: indent * level))
    }
    let separator = style.indent == nil ? ", " : ","
    switch value {
    case .none: put(style.isPython ? "None" : "null")
    case .bool(let bool): put(style.isPython ? (bool ? "True" : "False") : "\(bool)")
    case .integer(let integer): put("\(integer)")
    case .float(let float): put("\(float)")
    case .text(let text):
      let before = result.count
      if style.isPython { text.writeQuoted(to: &result) } else { text.writeJSON(to: &result) }
      try charge(result.count - before)
    case .list(let list):
      let isTuple = style.isPython && list.isTuple
      put(isTuple ? "(" : "[")
      for (index, value) in list.values.enumerated() {
        if index > 0 { put(separator) }
        try newLine(level + 1)
        try write(value, to: &result, style: style, level: level + 1)
      }
      if !list.values.isEmpty { try newLine(level) }
      put(isTuple ? (list.values.count == 1 ? ",)" : ")") : "]")
    case .dictionary(let dictionary):
      put("{")
      for (index, entry) in dictionary.entries.enumerated() {
        if index > 0 { put(separator) }
        try newLine(level + 1)
        try write(.text(entry.key), to: &result, style: style, level: level + 1)
        put(": ")
        try write(entry.value, to: &result, style: style, level: level + 1)
      }
      if !dictionary.keys.isEmpty { try newLine(level) }
      put("}")
    case .undefined where style.isPython: put("Undefined")
    default: throw fail("a \(value.typeName) cannot be written as text")
    }
  }
}

extension Text {
  fileprivate func writeJSON(to result: inout [MarkedScalar]) {
    func put(_ string: String) { result += Text.template(string).scalars }
    put("\"")
    for scalar in scalars {
      switch scalar.scalar {
      case "\"": put("\\\"")
      case "\\": put("\\\\")
      case "\n": put("\\n")
      case "\r": put("\\r")
      case "\t": put("\\t")
      case "\u{08}": put("\\b")
      case "\u{0C}": put("\\f")
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        put("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: result.append(scalar)
      }
    }
    put("\"")
  }

  /// Python's `repr`: single quotes, unless only they occur inside.
  fileprivate func writeQuoted(to result: inout [MarkedScalar]) {
    let codes = Set(scalars.lazy.map(\.scalar))
    let quote: Unicode.Scalar = codes.contains("'") && !codes.contains("\"") ? "\"" : "'"
    func put(_ string: String) { result += Text.template(string).scalars }
    put(String(quote))
    for scalar in scalars {
      switch scalar.scalar {
      case "\\": put("\\\\")
      case "\n": put("\\n")
      case "\r": put("\\r")
      case "\t": put("\\t")
      case quote: put("\\\(quote)")
      default: result.append(scalar)
      }
    }
    put(String(quote))
  }
}
