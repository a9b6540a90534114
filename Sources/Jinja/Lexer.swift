/// Cuts a template into tokens, with Jinja's `trim_blocks` and `lstrip_blocks`: a line that holds only a block tag leaves nothing.
struct Lexer {
  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var tokens: [Token] = []
  /// Whether what was read so far ends a line, so that blanks before a block are the line's indentation.
  private var atLineStart = true

  static func tokens(of template: String) throws(JinjaError) -> [Token] {
    guard template.utf8.count <= Limits.templateBytes else {
      throw JinjaError(kind: .limit, line: 1, reason: "it has more than \(Limits.templateBytes) bytes")
    }
    var lexer = Lexer(template)
    try lexer.run()
    return lexer.tokens
  }

  /// Line ends become `\n`, and the last one is dropped, as Jinja does.
  private init(_ template: String) {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(template.utf8.count)
    var previous: Unicode.Scalar = " "
    for scalar in template.unicodeScalars {
      if scalar == "\r" { scalars.append("\n") } else if scalar != "\n" || previous != "\r" { scalars.append(scalar) }
      previous = scalar
    }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  private func fail(_ reason: String) -> JinjaError { JinjaError(kind: .syntax, line: line, reason: reason) }

  private mutating func emit(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  private func starts(with text: String, at place: Int) -> Bool {
    var place = place
    for scalar in text.unicodeScalars {
      guard place < source.count, source[place] == scalar else { return false }
      place += 1
    }
    return true
  }

  private mutating func advance(to end: Int) {
    for place in position..<end where source[place] == "\n" { line += 1 }
    position = end
  }

  // MARK: Text

  private mutating func run() throws(JinjaError) {
    while position < source.count {
      let begin = nextTag()
      readText(upTo: begin)
      guard begin < source.count else { break }
      let opening = source[begin + 1]
      advance(to: begin + 2)
      if position < source.count, source[position] == "-" || source[position] == "+" { advance(to: position + 1) }
      switch opening {
      case "#": try skipComment()
      case "%" where isRawTag(): try readRaw()
      case "%":
        emit(.blockBegin)
        try readTag(end: "%}")
        emit(.blockEnd)
        closeBlock()
      default:
        emit(.outputBegin)
        try readTag(end: "}}")
        emit(.outputEnd)
        closeOutput()
      }
    }
    emit(.end)
  }

  private func nextTag() -> Int {
    var place = position
    while place + 1 < source.count {
      if source[place] == "{", ["{", "%", "#"].contains(source[place + 1]) { return place }
      place += 1
    }
    return source.count
  }

  private mutating func readText(upTo begin: Int) {
    var end = begin
    if begin < source.count {
      let sign = begin + 2 < source.count ? source[begin + 2] : " "
      if sign == "-" {
        while end > position, source[end - 1].isPythonSpace { end -= 1 }
      } else if sign != "+", source[begin + 1] != "{" {
        var lineStart = begin
        while lineStart > position, source[lineStart - 1] != "\n" { lineStart -= 1 }
        if lineStart > position || atLineStart, source[lineStart..<begin].allSatisfy(\.isPythonSpace) { end = lineStart }
      }
    }
    if end > position { emit(.text(Self.string(source[position..<end]))) }
    advance(to: begin)
  }

  private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  // MARK: Ends of tags

  /// After `%}` or `#}`: white space as the sign says, or the line's end.
  private mutating func closeBlock() {
    let sign = source[position - 1]
    advance(to: position + 2)
    if sign == "-" {
      skipSpace()
    } else if sign != "+", position < source.count, source[position] == "\n" {
      advance(to: position + 1)
    }
    atLineStart = source[position - 1] == "\n"
  }

  private mutating func closeOutput() {
    let sign = source[position - 1]
    advance(to: position + 2)
    if sign == "-" { skipSpace() }
    atLineStart = source[position - 1] == "\n"
  }

  private mutating func skipSpace() {
    var end = position
    while end < source.count, source[end].isPythonSpace { end += 1 }
    advance(to: end)
  }

  private mutating func skipComment() throws(JinjaError) {
    var end = position
    while end < source.count, !starts(with: "#}", at: end) { end += 1 }
    guard end < source.count else { throw fail("a comment has no end") }
    advance(to: end)
    closeBlock()
  }

  // MARK: Raw blocks

  private func isRawTag() -> Bool { endOfTag("raw", at: position) != nil }

  /// The place of `%}` when the tag at `place` says only `name`.
  private func endOfTag(_ name: String, at place: Int) -> Int? {
    var place = place
    while place < source.count, source[place].isPythonSpace { place += 1 }
    guard starts(with: name, at: place) else { return nil }
    place += name.unicodeScalars.count
    while place < source.count, source[place].isPythonSpace { place += 1 }
    if place < source.count, source[place] == "-" || source[place] == "+" { place += 1 }
    return starts(with: "%}", at: place) ? place : nil
  }

  private mutating func readRaw() throws(JinjaError) {
    advance(to: endOfTag("raw", at: position) ?? position)
    closeBlock()
    var place = position
    while place < source.count {
      if starts(with: "{%", at: place) {
        let sign = place + 2 < source.count && (source[place + 2] == "-" || source[place + 2] == "+") ? 1 : 0
        if let end = endOfTag("endraw", at: place + 2 + sign) {
          readText(upTo: place)
          advance(to: end)
          return closeBlock()
        }
      }
      place += 1
    }
    throw fail("a raw block has no end")
  }

  // MARK: Inside tags

  private static let symbols = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|",
  ]

  /// Reads up to the tag's end and stops on it.
  private mutating func readTag(end: String) throws(JinjaError) {
    var brackets = 0
    while true {
      skipSpace()
      guard position < source.count else { throw fail("a tag has no end") }
      if brackets == 0 {
        if starts(with: end, at: position) { return }
        if source[position] == "-" || source[position] == "+", starts(with: end, at: position + 1) { return advance(to: position + 1) }
      }
      let scalar = source[position]
      if scalar == "'" || scalar == "\"" {
        try readString(quote: scalar)
      } else if ("0"..."9").contains(scalar) {
        try readNumber()
      } else if scalar == "_" || scalar.properties.isXIDStart {
        var last = position
        while last < source.count, source[last] == "_" || source[last].properties.isXIDContinue { last += 1 }
        // Looked up wherever it stands, and hashed each time.
        guard last - position <= Limits.nameLength else { throw fail("a name has more than \(Limits.nameLength) characters") }
        emit(.name(Self.string(source[position..<last])))
        advance(to: last)
      } else if let symbol = Self.symbols.first(where: { starts(with: $0, at: position) }) {
        if ["(", "[", "{"].contains(symbol) { brackets += 1 }
        if [")", "]", "}"].contains(symbol) { brackets -= 1 }
        guard brackets >= 0 else { throw fail("unexpected '\(symbol)'") }
        emit(.symbol(symbol))
        advance(to: position + symbol.utf8.count)
      } else {
        throw fail("unexpected character '\(scalar)'")
      }
    }
  }

  private mutating func readNumber() throws(JinjaError) {
    var last = position
    var isFloat = false
    func isDigit(_ place: Int) -> Bool { place < source.count && (("0"..."9").contains(source[place]) || source[place] == "_") }
    while isDigit(last) { last += 1 }
    if last < source.count, source[last] == ".", isDigit(last + 1) {
      isFloat = true
      last += 1
      while isDigit(last) { last += 1 }
    }
    if last < source.count, source[last] == "e" || source[last] == "E" {
      let sign = last + 1 < source.count && (source[last + 1] == "-" || source[last + 1] == "+") ? 1 : 0
      if isDigit(last + 1 + sign) {
        isFloat = true
        last += 1 + sign
        while isDigit(last) { last += 1 }
      }
    }
    let digits = Self.string(source[position..<last].filter { $0 != "_" }[...])
    if isFloat, let value = Double(digits) {
      emit(.float(value))
    } else if let value = Int(digits) {
      emit(.integer(value))
    } else {
      throw fail("the number \(digits.prefix(40)) is too large")
    }
    advance(to: last)
  }

  private mutating func readString(quote: Unicode.Scalar) throws(JinjaError) {
    var text = String.UnicodeScalarView()
    var place = position + 1
    while place < source.count, source[place] != quote {
      guard source[place] == "\\", place + 1 < source.count else {
        text.append(source[place])
        place += 1
        continue
      }
      let escape = source[place + 1]
      place += 2
      switch escape {
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "a": text.append("\u{07}")
      case "b": text.append("\u{08}")
      case "f": text.append("\u{0C}")
      case "v": text.append("\u{0B}")
      case "0": text.append("\0")
      case "\n": break
      case "\\", "'", "\"": text.append(escape)
      case "x", "u", "U":
        let length = escape == "x" ? 2 : escape == "u" ? 4 : 8
        guard place + length <= source.count, let code = UInt32(Self.string(source[place..<place + length]), radix: 16),
          let scalar = Unicode.Scalar(code)
        else { throw fail("a string has a bad \\\(escape) escape") }
        text.append(scalar)
        place += length
      default:
        text.append("\\")
        text.append(escape)
      }
    }
    guard place < source.count else { throw fail("a string has no end") }
    emit(.string(String(text)))
    advance(to: place + 1)
  }
}
