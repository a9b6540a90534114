@preconcurrency import CHTML

/// Goes once over a page's tree and makes blocks of it, with a stack of its own: pages may be nested deeper than a thread's stack.
struct HTMLWalk {
  typealias Node = UnsafePointer<GumboNode>

  let source: SourceText
  /// The first of the bytes that the tree points into.
  let start: UnsafePointer<UInt8>
  var builder: BlockBuilder
  /// Of the outermost element.
  let place: HTMLPlace
  private var navigation: HTMLNavigation

  /// Bytes of text in forms that were left out.
  private(set) var droppedFormByteCount = 0
  private(set) var firstHeading: String?
  /// Whether there is anything but headings.
  var hasBody: Bool { builder.blocks.contains { if case .heading = $0.kind { false } else { true } } }

  private var headings = HeadingStack()
  private var inline = HTMLInline()
  /// Level of the heading that has begun and has no text yet: blocks may lie in it.
  private var openHeading: Int?
  private var lists: [ListState] = []
  private var terms: [String] = []
  private var contentDepth = 0
  private var sectionDepth = 0
  private var bannerDepth = 0
  private var preformattedDepth = 0
  private var definitionDepth = 0
  private var table: HTMLTable?
  private var frames: [Frame] = []

  init(source: SourceText, start: UnsafePointer<UInt8>, builder: BlockBuilder, place: HTMLPlace, navigation: HTMLNavigation) {
    self.source = source
    self.start = start
    self.builder = builder
    self.place = place
    self.navigation = navigation
  }

  private struct Frame {
    let node: Node
    let role: HTMLRole
    var nextChild = 0
    var isContent = false
    var isSection = false
    var isBanner = false
    /// Whether this table opened `table`; one inside another, or one for layout, does not.
    var ownsTable = false
  }

  private struct ListState {
    var nextNumber: Int?
    var pendingMarker: String?
    var hasBlocks = false
  }

  mutating func run(_ root: Node) throws(DocumentError) {
    frames = [Frame(node: root, role: .block)]
    while let last = frames.indices.last {
      if let child = child(frames[last].nextChild, of: frames[last].node) {
        frames[last].nextChild += 1
        try visit(child)
      } else {
        let frame = frames.removeLast()
        try exit(frame)
      }
    }
    try flush()
  }

  private func child(_ index: Int, of node: Node) -> Node? {
    let vector: GumboVector
    switch node.pointee.type {
    case GUMBO_NODE_ELEMENT: vector = node.pointee.v.element.children
    case GUMBO_NODE_DOCUMENT: vector = node.pointee.v.document.children
    default: return nil
    }
    guard index < Int(vector.length), let child = vector.data[index] else { return nil }
    return UnsafePointer(child.assumingMemoryBound(to: GumboNode.self))
  }

  private mutating func visit(_ node: Node) throws(DocumentError) {
    switch node.pointee.type {
    case GUMBO_NODE_TEXT, GUMBO_NODE_CDATA, GUMBO_NODE_WHITESPACE: append(node.pointee.v.text)
    case GUMBO_NODE_ELEMENT: try enter(node)
    default: break
    }
  }

  private mutating func append(_ text: GumboText) {
    guard let characters = text.text, let original = text.original_text.data else { return }
    let bytes = UnsafeRawPointer(characters).assumingMemoryBound(to: UInt8.self)
    var count = 0
    while bytes[count] != 0 { count += 1 }
    let originalBytes = UnsafeRawPointer(original).assumingMemoryBound(to: UInt8.self)
    inline.append(
      UnsafeBufferPointer(start: bytes, count: count), original: UnsafeBufferPointer(start: originalBytes, count: text.original_text.length),
      sourceStart: originalBytes - start, isPreformatted: preformattedDepth > 0)
  }

  private mutating func enter(_ node: Node) throws(DocumentError) {
    let element = node.pointee.v.element
    var place = place
    place.isInsideContent = place.isInsideContent || contentDepth > 0
    place.isInsideSection = sectionDepth > 0
    place.isInsideBanner = bannerDepth > 0
    let role = HTMLElement.role(of: node, at: place, &navigation)
    var frame = Frame(node: node, role: role)
    frame.isContent = element.tag == GUMBO_TAG_ARTICLE || element.tag == GUMBO_TAG_MAIN
    frame.isSection = element.tag == GUMBO_TAG_SECTION
    frame.isBanner = !place.isInsideContent && navigation.isAroundTitle(node) && HTMLNavigation.isBanner(element)
    switch role {
    case .dropped:
      if element.tag == GUMBO_TAG_FORM { droppedFormByteCount += HTMLTree.textByteCount(below: node) }
      return
    case .inline:
      if HTMLElement.isCustom(element) { inline.separateWords() }
      if element.tag == GUMBO_TAG_SUP { inline.beginSuperscript(isNoteMark: HTMLElement.isNoteMark(node)) }
    case .lineBreak:
      if table?.isInCell == true { inline.separate() } else { inline.breakLine() }
      return
    case .block, .term: try boundary()
    case .heading(let level):
      try boundary()
      openHeading = level
    case .definition:
      try boundary()
      definitionDepth += 1
    case .preformatted:
      try boundary()
      preformattedDepth += 1
    case .list(let isOrdered):
      try boundary()
      let first = HTMLElement.attribute("start", of: element).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 1
      lists.append(ListState(nextNumber: isOrdered ? first : nil))
    case .listItem:
      try boundary()
      beginItem()
    case .table:
      try boundary()
      if table == nil, !HTMLTable.isLayout(node) {
        table = HTMLTable()
        frame.ownsTable = true
      }
    case .row:
      try boundary()
      table?.beginRow()
    case .cell:
      if table == nil {
        try boundary()
      } else {
        inline.reset()
        table?.beginCell(element)
      }
    }
    if frame.isContent { contentDepth += 1 }
    if frame.isSection { sectionDepth += 1 }
    if frame.isBanner { bannerDepth += 1 }
    frames.append(frame)
  }

  private mutating func exit(_ frame: Frame) throws(DocumentError) {
    if frame.isContent { contentDepth -= 1 }
    if frame.isSection { sectionDepth -= 1 }
    if frame.isBanner { bannerDepth -= 1 }
    switch frame.role {
    case .inline:
      let element = frame.node.pointee.v.element
      if HTMLElement.isCustom(element) { inline.separateWords() }
      if element.tag == GUMBO_TAG_SUP { inline.endSuperscript() }
    case .dropped, .lineBreak: break
    case .block: try boundary()
    case .heading:
      try boundary()
      openHeading = nil
    case .term:
      inline.trim()
      if table == nil, !inline.isEmpty {
        terms = [label(inline.text)]
        try add(.listItem, separator: .blankLine)
      } else {
        try boundary()
      }
    case .definition:
      try boundary()
      definitionDepth -= 1
    case .preformatted:
      preformattedDepth -= 1
      if table == nil { try add(.code, separator: .blankLine) } else { try boundary() }
    case .list:
      try boundary()
      if !lists.isEmpty { lists.removeLast() }
    case .listItem:
      try boundary()
      if let last = lists.indices.last { lists[last].pendingMarker = nil }
    case .table:
      try boundary()
      if frame.ownsTable { table = nil }
    case .row:
      if table != nil { try addRow() } else { try boundary() }
    case .cell:
      if table != nil {
        inline.trim()
        table?.endCell(inline)
        inline.reset()
      } else {
        try boundary()
      }
    }
  }

  /// The edge of a block element: ends the paragraph that runs, or separates parts of a table cell.
  private mutating func boundary() throws(DocumentError) {
    if table?.isInCell == true { return inline.separate() }
    inline.trim()
    if let level = openHeading, !inline.isEmpty { return try addHeading(level) }
    try flush()
  }

  private mutating func flush() throws(DocumentError) {
    inline.trim()
    guard !inline.isEmpty else { return inline.reset() }
    guard definitionDepth > 0 || !lists.isEmpty else { return try add(.paragraph, separator: .blankLine) }
    guard let last = lists.indices.last else { return try add(.listItem, context: terms.last, separator: .line) }
    let isFirst = !lists.contains { $0.hasBlocks }
    let marker = String(repeating: "  ", count: min(lists.count - 1, 8)) + (lists[last].pendingMarker ?? "  ")
    lists[last].pendingMarker = nil
    lists[last].hasBlocks = true
    try add(.listItem, prefix: marker, context: definitionDepth > 0 ? terms.last : nil, separator: isFirst ? .blankLine : .line)
  }

  private mutating func beginItem() {
    guard let last = lists.indices.last else { return }
    if let number = lists[last].nextNumber {
      lists[last].pendingMarker = "\(number). "
      lists[last].nextNumber = number &+ 1
    } else {
      lists[last].pendingMarker = "- "
    }
  }

  private mutating func addHeading(_ level: Int) throws(DocumentError) {
    openHeading = nil
    let name = label(inline.text)
    let above = headings.enter(level: level, name)
    firstHeading = firstHeading ?? name
    terms = []
    // What is too long for a name would lose its end: some pages set whole declarations as headings.
    guard label(inline.text, limit: nil) == name else { return try add(.paragraph, separator: .blankLine) }
    try builder.add(.heading(level: level), Array(name.utf8)[...], source: blockSource(), headingPath: above)
    inline.reset()
  }

  private mutating func addRow() throws(DocumentError) {
    guard let row = table?.endRow() else { return }
    inline.reset()
    guard let span = row.source else { return }
    try builder.add(
      .tableRow, row.text[...], source: source.span(span), headingPath: headings.path, context: row.context, after: row.isFirst ? .blankLine : .line)
  }

  private mutating func add(_ kind: Block.Kind, prefix: String = "", context: String? = nil, separator: BlockBuilder.Separator) throws(DocumentError)
  {
    inline.trim()
    defer { inline.reset() }
    guard !inline.isEmpty else { return }
    let whole = blockSource()
    var anchors: [SourceAnchor] = []
    if let range = whole.lines, range.count > 1 {
      for (number, anchor) in inline.anchors.enumerated() {
        let end = number + 1 < inline.anchors.count ? inline.anchors[number + 1].source : inline.sourceEnd
        let span = source.span(source.trimmed(anchor.source..<max(anchor.source, end)))
        let offset = anchors.isEmpty ? 0 : prefix.utf8.count + anchor.offset
        if let last = anchors.indices.last, anchors[last].source.lines == span.lines {
          anchors[last].source = anchors[last].source.union(span)
        } else {
          anchors.append(SourceAnchor(offset: offset, source: span))
        }
      }
    }
    let text = prefix.isEmpty ? inline.text : Array(prefix.utf8) + inline.text
    try builder.add(kind, text[...], source: whole, headingPath: headings.path, context: context, anchors: anchors, after: separator)
  }

  /// From the first to the last text of the block.
  private func blockSource() -> SourceSpan {
    let first = inline.anchors.first?.source ?? 0
    return source.span(source.trimmed(first..<max(first, inline.sourceEnd)))
  }
}
