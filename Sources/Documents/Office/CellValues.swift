/// What a cell's stored value means: shared strings, and numbers as their formats show them (ECMA-376 part 1, sections 18.4 and 18.8).
struct CellValues {
  private var strings: [String] = []
  private var styles: [NumberFormat] = []
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
    var styles: [NumberFormat] = []
    var isCellFormats = false
    try package.parse("xl/styles.xml") { event, _ in
      switch event {
      case .start("numFmt", let attributes):
        if let id = attributes["numFmtId"], let code = attributes["formatCode"] { formats[id] = code }
      case .start("cellXfs", _): isCellFormats = true
      case .end("cellXfs"): isCellFormats = false
      case .start("xf", let attributes): if isCellFormats { styles.append(Self.format(attributes["numFmtId"] ?? "0", formats)) }
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
    case "b": return value.isEmpty ? "" : value == "1" ? "true" : "false"
    case nil, "n":
      guard let number = Double(value) else { return value }
      let format = style.flatMap { styles.indices.contains($0) ? styles[$0] : nil } ?? NumberFormat()
      return format.text(number, startsIn1904: startsIn1904)
    default: return Self.unescaped(value)
    }
  }

  /// `_x000D_` is a sign that XML cannot hold or would change, `_x005F_` the `_` before what only looks like one (ST_Xstring, section 22.9.2.19).
  private static func unescaped(_ text: String) -> String {
    guard text.contains("_x") else { return text }
    return text.replacing(/_x([0-9A-Fa-f]{4})_/) { match in UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { "\($0)" } ?? "" }
  }

  private static func format(_ id: String, _ codes: [String: String]) -> NumberFormat {
    codes[id].map { NumberFormat($0) } ?? NumberFormat(builtIn: Int(id) ?? 0)
  }
}
