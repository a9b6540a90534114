import CMarkGFM

/// Markdown as GitHub writes it, parsed by libcmark-gfm.
struct MarkdownReader {
  let path: String
  let limits: ReadingLimits

  /// Registered once for the process; the library keeps the list in a global of its own.
  private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

  func read(_ source: SourceText, _ context: inout PartContext) throws(DocumentError) -> ExtractedDocument {
    let frontMatter = context.isFirst ? FrontMatter(source) : FrontMatter()
    let bodyStart = source.lineStarts[frontMatter.lineCount]
    // The line that opened the code which the part before this one ended in is seen by cmark, and stands in no line of this part.
    let fence = context.openFence.map { $0 + [0x0A] } ?? []
    var walk = MarkdownWalk(
      source: source, firstLine: frontMatter.lineCount - (fence.isEmpty ? 0 : 1), builder: BlockBuilder(path: path, limits: limits))
    walk.headings = context.headings
    defer { context.headings = walk.headings }
    walk.title = frontMatter.title
    for text in frontMatter.texts {
      try walk.builder.add(.paragraph, Array(text.utf8)[...], source: source.span(lines: 1...max(1, frontMatter.lineCount)))
    }

    _ = Self.registered
    guard let parser = cmark_parser_new(CMARK_OPT_DEFAULT) else { preconditionFailure("cmark has no memory for a parser") }
    defer { cmark_parser_free(parser) }
    let hasBoundedTables = Self.cellCount(source.bytes[bodyStart...]) <= limits.blockCount
    for name in ["strikethrough", "autolink", "tasklist"] + (hasBoundedTables ? ["table"] : []) {
      if let syntax = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, syntax) }
    }
    for bytes in [fence[...], Self.withFootnotesAsText(source.bytes[bodyStart...])] {
      bytes.withUnsafeBytes { body in
        if let start = body.baseAddress { cmark_parser_feed(parser, start.assumingMemoryBound(to: CChar.self), body.count) }
      }
    }
    guard let root = cmark_parser_finish(parser) else { throw .malformed(path, "Markdown", "the parser gave nothing") }
    defer { cmark_node_free(root) }
    try walk.run(root)
    var document = try walk.builder.document(.markdown, title: walk.title)
    document.metadata = frontMatter.metadata
    return document
  }

  /// A footnote (`[^1]: https://…`) would be taken for a link's target, of which nothing is left; and cmark's own footnotes move to the end of the text, or away
  /// where nothing refers to them. With another byte for its colon it is a paragraph that stays where it is.
  private static func withFootnotesAsText(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard body.firstRange(of: "[^") != nil, !body.contains(MarkdownWalk.footnoteColon) else { return body }
    var result = body
    var start = body.startIndex
    while start < body.endIndex {
      let end = body[start...].firstIndex(of: 0x0A) ?? body.endIndex
      let line = body[start..<end]
      let mark = line.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ">") }
      if mark.starts(with: "[^".utf8), let close = mark.firstIndex(of: UInt8(ascii: "]")), close + 1 < end, body[close + 1] == UInt8(ascii: ":") {
        result[close + 1] = MarkdownWalk.footnoteColon
      }
      start = end + 1
    }
    return result
  }

  /// Cells of a text's tables, at most: cmark gives every row as many as the first one has, so that 140 KB could become 400 million. Beyond the limit
  /// tables are read as lines of text.
  private static func cellCount(_ bytes: ArraySlice<UInt8>) -> Int {
    var (cells, columns) = (0, 0)
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        columns = 0
        continue
      }
      cells += columns
      // The line below the first row, in a list or a quotation too.
      if line.contains(UInt8(ascii: "-")), line.allSatisfy({ "|-: \t\r>*+.0123456789".utf8.contains($0) }) {
        columns = max(columns, line.count { $0 == UInt8(ascii: "|") } + 1)
      }
    }
    return cells
  }
}
