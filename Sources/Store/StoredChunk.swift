package import Chunking
package import Documents

/// A chunk as the store gives it back, with where it came from.
package struct StoredChunk: Sendable, Equatable {
  package var id: Int64
  package var documentID: Int64
  /// The name that results carry: the record's where a file holds many documents, the path otherwise.
  package var document: String
  package var root: String
  package var path: String
  /// Paths, relative to their own roots, of other files with the same content; the first of many.
  package var otherPaths: [String]
  /// The document's, as `en`; `nil` where it is not known.
  package var language: String?
  package var ordinal: Int
  /// The record's title, or the document's.
  package var title: String?
  package var headingPath: [String]
  package var context: String?
  package var text: String
  /// In order of `offset`.
  package var spans: [ChunkSpan]
  package var contentHash: String

  /// Paths that a passage is cited under beside the first.
  static let otherPathLimit = 8

  package init(
    id: Int64, documentID: Int64, document: String, root: String, path: String, otherPaths: [String] = [], language: String? = nil, ordinal: Int,
    title: String?, headingPath: [String], context: String?, text: String, spans: [ChunkSpan], contentHash: String
  ) {
    self.id = id
    self.documentID = documentID
    self.document = document
    self.root = root
    self.path = path
    self.otherPaths = otherPaths
    self.language = language
    self.ordinal = ordinal
    self.title = title
    self.headingPath = headingPath
    self.context = context
    self.text = text
    self.spans = spans
    self.contentHash = contentHash
  }

  /// Where a stretch of the text stands in its file.
  ///
  /// A span that was taken over from the file line by line is narrowed to the lines and bytes of the stretch itself; one whose text was
  /// changed on the way (markup dropped, lines joined) is given whole.
  ///
  /// - Parameter utf8Range: UTF-8 offsets into `text`; cut to it if it is too long.
  package func source(of utf8Range: Range<Int>) -> SourceSpan {
    let bytes = Array(text.utf8)
    let wanted = utf8Range.clamped(to: 0..<bytes.count)
    var result: SourceSpan?
    for (number, span) in spans.enumerated() {
      let end = number + 1 < spans.count ? spans[number + 1].offset : bytes.count
      guard span.offset <= end else { continue }
      let stretch = (span.offset..<end).clamped(to: 0..<bytes.count)
      let part = stretch.clamped(to: wanted)
      // An empty wish is answered with the span that it stands in.
      guard !part.isEmpty || (wanted.isEmpty && stretch.contains(wanted.lowerBound)) else { continue }
      // White space between two blocks belongs to neither.
      if !part.isEmpty, bytes[part].allSatisfy(isWhiteSpace), !bytes[wanted].allSatisfy(isWhiteSpace) { continue }
      let source = narrowed(span.source, stretch: stretch, part: part, bytes: bytes)
      result = result.map { $0.union(source) } ?? source
    }
    return result ?? spans.last?.source ?? SourceSpan()
  }

  private func narrowed(_ source: SourceSpan, stretch: Range<Int>, part: Range<Int>, bytes: [UInt8]) -> SourceSpan {
    var end = stretch.upperBound
    while end > stretch.lowerBound, isWhiteSpace(bytes[end - 1]) { end -= 1 }
    let content = stretch.lowerBound..<end
    let inside = part.clamped(to: content)
    guard !inside.isEmpty else { return source }
    var source = source
    if let lines = source.lines, bytes[content].count(where: { $0 == newline }) + 1 == lines.count {
      let first = lines.lowerBound + bytes[content.lowerBound..<inside.lowerBound].count { $0 == newline }
      // A newline at the very end starts no line of the stretch.
      let last = first + bytes[inside].dropLast().count { $0 == newline }
      source.lines = first...last
    }
    if let range = source.byteRange, range.count == content.count || range.count == stretch.count {
      let start = range.lowerBound + inside.lowerBound - content.lowerBound
      source.byteRange = start..<(start + inside.count)
    }
    return source
  }
}

private let newline = UInt8(ascii: "\n")

private func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
