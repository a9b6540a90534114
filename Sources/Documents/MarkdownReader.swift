import CMarkGFM

/// Markdown as GitHub writes it, parsed by libcmark-gfm.
struct MarkdownReader {
  let path: String
  let limits: ReadingLimits

  /// Registered once for the process; the library keeps the list in a global of its own.
  private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

  func read(_ source: SourceText) throws(DocumentError) -> ExtractedDocument {
    let frontMatter = FrontMatter(source)
    let bodyStart = source.lineStarts[frontMatter.lineCount]
    var walk = MarkdownWalk(source: source, firstLine: frontMatter.lineCount, builder: BlockBuilder(path: path, limits: limits))
    walk.title = frontMatter.title
    if let description = frontMatter.description {
      try walk.builder.add(.paragraph, Array(description.utf8)[...], source: source.span(lines: 1...max(1, frontMatter.lineCount)))
    }

    _ = Self.registered
    guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { preconditionFailure("cmark has no memory for a parser") }
    defer { cmark_parser_free(parser) }
    for name in ["table", "strikethrough", "autolink", "tasklist"] {
      if let syntax = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, syntax) }
    }
    source.bytes[bodyStart...].withUnsafeBytes { body in
      if let start = body.baseAddress { cmark_parser_feed(parser, start.assumingMemoryBound(to: CChar.self), body.count) }
    }
    guard let root = cmark_parser_finish(parser) else { throw .malformed(path, "Markdown", "the parser gave nothing") }
    defer { cmark_node_free(root) }
    try walk.run(root)
    return try walk.builder.document(.markdown, title: walk.title)
  }
}

/// `---` … `---` (YAML) or `+++` … `+++` (TOML) at the start of a file; of it only title and description are taken.
struct FrontMatter {
  /// Lines that the front matter takes, its fences included; 0 if there is none.
  private(set) var lineCount = 0
  private(set) var title: String?
  private(set) var description: String?

  init(_ source: SourceText) {
    let fence = source.bytes[source.trimmed(source.lineRange(1))]
    let isYAML = fence.elementsEqual("---".utf8)
    guard isYAML || fence.elementsEqual("+++".utf8), source.lineCount > 1 else { return }
    for line in 2...min(source.lineCount, 500) {
      let range = source.trimmed(source.lineRange(line))
      let bytes = source.bytes[range]
      if bytes.elementsEqual(fence) || (isYAML && bytes.elementsEqual("...".utf8)) {
        // The line after the fence has to be there to begin with.
        guard line < source.lineStarts.count else { return }
        lineCount = line
        return
      }
      if let value = value(of: "title", in: bytes, isYAML: isYAML) { title = title ?? value }
      if let value = value(of: "description", in: bytes, isYAML: isYAML) { description = description ?? value }
    }
    // No fence at the end: a thematic break, not front matter.
    title = nil
    description = nil
  }

  private func value(of key: String, in line: ArraySlice<UInt8>, isYAML: Bool) -> String? {
    guard line.starts(with: key.utf8) else { return nil }
    var rest = line.dropFirst(key.utf8.count).drop { $0 == 0x20 }
    guard rest.first == (isYAML ? UInt8(ascii: ":") : UInt8(ascii: "=")) else { return nil }
    rest = rest.dropFirst().drop { $0 == 0x20 }
    if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), rest.count > 1, rest.last == quote {
      rest = rest.dropFirst().dropLast()
    }
    let value = label(rest)
    return value.isEmpty || value == "|" || value == ">" ? nil : value
  }
}
