/// Cuts a file's lines into units: a function, a type, a run of statements; always with the comments above.
struct CodeOutline {
  struct Unit {
    /// Counted from 1.
    var lines: ClosedRange<Int>
    /// Names of the types around it, outermost first.
    var path: [String]
    /// The declaration of the innermost of them.
    var context: String?
  }

  let lines: CodeLines
  let language: CodeLanguage
  private(set) var units: [Unit] = []

  init(lines: CodeLines, language: CodeLanguage) {
    self.lines = lines
    self.language = language
  }

  /// Lines that wait to be cut, and what they lie in. The stack replaces recursion: types may be nested deep.
  private struct Region {
    var range: Range<Int>
    var path: [String]
    var context: String?
    var mayHoldTypes = true
  }

  private static let deepestPath = 6

  mutating func run() {
    var pending = [Region(range: 0..<lines.lines.count, path: [])]
    while let region = pending.popLast() {
      var inner: [Region] = []
      for range in cut(region.range) {
        if region.mayHoldTypes, let parts = typeParts(range, region: region) {
          inner += parts
        } else {
          inner.append(Region(range: range, path: region.path, context: region.context, mayHoldTypes: false))
        }
      }
      // What needs no further cut is given out in order; the rest waits its turn behind it.
      var index = 0
      while index < inner.count, !inner[index].mayHoldTypes {
        units.append(
          Unit(lines: (inner[index].range.lowerBound + 1)...inner[index].range.upperBound, path: inner[index].path, context: inner[index].context))
        index += 1
      }
      pending += inner[index...].reversed()
    }
  }

  // MARK: Units of one level

  /// Index ranges of the units of a region, without blank lines at their ends.
  private func cut(_ region: Range<Int>) -> [Range<Int>] {
    let level = region.lazy.map { lines.lines[$0] }.filter { !$0.isBlank && !$0.isContinuation && !continues($0) }.map(\.depth).min() ?? 0
    var result: [Range<Int>] = []
    var start: Int?
    /// Whether the unit that runs has more than statements of one line.
    var isCompound = false
    /// Whether it is made of comments and attributes so far.
    var isOnlyLeading = true
    var end = region.lowerBound
    var isAfterBlank = false

    func close() {
      if let first = start { result.append(first..<end) }
    }

    for index in region {
      let line = lines.lines[index]
      if line.isBlank {
        isAfterBlank = true
        continue
      }
      defer {
        end = index + 1
        isAfterBlank = false
      }
      let isInside = line.isContinuation || line.depth > level || continues(line)
      if start != nil, isInside {
        if line.depth > level || line.isContinuation || continues(line) { isCompound = isCompound || !line.isLeading }
        if line.depth > level { isOnlyLeading = false }
        continue
      }
      // A unit of statements goes on until a blank line, a comment, or something with a body.
      let opensBody = line.endDepth > level || bodyFollows(index, level: level, region: region)
      if start == nil || isAfterBlank && !(isOnlyLeading && !isCompound && isAttributeOnly(end - 1))
        || isCompound || !isOnlyLeading && (line.isLeading || opensBody)
      {
        close()
        start = index
        isCompound = false
        isOnlyLeading = true
      }
      if !line.isLeading { isOnlyLeading = false }
      if opensBody { isCompound = true }
    }
    close()
    return language == .flat ? merged(result) : result
  }

  /// Statements without bodies have no better border than a blank line; short stanzas go together in the chunker.
  private func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges {
      if let last = result.last, last.upperBound == range.lowerBound {
        result[result.count - 1] = last.lowerBound..<range.upperBound
      } else {
        result.append(range)
      }
    }
    return result
  }

  private func isAttributeOnly(_ index: Int) -> Bool {
    guard index >= 0 else { return false }
    return lines.text(lines.lines[index]).first == UInt8(ascii: "@")
  }

  /// Whether the next line lies deeper, or opens a brace on a line of its own.
  private func bodyFollows(_ index: Int, level: Int, region: Range<Int>) -> Bool {
    var next = index + 1
    while next < region.upperBound, lines.lines[next].isBlank || lines.lines[next].isContinuation { next += 1 }
    guard next < region.upperBound else { return false }
    if lines.lines[index].isLeading { return false }
    return lines.lines[next].depth > level || lines.text(lines.lines[next]).first == UInt8(ascii: "{")
  }

  /// A line at the level of a unit that nevertheless belongs to it: a closing bracket, `else`, `end`.
  private func continues(_ line: CodeLines.Line) -> Bool {
    let text = lines.text(line)
    guard let first = text.first else { return false }
    if first == UInt8(ascii: "}") || first == UInt8(ascii: ")") || first == UInt8(ascii: "]") || first == UInt8(ascii: "{") { return true }
    guard language != .flat else { return false }
    let word = String(decoding: text.prefix { $0.isLetter }, as: UTF8.self)
    return (language == .braces ? Self.continuingBraceWords : Self.continuingWords).contains(word)
  }

  private static let continuingBraceWords: Set<String> = ["else", "catch", "finally", "where"]

  private static let continuingWords: Set<String> = [
    "else", "elif", "elsif", "elseif", "except", "finally", "catch", "rescue", "ensure", "end", "fi", "done", "esac", "then", "do", "when", "where",
  ]

  // MARK: Types

  /// The declaration and the inside of a type that is too long to stay whole; `nil` for anything else.
  private func typeParts(_ range: Range<Int>, region: Region) -> [Region]? {
    let byteCount = lines.lines[range.upperBound - 1].range.upperBound - lines.lines[range.lowerBound].range.lowerBound
    guard byteCount > CodeReader.wholeTypeByteCount, region.path.count < Self.deepestPath else { return nil }
    guard let declaration = range.first(where: { !lines.lines[$0].isLeading && !lines.lines[$0].isBlank && !lines.lines[$0].isContinuation }),
      let name = typeName(lines.text(lines.lines[declaration]))
    else { return nil }
    let level = lines.lines[declaration].depth
    var body = declaration + 1
    while body < range.upperBound, lines.lines[body].isBlank || lines.lines[body].depth <= level || lines.lines[body].isContinuation { body += 1 }
    guard body < range.upperBound else { return nil }
    // The closing brace stays with the last member: alone it says nothing.
    let context = label(lines.text(lines.lines[declaration]).prefix { $0 != UInt8(ascii: "{") }, limit: 160)
    return [
      Region(range: range.lowerBound..<body, path: region.path, context: region.context, mayHoldTypes: false),
      Region(range: body..<range.upperBound, path: region.path + [name], context: context),
    ]
  }

  private func typeName(_ declaration: ArraySlice<UInt8>) -> String? {
    let words = declaration.prefix(300).split { !($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 >= 0x80) }
    for (index, word) in words.prefix(8).enumerated() where index + 1 < words.count {
      let keyword = String(decoding: word, as: UTF8.self)
      guard Self.typeKeywords.contains(keyword) else {
        if Self.functionKeywords.contains(keyword) { return nil }
        continue
      }
      // `impl Trait for Type`, `impl<T> Type<T>`: the type is what the members belong to.
      if keyword == "impl", let target = words.firstIndex(where: { $0.elementsEqual("for".utf8) }), target + 1 < words.count {
        return label(words[target + 1])
      }
      let name = String(decoding: words[index + 1], as: UTF8.self)
      if name == "class" || name == "struct" { continue }
      return label(name.utf8)
    }
    return nil
  }

  private static let typeKeywords: Set<String> = [
    "class", "struct", "enum", "interface", "protocol", "extension", "trait", "impl", "namespace", "module", "actor", "object", "record", "union",
    "mixin", "service",
    "contract", "defmodule", "mod",
  ]

  private static let functionKeywords: Set<String> = [
    "func", "function", "fn", "def", "fun", "var", "let", "const", "return", "if", "for", "while", "import", "case",
  ]
}
