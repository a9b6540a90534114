/// Presentations (PPTX): a slide is a page, its title a heading, its tables rows; what its diagrams and charts say comes behind, its notes
/// and comments last.
struct PresentationReader {
  let path: String
  let limits: ReadingLimits

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let package = try OfficePackage(
      data, path: path, limits: limits,
      parts: [
        "ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "ppt/slides/*.xml", "ppt/slides/_rels/*.rels", "ppt/notesSlides/*.xml",
        "ppt/diagrams/data*.xml", "ppt/charts/chart*.xml", "ppt/comments/*.xml", "docProps/core.xml",
      ])
    var builder = BlockBuilder(path: path, limits: limits)
    var firstTitle: String?
    var omissions: [ExtractedDocument.Omission] = []
    for (number, slide) in try slides(of: package).enumerated() {
      let source = SourceSpan(pages: (number + 1)...(number + 1))
      let content =
        try package.sound(slide, isMain: true, omissions: &omissions) { () throws(DocumentError) in try SlideContent(package, slide) }
        ?? SlideContent()
      let title = content.title.map { label($0.utf8) } ?? ""
      let headingPath = title.isEmpty ? [] : [title]
      firstTitle = firstTitle ?? (title.isEmpty ? nil : title)
      if !title.isEmpty { try builder.add(.heading(level: 1), Array(title.utf8)[...], source: source) }
      try write(content, headingPath: headingPath, source: source, to: &builder)
      let parts =
        try package.sound("what belongs to \(slide)", omissions: &omissions) { () throws(DocumentError) in
          try package.relationships(of: slide).values.sorted()
        } ?? []
      let drawings = ["ppt/diagrams/data", "ppt/charts/chart"].flatMap { prefix in parts.filter { $0.hasPrefix(prefix) } }
      for drawing in try DrawingContent.read(drawings, of: package, omissions: &omissions) {
        for paragraph in drawing.paragraphs {
          try builder.add(.paragraph, Array(paragraph.utf8)[...], source: source, headingPath: headingPath, after: .line)
        }
        try builder.add(rows: drawing.rows, headingPath: headingPath, hasHeader: true, source: source)
      }
      for part in parts where part.hasPrefix("ppt/notesslides/") {
        let notes = try package.sound(part, omissions: &omissions) { () throws(DocumentError) in try SlideContent(package, part) }
        if let notes { try write(notes, headingPath: headingPath, source: source, to: &builder) }
      }
      let comments = parts.filter { $0.hasPrefix("ppt/comments/") }
      for comment in try OfficeComments.read(comments, of: package, omissions: &omissions) {
        try builder.add(.paragraph, Array(comment.utf8)[...], source: source, headingPath: headingPath, after: .line)
      }
    }
    let title = try package.title(omissions: &omissions) ?? firstTitle
    return try builder.document(.pptx, title: title, omissions: omissions, whyEmpty: "its slides hold no text")
  }

  /// In the order in which they are shown.
  private func slides(of package: OfficePackage) throws(DocumentError) -> [String] {
    try package.require("ppt/presentation.xml", "PPTX", "it holds no presentation")
    let targets = try package.relationships(of: "ppt/presentation.xml")
    var slides: [String] = []
    try package.parse("ppt/presentation.xml") { event, _ in
      if case .start("sldId", let attributes) = event, let id = attributes["r:id"], let target = targets[id] { slides.append(target) }
    }
    return slides
  }

  private func write(_ content: SlideContent, headingPath: [String], source: SourceSpan, to builder: inout BlockBuilder) throws(DocumentError) {
    for paragraph in content.paragraphs {
      try builder.add(.paragraph, Array(paragraph.utf8)[...], source: source, headingPath: headingPath, after: .line)
    }
    for table in content.tables { try builder.add(rows: table, headingPath: headingPath, source: source) }
  }
}

/// The text of one slide, or of its notes (DrawingML, ECMA-376 part 1, section 21.1.2).
private struct SlideContent {
  var title: String?
  var paragraphs: [String] = []
  var tables: [[[String]]] = []

  init() {}

  init(_ package: OfficePackage, _ part: String) throws(DocumentError) {
    var content = (title: String?.none, paragraphs: [String](), tables: [[[String]]]())
    var placeholder: String?
    var paragraph = ""
    var cell: [String]?
    var isMergedUpwards = false
    var isText = false
    try package.parse(part) { event, _ in
      switch event {
      case .start("sp", _): placeholder = nil
      case .start("ph", let attributes): placeholder = attributes["type"] ?? "body"
      case .start("tbl", _): content.tables.append([])
      case .start("tr", _): if !content.tables.isEmpty { content.tables[content.tables.count - 1].append([]) }
      case .start("tc", let attributes):
        cell = []
        isMergedUpwards = ["1", "true"].contains(attributes["vMerge"])
      case .start("t", _): isText = true
      case .start("br", _): paragraph += "\n"
      case .text(let text): if isText { paragraph += text }
      case .end("t"): isText = false
      case .end("p"):
        let text = paragraph
        paragraph = ""
        if cell != nil {
          cell?.append(text)
        } else if placeholder == "title" || placeholder == "ctrTitle" {
          content.title = [content.title, text].compactMap(\.self).joined(separator: " ")
        } else if !["sldNum", "dt", "ftr", "hdr"].contains(placeholder) {
          content.paragraphs.append(text)
        }
      case .end("tc"):
        if let table = content.tables.indices.last, let row = content.tables[table].indices.last {
          let text = (cell ?? []).joined(separator: " ")
          let column = content.tables[table][row].count
          // What a cell merged downwards shows belongs to each of its rows.
          let above =
            isMergedUpwards && row > 0 && content.tables[table][row - 1].indices.contains(column) ? content.tables[table][row - 1][column] : ""
          content.tables[table][row].append(text.isEmpty ? above : text)
        }
        cell = nil
      default: break
      }
    }
    (title, paragraphs, tables) = content
  }
}
