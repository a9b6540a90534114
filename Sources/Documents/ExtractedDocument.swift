/// A document's text as a reader took it from a file, cut into blocks that know where they came from.
///
/// The blocks tile `text`: they are in order, do not overlap, and every byte outside them is white space.
package struct ExtractedDocument: Sendable, Equatable {
  package var format: DocumentFormat
  /// The document's own title: `<title>`, the first level-1 heading, PDF metadata …
  package var title: String?
  /// The whole extracted text, in native UTF-8.
  package var text: String
  package var blocks: [Block]
  /// What the author says about it beside its text: values, as text, by key.
  package var metadata: [String: [String]]
  /// What lies in the document and could not be read: files of an archive, attachments of a message.
  package var omissions: [Omission] = []

  /// A file inside a document that gave no text, and why.
  package struct Omission: Sendable, Equatable, Codable {
    package var name: String
    package var reason: String
    /// False for what is of a kind that Quarry does not read, or empty.
    package var isFailure: Bool
  }

  package init(format: DocumentFormat, title: String?, text: String, blocks: [Block], metadata: [String: [String]] = [:]) {
    self.metadata = metadata
    self.format = format
    self.title = title
    self.text = text
    self.blocks = blocks
  }
}

/// The smallest piece of structure: a heading, a paragraph, a list item, a table row, a function.
package struct Block: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case heading(level: Int)
    case paragraph
    case listItem
    case code
    case tableRow
    /// One record of a JSON, JSONL file.
    case record
  }

  package var kind: Kind
  /// UTF-8 offsets into `ExtractedDocument.text`, on scalar boundaries.
  package var textRange: Range<Int>
  package var source: SourceSpan
  /// The headings above this block, outermost first; for a heading, those above it.
  package var headingPath: [String]
  /// Text that the block needs to be understood alone: a table's header row, the declaration around a method.
  package var context: String?
  /// Set where one file holds many documents (`_id` of a BEIR corpus line); chunks never cross it.
  package var record: RecordIdentity?
  /// Finer sources inside the block, where its text is not the file's own line by line (HTML): ascending, the first at the block's start.
  package var anchors: [SourceAnchor]

  package init(
    kind: Kind, textRange: Range<Int>, source: SourceSpan, headingPath: [String] = [], context: String? = nil, record: RecordIdentity? = nil,
    anchors: [SourceAnchor] = []
  ) {
    self.kind = kind
    self.textRange = textRange
    self.source = source
    self.headingPath = headingPath
    self.context = context
    self.record = record
    self.anchors = anchors
  }
}

/// From `offset` (UTF-8, in the document's text) to the next anchor, a block's text came from `source`.
package struct SourceAnchor: Sendable, Equatable {
  package var offset: Int
  package var source: SourceSpan

  package init(offset: Int, source: SourceSpan) {
    self.offset = offset
    self.source = source
  }
}

/// The name and title of one document inside a file that holds many.
package struct RecordIdentity: Hashable, Sendable, Codable {
  package var name: String
  package var title: String?

  package init(name: String, title: String?) {
    self.name = name
    self.title = title
  }
}
