/// Puts a document's text together block by block.
struct BlockBuilder {
  /// What stands between a block and the one before it.
  enum Separator: String {
    case line = "\n"
    case blankLine = "\n\n"
  }

  private(set) var text: [UInt8] = []
  private(set) var blocks: [Block] = []
  private let byteLimit: Int
  private let blockLimit: Int
  private let path: String

  init(path: String, limits: ReadingLimits) {
    self.path = path
    byteLimit = limits.textByteCount
    blockLimit = limits.blockCount
  }

  /// Adds a block, its anchors counted from its start; its text is cleaned and loses white space at its end and empty lines at its start. One without visible text is left out.
  mutating func add(
    _ kind: Block.Kind, _ bytes: ArraySlice<UInt8>, source: SourceSpan, headingPath: [String] = [], context: String? = nil,
    record: RecordIdentity? = nil, anchors: [SourceAnchor] = [], after separator: Separator = .blankLine
  ) throws(DocumentError) {
    var visible = VisibleText.clean(bytes)
    while let last = visible.last, last.isWhiteSpace { visible.removeLast() }
    var leading = visible.startIndex
    for index in visible.indices {
      guard visible[index].isWhiteSpace else { break }
      if visible[index] == UInt8(ascii: "\n") { leading = index + 1 }
    }
    visible = visible[leading...]
    guard !visible.isEmpty else { return }
    guard text.count + visible.count + 2 <= byteLimit else {
      throw .tooLarge(path, "its text is longer than \(byteLimit) bytes")
    }
    try checkCount(1)
    if !text.isEmpty { text.append(contentsOf: separator.rawValue.utf8) }
    let start = text.count
    text.append(contentsOf: visible)
    // Text that lost characters no longer stands where its anchors say.
    let isWhole = visible.count == bytes.count
    blocks.append(
      Block(
        kind: kind, textRange: start..<text.count, source: source, headingPath: headingPath, context: context, record: record,
        anchors: isWhole ? anchors.map { SourceAnchor(offset: start + $0.offset, source: $0.source) } : []))
  }

  private func checkCount(_ added: Int) throws(DocumentError) {
    guard blocks.count + added <= blockLimit else { throw .tooLarge(path, "it has more than \(blockLimit) paragraphs, rows or records") }
  }

  /// Adds the blocks of a document that lies in this one, as a record, or as records within it.
  mutating func append(_ document: ExtractedDocument, record: RecordIdentity?) throws(DocumentError) {
    let bytes = Array(document.text.utf8)
    guard text.count + bytes.count + 2 <= byteLimit else { throw .tooLarge(path, "its text is longer than \(byteLimit) bytes") }
    try checkCount(document.blocks.count)
    if !text.isEmpty { text.append(contentsOf: Separator.blankLine.rawValue.utf8) }
    let start = text.count
    text += bytes
    blocks += document.blocks.map { block in
      var block = block
      block.textRange = block.textRange.lowerBound + start..<block.textRange.upperBound + start
      block.anchors = block.anchors.map { SourceAnchor(offset: $0.offset + start, source: $0.source) }
      if let record {
        block.record = RecordIdentity(
          name: [record.name, block.record?.name].compactMap(\.self).joined(separator: "/"), title: block.record?.title ?? record.title)
      }
      return block
    }
  }

  /// - Parameter omissions: Parts that could not be read.
  /// - Throws: `document_empty` when no block was added; a part that failed for a reason says more than "no text".
  func document(
    _ format: DocumentFormat, title: String?, omissions: [ExtractedDocument.Omission] = [], whyEmpty: String = "it holds no visible text"
  ) throws(DocumentError) -> ExtractedDocument {
    guard !blocks.isEmpty else { throw .empty(path, omissions.first(where: \.isFailure).map { "\($0.name) in it: \($0.reason)" } ?? whyEmpty) }
    var document = ExtractedDocument(format: format, title: title, text: String(decoding: text, as: UTF8.self), blocks: blocks)
    document.omissions = omissions
    return document
  }
}

/// The headings that are open at a place of a document.
struct HeadingStack {
  private var open: [(level: Int, title: String)] = []

  var path: [String] { open.map(\.title) }

  /// Closes the headings of this level and below, and opens this one.
  ///
  /// - Returns: The headings above it.
  mutating func enter(level: Int, _ title: String) -> [String] {
    while let last = open.last, last.level >= level { open.removeLast() }
    let above = path
    if !title.isEmpty { open.append((level, title)) }
    return above
  }
}

/// A title or heading as it is shown: one line, white space (no-break spaces too) collapsed, cut to `limit` bytes so that it leaves room
/// for text in a chunk.
func label(_ bytes: some Sequence<UInt8>, limit: Int? = 240) -> String {
  var result: [UInt8] = []
  var isAfterC2 = false
  for byte in VisibleText.clean(Array(bytes)[...]) {
    if isAfterC2 {
      isAfterC2 = false
      if byte == 0xA0 {
        if let last = result.last, last != 0x20 { result.append(0x20) }
        continue
      }
      result.append(0xC2)
    }
    if byte.isWhiteSpace {
      if let last = result.last, last != 0x20 { result.append(0x20) }
      continue
    }
    if let limit, result.count >= limit, !byte.isContinuation {
      while result.last == 0x20 { result.removeLast() }
      return String(decoding: result, as: UTF8.self) + "…"
    }
    if byte == 0xC2 { isAfterC2 = true } else { result.append(byte) }
  }
  while result.last == 0x20 { result.removeLast() }
  return String(decoding: result, as: UTF8.self)
}
