/// What the outline has to know of every line of a file.
struct CodeLines {
  struct Line {
    var range: Range<Int>
    /// Depth at the line's start: braces, or columns of indentation.
    var depth: Int
    /// Depth at its end; the same as `depth` where indentation counts.
    var endDepth: Int
    var isBlank: Bool
    /// Only a comment, an attribute or a decorator: it belongs to what follows.
    var isLeading: Bool
    /// Inside a string, a comment or brackets that began on a line before: no unit begins here.
    var isContinuation: Bool
  }

  let bytes: [UInt8]
  /// The line `number` (from 1) stands at `number - 1`.
  private(set) var lines: [Line] = []

  func text(_ line: Line) -> ArraySlice<UInt8> {
    bytes[line.range].drop { $0.isWhiteSpace }
  }

  // MARK: Braces

  /// Languages with braces, `//` and `/* */`; strings end with their line unless they are of three quotes or in backticks.
  init(braces source: SourceText) {
    bytes = source.bytes
    var depth = 0
    var brackets = 0
    var state = State.code
    for number in 1...source.lineCount {
      let range = source.lineRange(number)
      let startState = state
      let startDepth = depth
      let startBrackets = brackets
      var lowest = depth
      var hasCode = false
      var index = range.lowerBound
      func follows(_ text: StaticString, at position: Int) -> Bool {
        position + text.utf8CodeUnitCount <= range.upperBound
          && (0..<text.utf8CodeUnitCount).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
      }
      while index < range.upperBound {
        let byte = bytes[index]
        switch state {
        case .comment:
          if follows("*/", at: index) {
            state = .code
            index += 1
          }
        case .longString:
          if follows("\"\"\"", at: index) {
            state = .code
            index += 2
          }
        case .backtickString:
          if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "`") { state = .code }
        case .code:
          if byte.isWhiteSpace { break }
          if follows("//", at: index) {
            index = range.upperBound
            continue
          }
          if follows("/*", at: index) {
            state = .comment
            index += 1
            break
          }
          hasCode = true
          if follows("\"\"\"", at: index) {
            state = .longString
            index += 2
          } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            index = Self.stringEnd(bytes, from: index, to: range.upperBound)
          } else if byte == UInt8(ascii: "`") {
            state = .backtickString
          } else if byte == UInt8(ascii: "{") {
            depth += 1
          } else if byte == UInt8(ascii: "}") {
            depth = max(0, depth - 1)
            lowest = min(lowest, depth)
          } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") {
            brackets += 1
          } else if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") {
            brackets = max(0, brackets - 1)
          }
        }
        index += 1
      }
      // Brackets that an unbalanced line leaves open must not swallow the rest of the file.
      if depth != startDepth { brackets = 0 }
      let text = bytes[range].drop { $0.isWhiteSpace }
      lines.append(
        Line(
          range: range, depth: min(startDepth, max(lowest, 0)), endDepth: depth, isBlank: text.isEmpty,
          isLeading: !text.isEmpty && (!hasCode || (text.first == UInt8(ascii: "@") && depth == startDepth) || text.starts(with: "#[".utf8)),
          isContinuation: startState != .code || startBrackets > 0 || lines.last.map { bytes[$0.range].last == UInt8(ascii: "\\") } == true))
    }
  }

  private enum State { case code, comment, longString, backtickString }

  /// The closing quote of a string of one line, or where it begins if nothing closes it (a lifetime, an apostrophe).
  private static func stringEnd(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
    var index = start + 1
    while index < end {
      if bytes[index] == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      if bytes[index] == bytes[start] { return index }
      index += 1
    }
    return start
  }

  // MARK: Indentation

  /// Python, Ruby, shell and others that are laid out by indentation; `#` and `--` comments, strings of three quotes.
  init(indentation source: SourceText) {
    bytes = source.bytes
    var openQuote: UInt8?
    var brackets = 0
    for number in 1...source.lineCount {
      let range = source.lineRange(number)
      var indentation = 0
      var index = range.lowerBound
      while index < range.upperBound, bytes[index].isWhiteSpace {
        indentation += bytes[index] == 0x09 ? 8 - indentation % 8 : 1
        index += 1
      }
      let text = bytes[index..<range.upperBound]
      let isComment = text.first == UInt8(ascii: "#") || text.starts(with: "--".utf8)
      let isContinuation = openQuote != nil || brackets > 0
      while index < range.upperBound {
        let byte = bytes[index]
        let isTriple =
          (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")) && bytes[index..<min(index + 3, range.upperBound)].count { $0 == byte } == 3
        if let quote = openQuote {
          if byte == UInt8(ascii: "\\") {
            index += 1
          } else if isTriple, byte == quote {
            openQuote = nil
            index += 2
          }
        } else if byte == UInt8(ascii: "#") {
          break
        } else if isTriple {
          openQuote = byte
          index += 2
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          index = Self.stringEnd(bytes, from: index, to: range.upperBound)
        } else if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
          brackets += 1
        } else if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
          brackets = max(0, brackets - 1)
        }
        index += 1
      }
      // A definition never stands inside brackets: there they were miscounted.
      let isDefinition = ["def ", "class ", "async def ", "function ", "module "].contains { text.starts(with: $0.utf8) }
      if isDefinition, openQuote == nil, brackets > 0, indentation == 0 { brackets = 0 }
      lines.append(
        Line(
          range: range, depth: indentation, endDepth: indentation, isBlank: text.isEmpty,
          isLeading: !isContinuation && (isComment || text.first == UInt8(ascii: "@")), isContinuation: isContinuation && !isDefinition))
    }
  }
}
