/// OpenDocument spreadsheets and presentations (ODS, ODP), and texts (ODT) that pandoc refuses. Behind what a sheet or page says comes what the objects on it
/// say, charts above all.
struct OpenDocumentReader {
  let path: String
  let limits: ReadingLimits
  let format: DocumentFormat

  func read(_ data: [UInt8]) throws(DocumentError) -> ExtractedDocument {
    let package = try OfficePackage(
      data, path: path, limits: limits, parts: ["content.xml", "*/content.xml", "meta.xml", "META-INF/manifest.xml"])
    try requireOpen(package)
    try package.require("content.xml", format.rawValue.uppercased(), "it holds no content")
    let content = try OpenDocumentContent(package, "content.xml", isText: format == .odt)
    var omissions: [ExtractedDocument.Omission] = []
    var builder = BlockBuilder(path: path, limits: limits)
    for (number, section) in content.sections.enumerated() {
      let objects = try Self.objects(section.objects, of: package, omissions: &omissions).flatMap { object in
        // A chart on a sheet shows cells that were read.
        format == .ods && object.isChart ? object.sections.map { $0.withoutTables } : object.sections
      }
      let name = label(section.name.utf8)
      if section.isEmpty && objects.allSatisfy(\.isEmpty) { continue }
      var headings = HeadingStack()
      if format == .ods, !name.isEmpty {
        let source = source(section: number, row: section.firstRow ?? 1)
        try builder.add(.heading(level: 1), Array(name.utf8)[...], source: source, headingPath: headings.enter(level: 1, name))
      }
      for item in section.items { try add(item, section: number, headings: &headings, to: &builder) }
      for item in objects.flatMap(\.items) { try add(item, section: number, isObject: true, headings: &headings, to: &builder) }
    }
    let title = try package.title(omissions: &omissions)
    return try builder.document(format, title: title, omissions: omissions, whyEmpty: "it holds no text")
  }

  /// Slides are pages, and rows of a sheet lines; a text has neither.
  private func source(section: Int, row: Int) -> SourceSpan {
    switch format {
    case .odp: SourceSpan(pages: (section + 1)...(section + 1))
    case .ods: SourceSpan(lines: row...row)
    default: SourceSpan()
    }
  }

  private func add(
    _ item: OpenDocumentContent.Item, section: Int, isObject: Bool = false, headings: inout HeadingStack,
    to builder: inout BlockBuilder
  ) throws(DocumentError) {
    switch item {
    case .heading(let level, let text) where format == .odt && !isObject:
      let title = label(text.utf8)
      guard !title.isEmpty else { return }
      try builder.add(.heading(level: level), Array(title.utf8)[...], source: SourceSpan(), headingPath: headings.enter(level: level, title))
    case .heading(_, let text), .paragraph(let text):
      try builder.add(
        .paragraph, Array(text.utf8)[...], source: source(section: section, row: 1), headingPath: headings.path, after: .line)
    case .table(let rows):
      // The rows of an object are not those of the sheet.
      let isForm = TableRows.isForm(rows.lazy.map { row in row.cells.enumerated().map { (column: $0, text: Array($1.utf8)) } })
      var table = TableRows(headingPath: headings.path, hasHeader: isObject ? true : isForm ? false : nil)
      for (index, row) in rows.enumerated() {
        if index > 0, row.number > rows[index - 1].number + 1 { table.addGap() }
        try table.add(row.cells.map { Array($0.utf8) }, source: source(section: section, row: isObject ? 1 : row.number), to: &builder)
      }
      try table.end(&builder)
    }
  }

  /// Encrypted parts look like damaged ones; the list of parts says that they are encrypted (part 2, section 4.8). LibreOffice encrypts a package as one
  /// part, too.
  private func requireOpen(_ package: OfficePackage) throws(DocumentError) {
    var part = ""
    var encrypted: Set<String> = []
    // One that cannot be read says nothing of the parts, which are looked at themselves.
    try? package.parse("META-INF/manifest.xml") { event, _ in
      switch event {
      case .start("file-entry", let attributes): part = attributes["manifest:full-path"] ?? ""
      case .start("encryption-data", _): encrypted.insert(part)
      default: break
      }
    }
    if !encrypted.isDisjoint(with: ["content.xml", "encrypted-package"]) { throw .encrypted(path) }
  }

  /// What the objects in some parts say; one that cannot be read costs itself.
  static func objects(
    _ parts: [String], of package: OfficePackage, omissions: inout [ExtractedDocument.Omission]
  ) throws(DocumentError) -> [OpenDocumentContent] {
    var contents: [OpenDocumentContent] = []
    for part in parts where package.has(part) {
      let content = try package.sound(part, omissions: &omissions) { () throws(DocumentError) in try OpenDocumentContent(package, part) }
      if let content { contents.append(content) }
    }
    return contents
  }
}

extension OpenDocumentContent.Section {
  fileprivate var withoutTables: Self {
    var section = self
    section.items.removeAll { if case .table = $0 { true } else { false } }
    return section
  }

  /// The number of the first row that holds something.
  fileprivate var firstRow: Int? {
    for case .table(let rows) in items { if let first = rows.first { return first.number } }
    return nil
  }
}
