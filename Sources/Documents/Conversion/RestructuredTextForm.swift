/// reStructuredText in a form of which pandoc (2.17) reads what Sphinx adds to it: it leaves out what directives with a domain declare
/// (`.. py:class:: Engine(url)`), and garbles roles with one (`` :py:func:`open` ``).
enum RestructuredTextForm {
  /// The same lines with plain names; code stays as it is.
  static func readable(_ source: [UInt8]) -> [UInt8] {
    guard source.contains(UInt8(ascii: ":")) else { return source }
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    /// How far the line before code is indented, while code goes on.
    var codeIndent: Int?
    for line in source.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.startIndex > 0 { result.append(0x0A) }
      let text = line.drop { $0 == 0x20 || $0 == 0x09 }
      let indent = text.startIndex - line.startIndex
      if let code = codeIndent, !text.allSatisfy(\.isWhiteSpace), indent <= code { codeIndent = nil }
      guard codeIndent == nil else {
        result += line
        continue
      }
      result += line[..<text.startIndex]
      if text.starts(with: ".. ".utf8) {
        result += directive(text)
        if codeDirectives.contains(where: { text.dropFirst(3).starts(with: $0.utf8) }) { codeIndent = indent }
      } else {
        result += withPlainRoles(text)
        if withoutSpace(text).suffix(2).elementsEqual("::".utf8) { codeIndent = indent }
      }
    }
    return result
  }

  private static let codeDirectives = ["code::", "code-block::", "sourcecode::", "parsed-literal::", "highlight::", "raw::", "math::"]

  private static func withoutSpace(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text
    while let last = text.last, last.isWhiteSpace { text.removeLast() }
    return text
  }

  /// What declares something in a domain declares a function; so does a class with parameters, as a `class` of docutils only names a style.
  private static func directive(_ text: ArraySlice<UInt8>) -> [UInt8] {
    let name = text.dropFirst(3).prefix { $0.isLetter || $0.isDigit || "-_+.".utf8.contains($0) }
    let rest = text[name.endIndex...]
    guard !name.isEmpty, rest.first == UInt8(ascii: ":") else { return withPlainRoles(text) }
    let inner = rest.dropFirst().prefix { $0.isLetter || $0.isDigit || "-_".utf8.contains($0) }
    if !inner.isEmpty, text[inner.endIndex...].starts(with: "::".utf8) {
      return Array(".. function".utf8) + text[inner.endIndex...]
    }
    guard name.elementsEqual("class".utf8), rest.starts(with: "::".utf8), rest.contains(UInt8(ascii: "(")) else { return withPlainRoles(text) }
    return Array(".. function".utf8) + rest
  }

  /// `` :py:func:`open` `` becomes `` :func:`open` ``, and `` :doc:`Text </place>` `` `` :doc:`Text` ``.
  private static func withPlainRoles(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.firstRange(of: ":`") != nil else { return Array(text) }
    var result: [UInt8] = []
    var place = text.startIndex
    while let tick = text[place...].firstIndex(of: UInt8(ascii: "`")) {
      // Code stays as it is.
      if text[(tick + 1)...].first == UInt8(ascii: "`") {
        let end = text[(tick + 2)...].firstRange(of: "``")?.upperBound ?? tick + 2
        result += text[place..<end]
        place = end
        continue
      }
      let names = text[place..<tick].reversed().prefix { $0.isLetter || $0.isDigit || "-_+.:".utf8.contains($0) }
      let role = text[(tick - names.count)..<tick]
      guard role.count > 2, role.first == UInt8(ascii: ":"), role.last == UInt8(ascii: ":"),
        let end = text[(tick + 1)...].firstIndex(of: UInt8(ascii: "`")), end > tick + 1
      else {
        result += text[place...tick]
        place = tick + 1
        continue
      }
      let inner = role.dropFirst().dropLast()
      let plain = inner[(inner.lastIndex(of: UInt8(ascii: ":")).map { $0 + 1 } ?? inner.startIndex)...]
      result += text[place..<role.startIndex] + [UInt8(ascii: ":")] + plain + Array(":`".utf8)
      let isCode = ["expr", "texpr"].contains { plain.elementsEqual($0.utf8) }
      let isReference = plain.startIndex > inner.startIndex && !isCode || referenceRoles.contains(String(decoding: plain, as: UTF8.self))
      result += (isReference ? label(of: text[(tick + 1)..<end]) : text[(tick + 1)..<end]) + [UInt8(ascii: "`")]
      place = end + 1
    }
    return result + text[place...]
  }

  /// Roles of which the target stands behind the words; those of code and formulas have signs of their own.
  private static let referenceRoles: Set<String> = [
    "any", "doc", "ref", "term", "numref", "download", "keyword", "option", "envvar", "token", "func", "class", "meth", "mod", "attr", "exc", "data",
    "const", "obj", "type", "var", "member", "macro", "struct", "enum", "enumerator", "union", "concept", "cmacro", "cfunc", "ctype", "cdata",
  ]

  /// What is shown of a reference: the words before its target. A sign behind a backslash begins none.
  private static func label(of reference: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard reference.last == UInt8(ascii: ">"), let start = reference.lastIndex(of: UInt8(ascii: "<")) else { return reference }
    if start > reference.startIndex, reference[start - 1] == UInt8(ascii: "\\") { return reference[..<(start - 1)] + reference[start...] }
    let words = withoutSpace(reference[..<start])
    return words.isEmpty ? reference : words
  }
}
