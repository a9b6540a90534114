/// What pandoc leaves out of a document of a word processor: text in boxes and shapes, diagrams, charts and comments.
struct WordRemainder {
  private var paragraphs: [String] = []
  private var charts: [[[String]]] = []
  private(set) var omissions: [ExtractedDocument.Omission] = []

  var isEmpty: Bool { paragraphs.isEmpty && charts.isEmpty }

  /// - Parameter data: A DOCX or ODT; what cannot be read of it is an omission.
  init(_ data: [UInt8], path: String, format: DocumentFormat, limits: ReadingLimits) {
    let isOpenDocument = format == .odt
    do throws(DocumentError) {
      let package = try OfficePackage(
        data, path: path, limits: limits,
        parts: isOpenDocument
          ? ["content.xml", "*/content.xml"] : ["word/document*.xml", "word/diagrams/data*.xml", "word/charts/chart*.xml", "word/comments.xml"])
      // Some services call it `document2.xml`.
      let main = isOpenDocument ? "content.xml" : package.names.filter { $0.hasPrefix("word/document") }.min() ?? "word/document.xml"
      paragraphs = try Self.paragraphs(package, main, isOpenDocument: isOpenDocument)
      let comments = "word/comments.xml"
      let others = package.names.filter { $0 != main && $0 != comments }.sorted()
      if isOpenDocument {
        for item in try OpenDocumentReader.objects(others, of: package, omissions: &omissions).flatMap(\.sections).flatMap(\.items) {
          switch item {
          case .heading(_, let text), .paragraph(let text): paragraphs.append(text)
          case .table(let rows): charts.append(rows.map(\.cells))
          }
        }
      } else {
        let drawings = try DrawingContent.read(others, of: package, omissions: &omissions)
        paragraphs += drawings.flatMap(\.paragraphs)
        charts = drawings.map(\.rows)
        paragraphs += try OfficeComments.read([comments], of: package, omissions: &omissions)
      }
      charts.removeAll(where: \.isEmpty)
    } catch {
      omissions.append(.init(name: "text in boxes, shapes, charts and comments", reason: error.why ?? error.message, isFailure: true))
    }
  }

  /// Elements that hold a drawing's text (OpenDocument 1.3 part 3, section 10).
  private static let openDocumentShapes: Set<String> = [
    "text-box", "custom-shape", "rect", "ellipse", "circle", "line", "polygon", "polyline", "path", "connector", "caption",
  ]

  private static func paragraphs(_ package: OfficePackage, _ part: String, isOpenDocument: Bool) throws(DocumentError)
    -> [String]
  {
    // ECMA-376 part 1, section 17.17.1.
    let shapes = isOpenDocument ? openDocumentShapes : ["txbxContent"]
    var found: [String] = []
    var (depth, fallbacks, comments) = (0, 0, 0)
    // Those that have begun, as a box stands within a paragraph; `nil` where one is not wanted.
    var open: [String?] = []
    func add(_ text: String) { if let last = open.indices.last { open[last]?.append(text) } }
    var elements = OpenElements()
    // In DOCX text stands in elements of its own, beside what fields are made by.
    var isText = isOpenDocument
    try package.parse(part) { event, _ in
      elements.take(event)
      switch event {
      // The same once more, for programs that do not know the first form (part 3, section 10.2).
      case .start("Fallback", _): fallbacks += 1
      case .end("Fallback"): fallbacks -= 1
      case .start(let name, _) where shapes.contains(name): depth += 1
      case .end(let name) where shapes.contains(name): depth -= 1
      case .start("annotation", _): comments += 1
      case .end("annotation"): comments -= 1
      case .start("p", _), .start("h", _):
        open.append(fallbacks > 0 ? nil : comments > 0 ? "Comment: " : depth > 0 ? "" : nil)
      // Text along a curve.
      case .start("textpath", let attributes): if fallbacks == 0, let text = attributes["string"] { found.append(text) }
      case .start("t", _): isText = true
      case .end("t"): isText = isOpenDocument
      case .start("br", _), .start("tab", _), .start("s", _), .start("line-break", _): add(" ")
      case .text(let text): if isText, !(isOpenDocument && OpenDocumentContent.isAside(elements)) { add(text) }
      case .end("p"), .end("h"):
        if let text = open.popLast() ?? nil, text.contains(where: { !$0.isWhitespace }), text != "Comment: " { found.append(text) }
      default: break
      }
    }
    return found
  }

  /// Adds to a document what is not in it.
  func add(to document: inout ExtractedDocument, path: String, limits: ReadingLimits) throws(DocumentError) {
    document.omissions += omissions
    if isEmpty, !document.blocks.isEmpty { return }
    func plain(_ text: some StringProtocol) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    var known = Set(document.text.split(separator: "\n").map { plain($0) })
    var builder = BlockBuilder(path: path, limits: limits)
    try builder.append(document, record: nil)
    for paragraph in paragraphs where known.insert(plain(paragraph)).inserted {
      try builder.add(.paragraph, Array(plain(paragraph).utf8)[...], source: SourceSpan())
    }
    for chart in charts { try builder.add(rows: chart, hasHeader: true, source: SourceSpan()) }
    let whole = try builder.document(document.format, title: document.title, omissions: document.omissions)
    (document.text, document.blocks) = (whole.text, whole.blocks)
  }
}
