/// Source code: functions and types are blocks, with the comments above them; the members of a long type are blocks below its name.
///
/// A light scanner that knows strings, comments, braces and indentation, not a parser: wrong input never fails, it is only cut elsewhere.
struct CodeReader {
  let path: String
  let limits: ReadingLimits

  /// A type of fewer bytes than this is one block, however many members it has: it fits into a passage.
  static let wholeTypeByteCount = 900

  func read(_ source: SourceText, _ context: inout PartContext) throws(DocumentError) -> ExtractedDocument {
    let language = context.codeLanguage ?? language(of: source)
    context.codeLanguage = language
    let lines = language == .braces ? CodeLines(braces: source) : CodeLines(indentation: source)
    var outline = CodeOutline(lines: lines, language: language)
    outline.run()
    var builder = BlockBuilder(path: path, limits: limits)
    var lastLine = 0
    for unit in outline.units {
      let first = source.lineRange(unit.lines.lowerBound).lowerBound
      let end = source.trimmed(first..<source.lineRange(unit.lines.upperBound).upperBound).upperBound
      guard first < end else { continue }
      let isAdjacent = unit.lines.lowerBound == lastLine + 1
      lastLine = unit.lines.upperBound
      try builder.add(
        .code, source.bytes[first..<end], source: source.span(first..<end), headingPath: unit.path, context: unit.context,
        after: isAdjacent ? .line : .blankLine)
    }
    return try builder.document(.sourceCode, title: nil)
  }

  private func language(of source: SourceText) -> CodeLanguage {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    let fileExtension = name.contains(".") ? name.split(separator: ".").last.map(String.init) ?? "" : ""
    if let language = CodeLanguage(fileExtension: fileExtension) ?? CodeLanguage(fileName: name) { return language }
    let shebang = String(decoding: source.bytes[source.lineRange(1)], as: UTF8.self)
    if shebang.contains("python") { return .indentation }
    if shebang.contains("ruby") || shebang.contains("lua") { return .endKeyword }
    if shebang.contains("node") || shebang.contains("deno") || shebang.contains("swift") { return .braces }
    return .shell
  }
}
