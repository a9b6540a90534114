/// A character of a rendered template, and whether it stood in the template itself.
///
/// The origin is a bit of every character, so that cutting, joining, replacing and trimming keep it without thinking of it.
/// Characters compare and hash by what they say, not by where they come from.
package struct MarkedScalar: Sendable, Hashable {
  private static let templateBit: UInt32 = 1 << 31
  private let bits: UInt32

  package init(_ scalar: Unicode.Scalar, isTemplate: Bool) {
    bits = scalar.value | (isTemplate ? Self.templateBit : 0)
  }

  package var isTemplate: Bool { bits & Self.templateBit != 0 }
  var code: UInt32 { bits & ~Self.templateBit }
  package var scalar: Unicode.Scalar { Unicode.Scalar(code) ?? "\u{FFFD}" }
  var isWhitespace: Bool { scalar.isPythonSpace }

  package static func == (a: MarkedScalar, b: MarkedScalar) -> Bool { a.code == b.code }
  package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

/// A string value: like Python's, a row of code points; each remembers whether the template or the data brought it.
package struct Text: Sendable, Hashable {
  package var scalars: ArraySlice<MarkedScalar>

  init(scalars: ArraySlice<MarkedScalar>) { self.scalars = scalars }

  init(_ string: String, isTemplate: Bool) {
    scalars = ArraySlice(string.unicodeScalars.map { MarkedScalar($0, isTemplate: isTemplate) })
  }

  /// Text of the template, or of a program that vouches for it.
  package static func template(_ string: String) -> Text { Text(string, isTemplate: true) }
  /// Text that is only ever text.
  package static func data(_ string: String) -> Text { Text(string, isTemplate: false) }

  package var string: String {
    var view = String.UnicodeScalarView()
    for scalar in scalars { view.append(scalar.scalar) }
    return String(view)
  }

  var count: Int { scalars.count }
  var isEmpty: Bool { scalars.isEmpty }

  static func + (a: Text, b: Text) -> Text {
    if a.isEmpty { return b }
    if b.isEmpty { return a }
    return Text(scalars: a.scalars + b.scalars)
  }

  static func < (a: Text, b: Text) -> Bool { a.scalars.lexicographicallyPrecedes(b.scalars) { $0.code < $1.code } }
}

extension Unicode.Scalar {
  /// What Python's `str.isspace` and `str.strip` take for white space.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0: true
    case 0x1680...: properties.isWhitespace
    default: false
    }
  }
}
