package import Documents

/// A passage: the unit that is embedded, indexed, retrieved and quoted.
package struct Chunk: Sendable, Equatable {
  /// Position in the document, from 0.
  package var ordinal: Int
  /// UTF-8 range of the document's text that this chunk alone answers for; these ranges tile the document.
  package var textRange: Range<Int>
  /// The text: `textRange`, with a small overlap from the chunk before put in front.
  package var text: String
  package var title: String?
  package var headingPath: [String]
  /// A table's header row or a method's enclosing declaration, when the chunk starts below it.
  package var context: String?
  package var record: RecordIdentity?
  /// Where the stretches of `text` came from, in order of `offset`; the first has offset 0.
  package var spans: [ChunkSpan]
  /// Tokens of `indexedText` as the embedder counts them, without its special tokens.
  package var tokenCount: Int

  package init(
    ordinal: Int, textRange: Range<Int>, text: String, title: String?, headingPath: [String], context: String?, record: RecordIdentity?,
    spans: [ChunkSpan], tokenCount: Int
  ) {
    self.ordinal = ordinal
    self.textRange = textRange
    self.text = text
    self.title = title
    self.headingPath = headingPath
    self.context = context
    self.record = record
    self.spans = spans
    self.tokenCount = tokenCount
  }

  /// Title and heading path, joined by " › ", without repeating a title that is also the first heading; empty if there is neither.
  package var header: String {
    var parts = [record?.title ?? title].compactMap { $0 }.filter { !$0.isEmpty }
    for heading in headingPath where !heading.isEmpty && heading != parts.last { parts.append(heading) }
    return parts.joined(separator: " › ")
  }

  /// What is embedded: header, context, text, each on lines of its own.
  package var indexedText: String {
    [header, context ?? "", text].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// From `offset` (UTF-8, in the chunk's text) on, the text came from `source`.
package struct ChunkSpan: Sendable, Equatable, Codable {
  package var offset: Int
  package var source: SourceSpan

  package init(offset: Int, source: SourceSpan) {
    self.offset = offset
    self.source = source
  }
}
