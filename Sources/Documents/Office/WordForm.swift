/// Documents of word processors in a form of which pandoc (2.17) reads all text: it leaves out what stands in elements that it does not know.
enum WordForm {
  /// - Returns: `nil` if there is nothing to change, or something in it is damaged.
  static func readable(_ data: [UInt8], path: String, format: DocumentFormat, limits: ReadingLimits) throws(DocumentError) -> [UInt8]? {
    try ArchiveEntries(path: path, limits: limits).rewritten(data) { name, content in
      switch format {
      case .odt: name == "content.xml" || name == "styles.xml" ? openDocument(content) : nil
      default: name.hasPrefix("word/") && name.hasSuffix(".xml") ? word(content) : nil
      }
    }
  }

  /// Elements that pandoc leaves out lose what they wrap: sections, groups of rows, indexes, and fields that show something. In cells, where it knows
  /// paragraphs only, so do lists and tables; headings become paragraphs. A cell that another one covers becomes one like others, whatever it holds, so that
  /// those behind it stand in their columns (OpenDocument 1.3 part 3, sections 5, 7, 8 and 9).
  private static func openDocument(_ xml: [UInt8]) -> [UInt8]? {
    /// Cells that are open inside each other.
    var cellDepth = 0
    return XMLTags.replacing(in: xml) { tag in
      if tag.isNamed("table:table-cell") || tag.isNamed("table:covered-table-cell") {
        if tag.isEnd { cellDepth = max(0, cellDepth - 1) }
        let isInner = cellDepth > 0
        if !tag.isEnd, !tag.isClosed { cellDepth += 1 }
        if isInner { return [] }
        guard tag.isNamed("table:covered-table-cell") else { return nil }
        return (tag.isEnd ? Array("</".utf8) : Array("<".utf8)) + Array("table:table-cell".utf8) + xml[tag.name.endIndex..<tag.range.upperBound]
      }
      let name = String(decoding: tag.name, as: UTF8.self)
      if name == "text:ruby-text" { return Array((tag.isEnd ? "）" : tag.isClosed ? "" : "（").utf8) }
      if unknownElements.contains(name) || cellDepth > 0 && unknownInCells.contains(name) { return [] }
      guard cellDepth > 0, name == "text:h" else { return nil }
      return (tag.isEnd ? Array("</".utf8) : Array("<".utf8)) + Array("text:p".utf8) + xml[tag.name.endIndex..<tag.range.upperBound]
    }
  }

  private static let unknownElements: Set<String> = Set(
    [
      "section", "dde-section", "numbered-paragraph", "bibliography", "alphabetical-index", "index-body", "index-title", "ruby", "ruby-base", "meta",
      "meta-field", "date", "time", "page-number", "page-count", "user-field-get", "user-field-input", "user-defined", "variable-set", "variable-get",
      "variable-input", "text-input", "database-display", "title", "subject", "keywords", "author-name", "author-initials", "initial-creator",
      "creator",
      "creation-date", "creation-time", "modification-date", "modification-time", "print-date", "conditional-text", "placeholder", "drop-down",
      "expression", "note-ref", "sequence-ref", "chapter", "file-name", "sender-firstname", "sender-lastname", "sender-company", "sender-street",
      "sender-city", "sender-postal-code", "sender-country", "sender-title", "sender-position", "sender-email", "sender-phone-work",
    ].map { "text:" + $0 } + ["table-header-rows", "table-rows", "table-row-group"].map { "table:" + $0 } + ["loext:content-control"])

  private static let unknownInCells: Set<String> = [
    "text:list", "text:list-item", "text:list-header", "table:table", "table:table-row", "table:table-column", "table:table-columns",
  ]

  /// Simple fields, elements of custom XML and directions lose what they wrap; signs of fonts and fields of forms become text; text with a reading above it
  /// becomes that text and the reading in parentheses (ECMA-376 part 1, sections 17.16.19, 17.5.1, 17.3.2.3, 17.3.2.8 and 17.3.3).
  private static func word(_ xml: [UInt8]) -> [UInt8]? {
    var result = XMLTags.replacing(in: xml) { tag in
      if transparent.contains(String(decoding: tag.name, as: UTF8.self)) { return [] }
      if tag.isNamed("w:ptab") { return tag.isEnd ? [] : Array("<w:tab/>".utf8) }
      if tag.isNamed("w:cr") { return tag.isEnd ? [] : Array("<w:br/>".utf8) }
      return tag.isNamed("w:sym") && tag.isClosed ? WordFields.sign(tag, in: xml) : nil
    }
    for change in [withReadings, WordFields.withChoices, WordTables.readable] { result = change(result ?? xml) ?? result }
    return result
  }

  private static let transparent: Set<String> = ["w:fldSimple", "w:customXml", "w:smartTag", "w:dir", "w:bdo"]

  /// `<w:r><w:ruby>…<w:rt>reading</w:rt><w:rubyBase>base</w:rubyBase></w:ruby></w:r>`, both of runs, becomes these runs.
  private static func withReadings(_ xml: [UInt8]) -> [UInt8]? {
    var edits: [(range: Range<Int>, new: [UInt8])] = []
    var start: Int?
    var inner: (rt: Int?, rubyBase: Int?) = (nil, nil)
    var (reading, base): (Range<Int>?, Range<Int>?) = (nil, nil)
    XMLTags.forEach(in: xml) { tag in
      if tag.isNamed("w:ruby"), !tag.isEnd, !tag.isClosed {
        (start, inner, reading, base) = (tag.range.lowerBound, (nil, nil), nil, nil)
      } else if start != nil, tag.isNamed("w:rt") {
        if tag.isEnd { reading = inner.rt.map { $0..<tag.range.lowerBound } } else { inner.rt = tag.range.upperBound }
      } else if start != nil, tag.isNamed("w:rubyBase") {
        if tag.isEnd { base = inner.rubyBase.map { $0..<tag.range.lowerBound } } else { inner.rubyBase = tag.range.upperBound }
      } else if let begin = start, tag.isNamed("w:ruby"), tag.isEnd {
        start = nil
        guard let base else { return }
        func run(_ text: String) -> [UInt8] { Array("<w:r><w:t>\(text)</w:t></w:r>".utf8) }
        let shown = reading.map { run("（") + xml[$0] + run("）") } ?? []
        edits.append((begin..<tag.range.upperBound, Array("</w:r>".utf8) + xml[base] + shown + Array("<w:r>".utf8)))
      }
    }
    return XMLTags.replacing(edits, in: xml)
  }
}
